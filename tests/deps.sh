#!/bin/sh
# Installs the Debian packages that a job needs; quick and silent when all are there.
#   tests/deps.sh build|test|check    (each includes those before it)
#   tests/deps.sh labs|book|experiments|bench
set -eu

build="gcc make pkg-config libc6-dev uthash-dev zlib1g-dev libsnappy-dev liblz4-dev libzstd-dev libisal-dev libinih-dev liburing-dev libjansson-dev"
test="libcmocka-dev binutils graphviz pandoc kcat tshark python3 python3-kafka python3-lz4 python3-snappy python3-zstandard librdkafka-dev"
labs="patch" # which makes the known-wrong programs; a student needs no more than build
check="clang clang-format libclang-rt-dev llvm valgrind gcovr strace"
# What make bench compares with: each is installed if it can be, and no service is started.
peers="redis-server libhiredis-dev nats-server libnats-dev rabbitmq-server librabbitmq-dev"
# The book as PDF, with letters for its Chinese words.
pdf="weasyprint fonts-dejavu-core fonts-wqy-microhei"

case "${1:-build}" in
build) want=$build ;;
test) want="$build $test" ;;
labs) want="$build $labs" ;;
check) want="$build $test $labs $check" ;;
book) want="$build pandoc graphviz gnuplot-nox" ;;
experiments) want="$build gnuplot-nox" ;;
bench) want="$build python3 librdkafka-dev" ;;
*) echo "deps.sh: unknown job '$1' (build, test, check, labs, book, experiments, bench)" >&2; exit 2 ;;
esac

command -v dpkg-query >/dev/null 2>&1 || exit 0 # not Debian: the compiler will say what is missing

# clang's run-time library carries clang's version in its name.
runtime=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\).*/libclang-rt-\1-dev/p' | head -n 1)
missing_of() { # PACKAGE...
        missing=
        for package; do
                [ "$package" = libclang-rt-dev ] && package=${runtime:-libclang-rt-14-dev}
                state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
                [ "$state" = installed ] || missing="$missing $package"
        done
}
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
install() { # PACKAGE...
        $sudo apt-get install -y -q --no-install-recommends "$@"
}

# What may be missing: each is installed if it can be. install_optional WHAT-FOR PACKAGE...
install_optional() {
        for_what=$1
        shift
        missing_of "$@"
        [ -n "$missing" ] || return 0
        echo "installing, $for_what:$missing"
        $sudo apt-get update -q >/dev/null 2>&1 || true
        for package in $missing; do
                install "$package" >/dev/null 2>&1 || echo "not to be had: $package"
        done
}

# Debian starts a service that is installed unless policy-rc.d forbids it.
install_peers() {
        policy=/usr/sbin/policy-rc.d
        made=
        if [ ! -e "$policy" ]; then
                printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null && $sudo chmod +x "$policy" && made=yes
        fi
        # shellcheck disable=SC2086
        install_optional "to compare with" $peers
        [ -z "$made" ] || $sudo rm -f "$policy"
}

# shellcheck disable=SC2086
missing_of $want
if [ -n "$missing" ]; then
        echo "installing:$missing"
        log=$(mktemp)
        # shellcheck disable=SC2086
        if ! { install $missing || { $sudo apt-get update -q && install $missing; }; } >"$log" 2>&1; then
                tail -n 20 "$log" >&2
                echo "deps.sh: apt-get could not install:$missing" >&2
                rm -f "$log"
                exit 1
        fi
        rm -f "$log"
fi
case "${1:-build}" in
bench) [ "${PEERS:-}" = none ] || install_peers ;;
book)
        # shellcheck disable=SC2086
        install_optional "for the PDF" $pdf
        ;;
esac

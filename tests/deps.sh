#!/bin/sh
# Installs the Debian packages that a job needs; quick and silent when all are there.
#   tests/deps.sh build|test|check|fuzz|...   (each includes those before it)
set -eu

build="gcc make pkg-config libc6-dev uthash-dev zlib1g-dev libsnappy-dev liblz4-dev libzstd-dev libisal-dev libinih-dev"
test="libcmocka-dev binutils graphviz kcat tshark python3 python3-kafka python3-lz4 python3-snappy python3-zstandard librdkafka-dev"
check="clang clang-format libclang-rt-dev llvm valgrind gcovr strace"

case "${1:-build}" in
build) want=$build ;;
test) want="$build $test" ;;
check) want="$build $test $check" ;;
*) echo "deps.sh: unknown job '$1' (build, test, check)" >&2; exit 2 ;;
esac

command -v dpkg-query >/dev/null 2>&1 || exit 0 # not Debian: the compiler will say what is missing

# clang's run-time library carries clang's version in its name.
runtime=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\).*/libclang-rt-\1-dev/p' | head -n 1)
missing=
for package in $want; do
        [ "$package" = libclang-rt-dev ] && package=${runtime:-libclang-rt-14-dev}
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
install() {
        # shellcheck disable=SC2086
        $sudo apt-get install -y -q --no-install-recommends $missing
}
if ! { install || { $sudo apt-get update -q && install; }; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "deps.sh: apt-get could not install:$missing" >&2
        rm -f "$log"
        exit 1
fi
rm -f "$log"

# Asks both strategies what crowd.c asks; called as: sh crowd.sh SIMULATOR SEED
build=${1%/*} seed=$2 here=${0%/*}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
libs=
[ ! -e /usr/include/liburing.h ] || libs=-luring
# shellcheck disable=SC2086
${CC:-cc} -std=c11 -D_GNU_SOURCE -g -Isrc -I. -pthread "$here/crowd.c" "$build"/obj/src/copy/*.o \
        "$build/libodradek.a" $libs -o "$dir/crowd" || exit

# ask CASE QUESTION: of both.
ask() {
        for strategy in sendfile splice; do
                answer=$(timeout 7 "$dir/crowd" "$strategy" "$1" "$seed" 2>/dev/null | tail -n 1)
                printf '%s\t%s\n' "$2 ($strategy)" "${answer:-it died, or never ended}"
        done
}
ask crowd "eight readers of different speed: each gets its ranges, whole and in order"
ask leavers "four of them leave in the middle: the others get theirs"
ask counters "what is counted as taken by reference is what all have got"
ask unreadable "a file that cannot be read: an error, and nothing is moved"

#!/bin/sh
# The unit tests under valgrind, two at a time. VALGRIND_TESTS names fewer of them.
case ${1:-} in
/*) # one of them: DIRECTORY PROGRAM
        log=$1/$(basename "$2")
        if valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect \
                "./$2" >"$log" 2>&1; then
                echo "ok - $(basename "$2") under valgrind"
        else
                { echo "not ok - $(basename "$2") under valgrind"
                        grep -v '^ok ' "$log" | tail -n 25 | sed 's/^/# /'; } >"$log.report"
                cat "$log.report"
        fi
        exit 0
        ;;
esac
dir=$(mktemp -d "${TMPDIR:-/tmp}/odradek-valgrind.XXXXXX")
trap 'rm -rf "$dir"' EXIT
for test in ${VALGRIND_TESTS:-"${BUILD:-build}"/tests/test_*}; do
        case $test in *.*) continue ;; esac
        echo "$test"
done | xargs -n 1 -P 2 sh "$0" "$dir"

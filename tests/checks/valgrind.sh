#!/bin/sh
# The unit tests under valgrind. VALGRIND_TESTS names fewer of them.
for test in ${VALGRIND_TESTS:-"${BUILD:-build}"/tests/test_*}; do
        case $test in *.*) continue ;; esac
        if valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect \
                "./$test" >/tmp/valgrind.$$ 2>&1; then
                echo "ok - $(basename "$test") under valgrind"
        else
                echo "not ok - $(basename "$test") under valgrind"
                grep -v '^ok ' /tmp/valgrind.$$ | tail -n 25 | sed 's/^/# /'
        fi
done
rm -f /tmp/valgrind.$$

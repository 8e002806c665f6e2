#!/bin/sh
# The unit tests under AddressSanitizer (with leaks) and UndefinedBehaviorSanitizer.
san=address,undefined build=build-san
make -s -j2 SAN=$san OPT=-O1 BUILD=$build all unit-tests || { echo "not ok - the sanitized build"; exit 1; }
for test in "$build"/tests/test_*; do
        case $test in *.*) continue ;; esac
        if ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 "./$test" >/tmp/san.$$ 2>&1; then
                echo "ok - $(basename "$test") under ASan and UBSan"
        else
                echo "not ok - $(basename "$test") under ASan and UBSan"
                grep -v '^ok ' /tmp/san.$$ | tail -n 25 | sed 's/^/# /'
        fi
done
if "$build/odradek-sim" sweep --seeds 1..40 >/tmp/san.$$ 2>&1; then
        echo "ok - forty seeds under ASan and UBSan"
else
        echo "not ok - forty seeds under ASan and UBSan"
        tail -n 25 /tmp/san.$$ | sed 's/^/# /'
fi
rm -f /tmp/san.$$

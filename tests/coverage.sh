#!/bin/sh
# Coverage of src/ and sim/ by the tests; BUILD is a build made with COV=1. Fails below COVERAGE_MIN.
# The tools of the book and of the labs have tests of their own, which are left out.
set -u
find "$BUILD" -name '*.gcda' -delete
ROUNDTRIP_MB=2 ROUNDS=3 sh tests/run.sh "$BUILD"/tests/test_*[a-z] $(ls tests/integration/*.sh | grep -v -e /lib -e /book -e /labs) >"$BUILD/tests.log" 2>&1
tail -n 1 "$BUILD/tests.log"
# A sweep's runs are processes of their own, which leave no counts: these are in the same process.
seed=1
while [ $seed -le 150 ]; do
        "$BUILD/odradek-sim" replay --seed $seed >/dev/null
        seed=$((seed + 1))
done
gcovr -r . --object-directory "$BUILD" --filter src/ --filter sim/ --exclude-throw-branches \
        --exclude-lines-by-pattern '.*abort\(\);' --print-summary --fail-under-line "${COVERAGE_MIN:-85}" \
        --sort-percentage | tail -n 80

#!/bin/sh
# Coverage of src/ and sim/ by the tests; BUILD is a build made with COV=1. Fails below COVERAGE_MIN.
set -u
find "$BUILD" -name '*.gcda' -delete
ROUNDTRIP_MB=2 ROUNDS=3 sh tests/run.sh "$BUILD"/tests/test_*[a-z] $(ls tests/integration/*.sh | grep -v lib.sh) >"$BUILD/tests.log" 2>&1
tail -n 1 "$BUILD/tests.log"
"$BUILD/odradek-sim" sweep --seeds 1..100 >/dev/null
gcovr -r . --object-directory "$BUILD" --filter src/ --filter sim/ --exclude-throw-branches \
        --exclude-lines-by-pattern '.*abort\(\);' --print-summary --fail-under-line "${COVERAGE_MIN:-85}" \
        --sort-percentage | tail -n 80

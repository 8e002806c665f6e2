#!/bin/sh
# Runs test programs that print TAP, one after another, and counts.
#   tests/run.sh PROGRAM...     an .sh is run by sh, anything else as it is
# A program that dies, or says nothing, is one failure. Ends with "N passed, N failed, N skipped".
set -u
passed=0 failed=0 skipped=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
trap 'exit 1' INT TERM
export CMOCKA_MESSAGE_OUTPUT=TAP
for program in "$@"; do
        begun=$(date +%s)
        case $program in
        *.sh) sh "$program" >"$out" 2>&1 ;;
        *) "./$program" >"$out" 2>&1 ;;
        esac
        status=$?
        p=$(grep -c '^ok ' "$out") f=$(grep -c '^not ok ' "$out") s=$(grep -c '^ok .*# SKIP' "$out")
        if [ "$f" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$p" -eq 0 ]; }; then f=1; fi
        passed=$((passed + p - s)) failed=$((failed + f)) skipped=$((skipped + s))
        printf '%-52s %4d passed %3d failed  %3d s\n' "$program" "$((p - s))" "$f" "$(($(date +%s) - begun))"
        grep '# SKIP' "$out"
        if [ "$f" -gt 0 ]; then
                grep -v '^ok ' "$out" | tail -n "${LINES_SHOWN:-60}"
                echo "$program: exit status $status"
        fi
done
if [ "$skipped" -gt 0 ]; then
        echo "$passed passed, $failed failed, $skipped skipped"
else
        echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]

#!/bin/sh
# The code is formatted as .clang-format says; no file and no function is too long to read.
files=$(find src sim tests chapters labs -name '*.[ch]')
# shellcheck disable=SC2086
if clang-format --dry-run -Werror $files >/tmp/format.$$ 2>&1; then
        echo "ok - clang-format has nothing to change"
else
        echo "not ok - run make format"
        grep -o '^[^:]*' /tmp/format.$$ | sort -u | grep '\.[ch]$' | sed 's/^/# /'
fi
rm -f /tmp/format.$$
long=$(find src sim chapters labs -name '*.[ch]' | xargs wc -l | awk '$2 != "total" && $1 > 700 { print $2 ": " $1 " lines" }')
if [ -z "$long" ]; then echo "ok - no file over 700 lines"; else echo "not ok - too long: $long"; fi
long=$(find src sim chapters labs -name '*.c' | sort | xargs awk '
        FNR == 1 { begin = 0 }
        /^{$/ { begin = FNR }
        /^}$/ { if (begin && FNR - begin > 80) print FILENAME ":" begin ": " FNR - begin " lines"; begin = 0 }')
if [ -z "$long" ]; then echo "ok - no function over 80 lines"; else echo "not ok - too long: $long"; fi

#!/bin/sh
# gcc and clang find nothing to warn of.
for cc in gcc clang; do
        if make -s -j2 "CC=$cc" WERROR=1 BUILD="build-warnings-$cc" OPT=-O1 all unit-tests "build-warnings-$cc/book-tool" "build-warnings-$cc/lab" lab-objects >/tmp/warn.$$ 2>&1; then
                echo "ok - $cc has nothing to warn of"
        else
                echo "not ok - $cc warns"
                grep -E 'error|warning' /tmp/warn.$$ | head -n 20 | sed 's/^/# /'
        fi
done
rm -f /tmp/warn.$$

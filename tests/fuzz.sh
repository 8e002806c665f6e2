#!/bin/sh
# Runs each libFuzzer target for FUZZ_SECONDS; a crash leaves its input in build-fuzz/ and fails.
# Prints TAP.
set -u
seconds=${FUZZ_SECONDS:-30}
make -s -j2 CC=clang OPT=-O1 SAN=fuzzer-no-link,address,undefined BUILD=build-fuzz build-fuzz/libodradek.a \
        build-fuzz/sim.a || exit 1
libs="-lisal -lz -lsnappy -llz4 -lzstd -pthread"
for source in tests/fuzz/fuzz_*.c; do
        name=$(basename "$source" .c)
        mkdir -p "build-fuzz/$name"
        # shellcheck disable=SC2086
        clang -std=c11 -D_GNU_SOURCE -DHAVE_ISAL -g -O1 -Isrc -I. -fsanitize=fuzzer,address,undefined \
                -fno-sanitize-recover=all "$source" $(sed -n 's,^ \* links: \([^*]*\).*,\1,p' "$source") build-fuzz/sim.a \
                build-fuzz/libodradek.a $libs -o "build-fuzz/$name/run" || { echo "not ok - $name builds"; continue; }
        if (cd "build-fuzz/$name" && mkdir -p corpus && ./run -max_total_time="$seconds" -rss_limit_mb=2048 \
                -max_len=65536 -timeout=10 corpus >log 2>&1); then
                echo "ok - $name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs/p' "build-fuzz/$name/log") in $seconds s, no finding"
        else
                echo "not ok - $name: see build-fuzz/$name/log"
                grep -E 'ERROR|SUMMARY|Test unit' "build-fuzz/$name/log" | sed 's/^/# /' | head
        fi
done

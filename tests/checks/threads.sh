#!/bin/sh
# Goal:   no data race in the real broker.
# Method: a broker built with ThreadSanitizer, two I/O threads, each copy strategy in turn; producers
#         and consumers at once, with and without compression, topics made and deleted meanwhile.
make -s -j2 SAN=thread OPT=-O1 BUILD=build-tsan build-tsan/odradek >/dev/null || { echo "not ok - the TSan build"; exit 1; }
BUILD=build-tsan
. tests/integration/lib.sh
export TSAN_OPTIONS="halt_on_error=0 exitcode=66"
lines 40000 >"$dir/file"
for strategy in sendfile mmap read-write splice zerocopy io-uring io-uring-splice io-uring-zerocopy; do
        why=$(strategy_missing $strategy)
        if [ -n "$why" ]; then
                skip "copy.strategy=$strategy without data races" "$why"
                continue
        fi
        start_broker "tsan-$strategy" num.network.threads=2 "copy.strategy=$strategy" \
                log.segment.bytes=1000000 log.retention.check.interval.ms=200
        for n in 1 2 3; do
                kcat -q -b "$at" -t "t$n" -P -l "$dir/file" -z "$(echo none gzip lz4 | cut -d' ' -f$n)" &
                producers="${producers:-} $!"
                $odradek topics --create --topic "u$n" --partitions 3 --bootstrap-server "$at" >/dev/null 2>&1
        done
        for n in 1 2 3; do
                timeout 5 kcat -q -b "$at" -C -t "t$n" -o beginning >/dev/null 2>&1 &
                producers="$producers $!"
        done
        $odradek topics --delete --topic u2 --bootstrap-server "$at" >/dev/null 2>&1
        # shellcheck disable=SC2086
        wait $producers
        producers=
        stop_broker "$broker"
        ok "copy.strategy=$strategy: the broker ends well (status $?)" test $? -eq 0
        ok "copy.strategy=$strategy: no data race" sh -c "! grep -A 30 'WARNING: ThreadSanitizer' $dir/tsan-$strategy.log"
done

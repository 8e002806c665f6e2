#!/bin/sh
# Goal:   what kcat produces, kcat consumes, byte for byte: every codec, every acks, every copy strategy.
# Method: a file of numbered lines (100 MB; ROUNDTRIP_MB says otherwise) through one topic per case.
. tests/integration/lib.sh
lines $((${ROUNDTRIP_MB:-100} * 10000)) >"$dir/file"
head -n 100000 "$dir/file" >"$dir/small"
start_broker one

roundtrip() { # TOPIC FILE kcat's options
        topic=$1 file=$2
        shift 2
        kcat -q -b "$at" -t "$topic" -P -l "$file" -X enable.idempotence=false "$@" &&
                kcat -q -b "$at" -C -t "$topic" -o beginning -e >"$dir/back" && cmp "$file" "$dir/back"
}

ok "100 MB uncompressed" roundtrip plain "$dir/file"
for codec in gzip snappy lz4 zstd; do
        ok "100 MB with $codec" roundtrip "$codec" "$dir/file" -z "$codec"
done
for acks in 0 1 all; do
        ok "10 MB with acks=$acks" roundtrip "acks-$acks" "$dir/small" -X "acks=$acks"
done
stop_broker "$broker"
ok "SIGTERM is a clean stop" test $? -eq 0
ok "the clean stop is marked" test -f "$dir/one/.kafka_cleanshutdown"
for strategy in read-write mmap sendfile splice zerocopy io-uring io-uring-splice io-uring-zerocopy; do
        why=$(strategy_missing $strategy)
        if [ -n "$why" ]; then
                skip "100 MB read back by copy.strategy=$strategy" "$why"
                continue
        fi
        start_broker one "copy.strategy=$strategy"
        ok "100 MB read back after a restart by copy.strategy=$strategy" sh -c \
                "kcat -q -b $at -C -t plain -o beginning -e | cmp - $dir/file"
        stop_broker "$broker"
done
start_broker one num.network.threads=2
ok "100 MB with two I/O threads" roundtrip threads "$dir/file"
tail -n +54322 "$dir/file" >"$dir/rest"
ok "a consumer from offset 54321 gets exactly the rest" sh -c \
        "kcat -q -b $at -C -t plain -o 54321 -e | cmp - $dir/rest"

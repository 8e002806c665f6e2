#!/bin/sh
# Goal:   the files that groups, idempotent producers, transactions and compaction leave are Kafka's: its
#         DumpLogSegments reads them, and says of them, line by line, what dump-log says.
# Method: stock and own clients, with a transaction that is aborted because its producer died; a clean
#         stop. A keyed topic of small segments, with the cleaner at work.
. tests/integration/lib.sh
. tests/interop/registries.inc
. tests/interop/kafka.inc
settings="offsets.topic.num.partitions=2 transaction.state.log.num.partitions=2 group.initial.rebalance.delay.ms=300
        log.cleaner.backoff.ms=200"
create() { # TOPIC PARTITIONS SETTING...
        topic=$1 partitions=$2
        shift 2
        for setting; do set -- "$@" --config "$setting"; shift; done
        $odradek topics --create --topic "$topic" --partitions "$partitions" "$@" --bootstrap-server "$at"
}
perf() { # ID RECORDS THROUGHPUT DURATION_MS
        $odradek producer-perf-test --topic t --num-records "$2" --record-size 100 --throughput "$3" --transactional-id "$1" \
                --transaction-duration-ms "$4" --bootstrap-server "$at"
}
abort_some() {
        perf dies 1000 50 600000 &
        sleep 1
        stop_broker $! KILL
        perf dies 100 -1 1000
}
both_lines() { # SUFFIX PATTERN: Kafka prints such lines of the files of t
        kafka_dump --files "$(listed "$dir/one/t-0" "$1"),$(listed "$dir/one/t-1" "$1")" >"$dir/theirs" &&
                grep -q "$2" "$dir/theirs" && ! grep -v -e '^Dumping' -e "$2" "$dir/theirs"
}
coordinator_lines() { # TOPIC DECODER PATTERN
        same_lines "$2" --files "$(listed "$dir/one/$1-0" .log),$(listed "$dir/one/$1-1" .log)" && grep -q "$3" "$dir/theirs"
}

# shellcheck disable=SC2086
start_broker one $settings
lines 1000 >"$dir/file"
ok "topics" create t 2
ok "an idempotent producer" kcat -q -b "$at" -t t -P -l "$dir/file" -X enable.idempotence=true
ok "a transactional one" kcat -q -b "$at" -t t -P -l "$dir/file" -X transactional.id=mover
ok "one of ours, with many transactions" perf ours 2000 4000 50
ok "a transaction is aborted" abort_some
group() { timeout 60 kcat -q -b "$at" -G "$1" -X auto.offset.reset=earliest -c 1000 t >"$dir/read" 2>"$dir/errors"; }
ok "a group" group first
ok "another" group second
ok "a group's offsets are deleted" $odradek consumer-groups --delete --group second --bootstrap-server "$at"

# Compaction: the last of each key's values stays, and tombstones go.
ok "a compacted topic" create keyed 1 cleanup.policy=compact segment.bytes=20000 min.cleanable.dirty.ratio=0.01 delete.retention.ms=0
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "key-%d:%s\n", i % 50, (i % 50 == 7 && i > 10000) ? "" : i }' >"$dir/updates"
update() { kcat -q -b "$at" -t keyed -P -K : -Z -l "$dir/updates" -X batch.num.messages=100 "$@"; }
ok "updates" update
ok "updates in a transaction" update -X transactional.id=updater
log_bytes() { cat "$dir/one/keyed-0"/*.log | wc -c; }
written=$(log_bytes)
is_compacted() { [ "$(log_bytes)" -lt $((written / 5)) ]; }
tries=0
until is_compacted || [ $tries -ge 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
done
ok "the cleaner has shortened it" is_compacted
ok "a clean stop" stop_broker "$broker"

ok "Kafka reads the snapshots of producers" both_lines .snapshot '^producerId: [0-9].* lastTimestamp: [0-9]'
ok "Kafka reads the index of aborted transactions" both_lines .txnindex '^version: 0 producerId: '
ok "dump-log says the same of __consumer_offsets" coordinator_lines __consumer_offsets --offsets-decoder '"protocolType":"consumer"'
ok "with its offsets" grep -q '"topic":"t".*"offset":' "$dir/theirs"
ok "and of what was deleted" grep -q 'payload: <DELETE>' "$dir/theirs"
ok "dump-log says the same of __transaction_state" coordinator_lines __transaction_state --transaction-log-decoder state=CompleteAbort
ok "and of the transactions' markers" same_lines --deep-iteration --files "$(listed "$dir/one/t-0" .log)"
ok "which Kafka finds" grep -q 'endTxnMarker: ABORT' "$dir/theirs"

keyed=$(listed "$dir/one/keyed-0" .log)
ok "dump-log says the same of a compacted log" same_lines --print-data-log --files "$keyed"
ok "and Kafka finds each batch valid" test "$(grep -c 'isvalid: true$' "$dir/theirs")" -eq "$(grep -c '^baseOffset' "$dir/theirs")"
# The time index is not looked up: the tool takes an empty batch, which stays for its producer, for
# one without a time, in Kafka's own logs as well.
says_nothing_wrong() { # SUFFIX OPTION
        kafka_dump "$2" --files "$(listed "$dir/one/keyed-0" "$1")" >"$dir/theirs"
        ! grep -v -e '^Dumping' -e 'passed sanity check' -e 'is empty' "$dir/theirs"
}
ok "Kafka's sanity check of its offset indexes" says_nothing_wrong .index --index-sanity-check
ok "Kafka looks up every entry of them" says_nothing_wrong .index --verify-index-only
ok "Kafka's sanity check of its time indexes" says_nothing_wrong .timeindex --index-sanity-check
# shellcheck disable=SC2086
start_broker one $settings
last_values() {
        kcat -q -b "$at" -C -t keyed -o beginning -e -K : -X isolation.level=read_committed |
                awk -F: '{ v[$1] = $2 } END { for (k in v) if (v[k] != "") print k ":" v[k] }' | sort >"$dir/last"
        awk -F: '{ v[$1] = $2 } END { for (k in v) if (v[k] != "") print k ":" v[k] }' "$dir/updates" | sort | diff - "$dir/last"
}
ok "the last values are there" last_values
stop_broker "$broker"

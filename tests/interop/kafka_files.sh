#!/bin/sh
# Goal:   the files that our broker writes are Kafka's: its own DumpLogSegments finds nothing wrong in
#         them, and says of them, line by line, what dump-log says.
# Method: a partition with every codec over several segments, and a kill -9 in the middle so that
#         indexes are also rebuilt; then the metadata log.
. tests/integration/lib.sh
. tests/interop/registries.inc
for tool in java mvn; do
        command -v $tool >/dev/null || { skip "kafka" "$tool is not installed"; exit 0; }
done
kafka_jars || exit 0

# What is wrong with an index it tells on stderr, with exit status 0.
kafka_dump() { java -cp "$got/jars/*" kafka.tools.DumpLogSegments "$@" 2>&1 | grep -v '^log4j:'; }
listed() { ls "$1"/*"$2" | paste -sd,; }
says_nothing_wrong() { # SUFFIX OPTION: of an index, Kafka then prints only its name
        kafka_dump --files "$(listed "$dir/one/t-0" "$1")" "$2" >"$dir/theirs"
        grep -q '^Dumping' "$dir/theirs" && ! grep -v -e '^Dumping' -e 'passed sanity check' "$dir/theirs"
}
produce_all_codecs() {
        for codec in none gzip snappy lz4 zstd; do
                kcat -q -b "$at" -t t -p 0 -P -l "$dir/file" -z $codec -X batch.num.messages=50 -X enable.idempotence=false || return 1
        done
}
same_lines() { # OPTION... --files F,...
        kafka_dump "$@" >"$dir/theirs"
        $odradek dump-log "$@" >"$dir/ours" && test -s "$dir/ours" && diff "$dir/theirs" "$dir/ours"
}

start_broker one
lines 3000 >"$dir/file"
$odradek topics --create --topic t --partitions 1 --config segment.bytes=200000 --bootstrap-server "$at" >/dev/null
ok "3000 records with each codec" produce_all_codecs
stop_broker "$broker" KILL
start_broker one
ok "and again after a kill -9" produce_all_codecs
stop_broker "$broker"

logs=$(listed "$dir/one/t-0" .log)
same_lines --deep-iteration --files "$logs" >/dev/null
segments=$(grep -c '^Dumping' "$dir/theirs")
ok "the log has $segments segments" test "$segments" -gt 4
ok "Kafka finds all 30000 records" test "$(grep -c '^| offset' "$dir/theirs")" -eq 30000
ok "at the offsets 0 to 29999" test "$(grep '^| offset' "$dir/theirs" | awk '$3 == NR - 1' | wc -l)" -eq 30000
ok "and every batch valid" test "$(grep -c 'isvalid: true$' "$dir/theirs")" -eq "$(grep -c '^baseOffset' "$dir/theirs")"
ok "dump-log says the same of the records" same_lines --deep-iteration --print-data-log --files "$logs"
ok "Kafka's sanity check of the offset indexes" says_nothing_wrong .index --index-sanity-check
ok "Kafka's sanity check of the time indexes" says_nothing_wrong .timeindex --index-sanity-check
ok "Kafka looks up every entry of the offset indexes" says_nothing_wrong .index --verify-index-only
ok "Kafka looks up every entry of the time indexes" says_nothing_wrong .timeindex --verify-index-only
ok "dump-log says the same of the offset indexes" same_lines --files "$(listed "$dir/one/t-0" .index)"
ok "dump-log says the same of the time indexes" same_lines --files "$(listed "$dir/one/t-0" .timeindex)"

kafka_dump --cluster-metadata-decoder --files "$dir/one/__cluster_metadata-0/00000000000000000000.log" >"$dir/metadata"
for type in TOPIC_RECORD CONFIG_RECORD PARTITION_RECORD PARTITION_CHANGE_RECORD; do
        ok "Kafka reads our metadata log: $type" grep -q "\"type\":\"$type\"" "$dir/metadata"
done

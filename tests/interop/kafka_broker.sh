#!/bin/sh
# Goal:   what works against our broker works against Kafka's: our commands talk to a real Kafka, and a
#         partition moves from our data directory into Kafka's and back.
# Method: Kafka 3.9 as one KRaft node on loopback. To move a partition, both brokers are stopped and
#         the files are copied into an empty topic of the other; partition.metadata, which has the
#         topic's id, stays.
. tests/integration/lib.sh
. tests/interop/registries.inc
for tool in java mvn; do
        command -v $tool >/dev/null || { skip "kafka" "$tool is not installed"; exit 0; }
done
kafka_jars || exit 0

free_ports() { # two of them
        python3 -c 'import socket
a, b = socket.socket(), socket.socket()
a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])'
}
write_properties() { # PORT CONTROLLER_PORT
        cat >"$dir/kafka.properties" <<END
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2
advertised.listeners=PLAINTEXT://127.0.0.1:$1
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:$2
log.dirs=$dir/kafka
log.message.timestamp.type=CreateTime
END
}
start_kafka() {
        java -Xmx512m -cp "$got/jars/*" kafka.Kafka "$dir/kafka.properties" >"$dir/kafka.log" 2>&1 &
        kafka=$!
        brokers="$brokers $kafka"
        tries=0
        until kcat -L -b "$kafka_at" -m 2 2>/dev/null | grep -q '1 brokers'; do
                tries=$((tries + 1))
                if ! kill -0 "$kafka" 2>/dev/null || [ $tries -ge 60 ]; then
                        skip "kafka" "a real Kafka does not start here"
                        exit 0
                fi
                sleep 0.5
        done
}
round_trip() { # CODEC
        $odradek console-producer --topic ours --compression-codec "$1" --bootstrap-server "$kafka_at" <"$dir/file" &&
                $odradek console-consumer --topic ours --from-beginning --exit-at-end --bootstrap-server "$kafka_at" >"$dir/all" 2>/dev/null &&
                tail -n 5000 "$dir/all" | cmp - "$dir/file"
}
# move FROM TO: the partition's files; checkpoints of leader epochs go along, names of topics do not.
move() {
        rm -f "$2"/*.log "$2"/*index "$2"/*.snapshot "$2"/leader-epoch-checkpoint
        for file in "$1"/*; do
                case $file in
                */partition.metadata) ;;
                *) cp "$file" "$2/" ;;
                esac
        done
}
has_all() { # BROKER FILE: read from the beginning, and again from a time in the middle
        kcat -q -b "$1" -C -t moved -p 0 -o beginning -e -X check.crcs=true | cmp - "$2" &&
                kcat -q -b "$1" -C -t moved -p 0 -o s@"$middle" -e | cmp - "$dir/second"
}
says() { # CLUE COMMAND...
        clue=$1
        shift
        "$@" 2>&1 | grep -q -- "$clue"
}

# shellcheck disable=SC2046
set -- $(free_ports)
kafka_at=127.0.0.1:$1
write_properties "$1" "$2"
java -cp "$got/jars/*" kafka.tools.StorageTool format -t "$(printf '%022d' 7)" -c "$dir/kafka.properties" >"$dir/format" 2>&1
start_kafka
lines 5000 >"$dir/file"
to="--bootstrap-server $kafka_at"
# shellcheck disable=SC2086
{
        ok "topics --create against Kafka" says 'Created topic ours' $odradek topics --create --topic ours --partitions 1 --config retention.ms=99999999 $to
        ok "topics --create says the same when it exists" says 'already exists' $odradek topics --create --topic ours --partitions 1 $to
        ok "topics --list against Kafka" says '^ours$' $odradek topics --list $to
        ok "topics --describe against Kafka" says 'Partition: 0.*Leader: 1.*Isr: 1' $odradek topics --describe --topic ours $to
        ok "configs --describe against Kafka" says 'retention.ms=99999999' $odradek configs --describe --entity-type topics --entity-name ours $to
        ok "configs --alter against Kafka" $odradek configs --alter --entity-type topics --entity-name ours --add-config retention.ms=-1 $to
        ok "configs --alter has done it" says 'retention.ms=-1' $odradek configs --describe --entity-type topics --entity-name ours $to
        for codec in none gzip snappy lz4 zstd; do
                ok "console-producer and console-consumer against Kafka, $codec" round_trip $codec
        done
        ok "topics --alter against Kafka" $odradek topics --alter --topic ours --partitions 4 $to
        ok "topics --alter has done it" says 'PartitionCount: 4' $odradek topics --describe --topic ours $to
        ok "producer-perf-test against Kafka" says '20000 records sent' $odradek producer-perf-test --topic ours --num-records 20000 --record-size 100 --throughput -1 --producer-props bootstrap.servers=$kafka_at acks=all
        ok "topics --delete against Kafka" $odradek topics --delete --topic ours $to
        $odradek topics --create --topic moved --partitions 1 $to >/dev/null
}
stop_broker "$kafka"

# From ours to Kafka: two halves with a known time between them, several segments, several codecs.
start_broker one
$odradek topics --create --topic moved --partitions 1 --config segment.bytes=100000 --bootstrap-server "$at" >/dev/null
half() {
        for codec in none gzip snappy lz4 zstd; do
                kcat -q -b "$at" -t moved -p 0 -P -l "$dir/file" -z $codec -X enable.idempotence=false -X batch.num.messages=100 || return 1
                cat "$dir/file" >>"$1"
        done
}
half "$dir/first"
sleep 0.1
middle=$(date +%s%3N)
half "$dir/second"
cat "$dir/first" "$dir/second" >"$dir/both"
ok "our broker has what kcat sent" has_all "$at" "$dir/both"
stop_broker "$broker"
move "$dir/one/moved-0" "$dir/kafka/moved-0"
start_kafka
ok "Kafka serves the partition that our broker wrote" has_all "$kafka_at" "$dir/both"
kcat -q -b "$kafka_at" -t moved -p 0 -P -l "$dir/file" -z lz4
cat "$dir/file" | tee -a "$dir/second" >>"$dir/both"
ok "and appends to it" has_all "$kafka_at" "$dir/both"
stop_broker "$kafka" KILL
rm -f "$dir/kafka/.kafka_cleanshutdown" "$dir/kafka/moved-0"/*index
start_kafka
ok "and recovers it after a kill -9, without indexes" has_all "$kafka_at" "$dir/both"
stop_broker "$kafka"

# Back: with what Kafka appended, its producer snapshots and its leader epochs.
move "$dir/kafka/moved-0" "$dir/one/moved-0"
start_broker one
ok "our broker serves the partition that Kafka wrote" has_all "$at" "$dir/both"
kcat -q -b "$at" -t moved -p 0 -P -l "$dir/file" -z zstd -X enable.idempotence=false
cat "$dir/file" | tee -a "$dir/second" >>"$dir/both"
ok "and appends to it" has_all "$at" "$dir/both"
stop_broker "$broker" KILL
start_broker one
ok "and recovers it after a kill -9" has_all "$at" "$dir/both"

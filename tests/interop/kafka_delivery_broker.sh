#!/bin/sh
# Goal:   groups, idempotent producers and transactions outlive a move of the data from our broker to
#         Apache Kafka's and back: sequence numbers, transactional ids and offsets go on where they were.
# Method: one node of each takes turns at one address, with coordinators' logs of two partitions; all
#         partitions' files are moved. What the one knew before, the other is asked for. An idempotent
#         producer goes on through both moves. A transaction that is open at a move stays open, hides
#         what is behind it, and is aborted by the next producer with its id.
. tests/integration/lib.sh
. tests/interop/registries.inc
. tests/interop/kafka.inc
partitions="t-0 hanging-0 __consumer_offsets-0 __consumer_offsets-1 __transaction_state-0 __transaction_state-1"
settings="offsets.topic.num.partitions=2 transaction.state.log.num.partitions=2 group.initial.rebalance.delay.ms=300"

move_all() { # FROM TO
        for partition in $partitions; do move "$1/$partition" "$2/$partition" || return 1; done
}
make_topics() { # t, and the coordinators', which come with the first who needs them
        for topic in t hanging; do
                $odradek topics --create --topic $topic --partitions 1 --bootstrap-server "$at" || return 1
        done
                echo first | kcat -q -b "$at" -t t -P -X transactional.id=first &&
                timeout 60 kcat -q -b "$at" -G first -X auto.offset.reset=earliest -c 1 t
}
# produce_more: 100 by the idempotent producer, which stays, and 100 by one transaction.
produce_more() {
        batch=$((batch + 1))
        lines 100 | sed "s/^/idempotent $batch /" >"$dir/file"
        before=$(seen t read_committed | wc -l)
        cat "$dir/file" >&9 && arrived $((before + 100)) || return 1
        lines 100 | sed "s/^/transactional $batch /" | tee -a "$dir/file" >"$dir/part"
        cat "$dir/file" >>"$dir/all"
        kcat -q -b "$at" -t t -P -l "$dir/part" -X transactional.id=mover
}
arrived() {
        tries=0
        until [ "$(seen t read_committed | wc -l)" -ge "$1" ]; do
                tries=$((tries + 1))
                [ $tries -lt 100 ] || return 1
                sleep 0.1
        done
}
leave_open() { # a transaction with one record, whose producer dies
        echo hanging >"$dir/hanging"
        $odradek producer-perf-test --topic hanging --num-records 1000 --throughput 10 --payload-file "$dir/hanging" \
                --transactional-id hanging --transaction-duration-ms 600000 \
                --producer-props linger.ms=0 transaction.timeout.ms=600000 bootstrap.servers="$at" >/dev/null &
        hanging=$!
        sleep 2
        stop_broker $hanging KILL
        says Ongoing state hanging
}
read_on() { # as the group: what was produced last is all that is new to it
        timeout 60 kcat -q -b "$at" -G readers -X auto.offset.reset=earliest -c 200 t >"$dir/read" 2>"$dir/errors"
        cmp "$dir/file" "$dir/read"
}

seen() { kcat -q -b "$at" -C -t "$1" -o beginning -e -X isolation.level="$2"; } # TOPIC LEVEL
all_seen() { seen t read_committed | cmp - "$dir/all"; }
is_hidden() { ! seen hanging read_committed | grep hanging && test "$(seen hanging read_uncommitted | tail -n 1)" = hanging; }
is_over() { # what is behind it can be read
        echo "shown $batch" | kcat -q -b "$at" -t hanging -P -X transactional.id=hanging -X transaction.timeout.ms=600000 &&
                test "$(seen hanging read_committed | tail -n 1)" = "shown $batch"
}
state() { $odradek transactions describe --transactional-id "$1" --bootstrap-server "$at"; }
field() { state "$1" | awk -v name="$2" '$1 == name { print $2 }'; }
offsets() { $odradek consumer-groups --describe --group readers --bootstrap-server "$at" | awk '$2 == "t" { print $3, $4 }' | sort; }
sequences() { # of each producer: id, epoch, last sequence number, where its transaction begins
        for topic in t hanging; do
                $odradek transactions describe-producers --topic $topic --partition 0 --bootstrap-server "$at" |
                        awk 'NR > 1 { print $1, $2, $4, $6 }' | sort -n
        done
}
remember() {
        for what in "state mover" "state hanging" offsets sequences; do
                $what >"$dir/$what" && test -s "$dir/$what" || return 1
        done
        mover_id=$(field mover ProducerId)
        mover_epoch=$(field mover ProducerEpoch)
}
remembered() { $1 | diff "$dir/$1" -; }
mover_goes_on() { test "$(field mover ProducerId)" = "$mover_id" && test "$(field mover ProducerEpoch)" -gt "$mover_epoch"; }
one_producer() { # the idempotent one has sent all of its records with one producer id, in one epoch
        sequences | grep -q "^[0-9]* 0 $((batch * 100 - 1)) None"
}
goes_on() { # WHO, after a move
        ok "$1 reads all that is committed" all_seen
        ok "$1 knows the committed offsets" remembered offsets
        ok "$1 knows the producers and their sequence numbers" remembered sequences
        ok "$1 knows the transactional id" remembered "state mover"
        ok "$1 knows of the open transaction" remembered "state hanging"
        ok "$1 hides it" is_hidden
        ok "$1 takes more from an idempotent producer and from a transaction" produce_more
        ok "$1: the idempotent producer went on with its sequence numbers" one_producer
        ok "$1: the transactional id went on with the next epoch" mover_goes_on
        ok "$1: the group goes on" read_on
        ok "$1: all is there" all_seen
        ok "$1: the next producer ends the open transaction" is_over
        ok "$1: another is left open" leave_open
        remember
}

# shellcheck disable=SC2086
start_broker one $settings
ok "topics of our broker" make_topics
stop_broker "$broker"
# shellcheck disable=SC2046,SC2086
set -- $(two_free_ports)
# shellcheck disable=SC2086
format_kafka "$port" "$1" $settings offsets.topic.replication.factor=1 transaction.state.log.replication.factor=1 \
        transaction.state.log.min.isr=1
start_kafka
ok "topics of Kafka" make_topics
stop_broker "$kafka"

# shellcheck disable=SC2086
start_broker one $settings
echo first >"$dir/all"
batch=0
mkfifo "$dir/fifo"
$odradek console-producer --topic t --bootstrap-server "$at" --producer-property linger.ms=0 <"$dir/fifo" >"$dir/producer.log" 2>&1 &
brokers="$brokers $!"
exec 9>"$dir/fifo"
ok "an idempotent producer, and a transaction" produce_more
cp "$dir/file" "$dir/part"
{ echo first; cat "$dir/part"; } >"$dir/file"
read_first() { timeout 60 kcat -q -b "$at" -G readers -X auto.offset.reset=earliest -c 201 t >"$dir/read" && cmp "$dir/all" "$dir/read"; }
ok "a group reads it" read_first
ok "a transaction is left open" leave_open
remember
stop_broker "$broker"
move_all "$dir/one" "$dir/kafka"
start_kafka
goes_on Kafka
stop_broker "$kafka"
move_all "$dir/kafka" "$dir/one"
# shellcheck disable=SC2086
start_broker one $settings
goes_on "our broker"
stop_broker "$broker"

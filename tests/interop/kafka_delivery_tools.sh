#!/bin/sh
# Goal:   Apache Kafka's own tools administer our groups and transactions.
# Method: each is run against one of our brokers, on a group with and without a member; what it did is
#         asked of the next.
. tests/integration/lib.sh
. tests/interop/registries.inc
. tests/interop/kafka.inc
groups() { tool consumer.group.ConsumerGroupCommand "$@"; }
transactions() { tool TransactionsCommand "$@"; }
reset() { # OPTION...: of the group g in t
        groups --reset-offsets --group g --topic t "$@" --execute
}
at_offset() { says "^g  *t  *0  *$1 " groups --describe --group g --offsets; }
consume() { # COUNT OPTION...
        count=$1
        shift
        tool consumer.ConsoleConsumer --topic t --timeout-ms 15000 --max-messages "$count" "$@" >"$dir/consumed"
        test "$(grep -c 'times and never twice' "$dir/consumed")" -eq "$count"
}

start_broker one offsets.topic.num.partitions=2 transaction.state.log.num.partitions=2 group.initial.rebalance.delay.ms=300
lines 1000 >"$dir/file"
$odradek topics --create --topic t --partitions 1 --bootstrap-server "$at" >/dev/null
kcat -q -b "$at" -t t -P -l "$dir/file" -X transactional.id=mover
ok "kafka-console-consumer reads in a group" consume 600 --group g --from-beginning --isolation-level read_committed
ok "and goes on where it was" consume 400 --group g --isolation-level read_committed
ok "kafka-consumer-groups lists" says '^g *Empty' groups --list --state
ok "and describes" says '^g  *t  *0  *100[01]  *1001  *[01] ' groups --describe --group g
kcat -q -b "$at" -G g t >/dev/null 2>&1 &
member=$!
brokers="$brokers $member"
sleep 2
ok "members" says 'rdkafka.*127.0.0.1.*1  *(0)' groups --describe --group g --members --verbose
ok "the state" says 'range  *Stable  *1' groups --describe --group g --state
ok "offsets are not reset under a member" says "can only be reset if the group 'g' is inactive" reset --to-earliest
stop_broker "$member"
ok "reset-offsets --to-earliest" reset --to-earliest
ok "reset-offsets --shift-by" reset --shift-by 5
ok "have done it" at_offset 5
ok "reset-offsets --to-datetime" reset --to-datetime 2020-01-01T00:00:00.000
ok "has done it" at_offset 0
ok "reset-offsets --to-latest" reset --to-latest
ok "has done it" at_offset 1001
ok "reset-offsets --to-offset, of a new group" says 'new  *t  *0  *3' groups --reset-offsets --group new --topic t --to-offset 3 --execute
ok "delete-offsets" says Successful groups --delete-offsets --group new --topic t
ok "delete" says 'was successful' groups --delete --group g
ok "and it is gone" says 'does not exist' groups --delete --group g
ok "kafka-get-offsets" says '^t:0:1001$' tool GetOffsetShell --topic t

ok "kafka-transactions list" says '^mover.*CompleteCommit' transactions list
ok "kafka-transactions describe" says '^1 .*mover.*CompleteCommit.*60000' transactions describe --transactional-id mover
ok "kafka-transactions describe-producers" says '^[0-9].*999 .*None' transactions describe-producers --topic t --partition 0
ok "kafka-transactions find-hanging finds none" says '^Topic' transactions find-hanging --broker-id 1
ok "kafka-producer-perf-test in transactions" says '^1000 records sent' kafka_java org.apache.kafka.tools.ProducerPerformance \
        --topic t --num-records 1000 --record-size 100 --throughput 2000 --transactional-id perf --transaction-duration-ms 100 \
        --producer-props bootstrap.servers="$at"
ok "all of them are committed" says '^perf.*CompleteCommit' transactions list
stop_broker "$broker"

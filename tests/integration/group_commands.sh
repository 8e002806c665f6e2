#!/bin/sh
# Goal:   consumer-groups, transactions, console-consumer --group and dump-log tell of groups and
#         transactions what is true, move and delete groups as told, and fail in one line.
# Method: groups of kcat and of our own console-consumer over two partitions with known ends; a
#         transaction of kcat that is held open by its standard input.
. tests/integration/lib.sh
start_broker one group.initial.rebalance.delay.ms=0 group.min.session.timeout.ms=500 \
        offsets.topic.num.partitions=1 transaction.state.log.num.partitions=1

groups() { $odradek consumer-groups "$@" --bootstrap-server "$at"; }
transactions() { $odradek transactions "$@" --bootstrap-server "$at"; }
within() { # TENTHS COMMAND...: until it succeeds, what it prints is not shown; false when it has not by then
        tenths=$1
        shift
        while ! "$@" >/dev/null 2>&1; do
                tenths=$((tenths - 1))
                [ "$tenths" -gt 0 ] || return 1
                sleep 0.1
        done
}
in_background() { # NAME COMMAND...: out and errors in $dir/NAME.out and .err; sets $last
        name=$1
        shift
        "$@" >"$dir/$name.out" 2>"$dir/$name.err" &
        last=$!
        brokers="$brokers $last"
}
# fails STATUS WORDS COMMAND...: with that exit status and one line that has the words.
fails() {
        status=$1
        words=$2
        shift 2
        timeout 30 $odradek "$@" --bootstrap-server "$at" >"$dir/out" 2>"$dir/err"
        got=$?
        [ "$got" -eq "$status" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && grep -q -e "$words" "$dir/err" && return 0
        echo "exit status $got, not $status, or not one line with '$words':"
        cat "$dir/out" "$dir/err"
        return 1
}
# offsets_are GROUP "COMMITTED END LAG" "COMMITTED END LAG": of partitions 0 and 1
offsets_are() {
        groups --describe --group "$1" >"$dir/group" 2>&1
        printf '%s\n%s\n' "$2" "$3" >"$dir/wanted"
        awk -v group="$1" '$1 == group && $2 == "orders" { print $4, $5, $6 }' "$dir/group" | cmp -s - "$dir/wanted" && return 0
        cat "$dir/group"
        return 1
}
grep_in() { groups "$@" | tee "$dir/out" | grep -q "$pattern" || { cat "$dir/out"; return 1; }; }
matches() { # PATTERN WORD...: what consumer-groups prints
        pattern=$1
        shift
        grep_in "$@"
}
send() { # PARTITION FROM TO
        seq "$2" "$3" | kcat -q -b "$at" -P -t orders -p "$1"
}

ok "a topic is made" $odradek topics --create --topic orders --partitions 2 --bootstrap-server "$at"
send 0 1 100
send 1 1 50

# --- a group of kcat ---
in_background kcat kcat -b "$at" -G billing -X auto.offset.reset=earliest -X auto.commit.interval.ms=200 orders
kcat_group=$last
ok "kcat -G: once it has read all, its lag is 0" within 150 offsets_are billing "100 100 0" "50 50 0"
ok "kcat -G: describe names its member" matches '^billing .* rdkafka-[-0-9a-f]* */127.0.0.1 *rdkafka' --describe --group billing
ok "kcat -G: it reads what comes" send 0 101 105
ok "kcat -G: and its lag is 0 again" within 100 offsets_are billing "105 105 0" "50 50 0"
ok "kcat -G: a running group is not deleted" fails 1 'billing' consumer-groups --delete --group billing
ok "kcat -G: a running group is not moved" fails 1 inactive consumer-groups --reset-offsets --group billing --topic orders --to-earliest --execute
ok "kcat -G: it ends well" stop_broker "$kcat_group"
send 0 106 107
ok "its lag is what came since" offsets_are billing "105 107 2" "50 50 0"
ok "describe says that nobody is there" sh -c "$odradek consumer-groups --describe --group billing --bootstrap-server $at 2>&1 | grep -q 'no active members'"

# --- a group of our own, with one too many ---
for n in 1 2 3; do
        in_background "ours$n" $odradek console-consumer --group shipping --topic orders --from-beginning --bootstrap-server "$at" \
                --consumer-property session.timeout.ms=6000 --consumer-property heartbeat.interval.ms=300
        eval "ours$n=$last"
done
ok "our group reads all" within 150 offsets_are shipping "107 107 0" "50 50 0"
idle() { [ "$(cat "$dir"/ours?.err | grep -c 'more members than partitions')" -eq 1 ]; }
ok "one of three members on two partitions says that it is idle" within 60 idle
busy_and_idle() { groups --describe --members --group shipping | awk '/^shipping/ { print $NF }' | sort | xargs | grep -x '0 1 1'; }
ok "describe --members tells who has how many" busy_and_idle
ok "describe --state tells of three members" matches '^shipping .*Stable *3$' --describe --state --group shipping
ok "list has both groups" sh -c "test \"\$($odradek consumer-groups --list --bootstrap-server $at | xargs)\" = 'billing shipping'"
stop_ours() {
        for pid in $ours1 $ours2 $ours3; do kill -INT "$pid"; done
        for pid in $ours1 $ours2 $ours3; do wait "$pid" || return 1; done
        [ "$(cat "$dir"/ours?.out | wc -l)" -eq 157 ] || { wc -l "$dir"/ours?.out; cat "$dir"/ours?.err; return 1; }
}
ok "all stop well, and between them each record was printed once" stop_ours
ok "nobody is left in the group" matches '^shipping .*Empty *0$' --describe --state --group shipping

# --- moving a group ---
# moves "OFFSETS" HOW...: a dry run tells these offsets of partitions 0 and 1 and does nothing; then they are set.
moves() {
        offsets=$1
        shift
        groups --describe --group billing >"$dir/before" 2>/dev/null
        groups --reset-offsets --group billing --topic orders "$@" --dry-run >"$dir/dry" || return 1
        groups --describe --group billing 2>/dev/null | diff "$dir/before" - || { echo "the dry run did something"; return 1; }
        groups --reset-offsets --group billing --topic orders "$@" --execute >"$dir/executed" || return 1
        diff "$dir/dry" "$dir/executed" || return 1
        [ "$(awk '$2 == "orders" { print $4 }' "$dir/executed" | xargs)" = "$offsets" ] || { cat "$dir/executed"; return 1; }
        [ "$(groups --describe --group billing 2>/dev/null | awk '$2 == "orders" { print $4 }' | xargs)" = "$offsets" ]
}
ok "to the beginning" moves "0 0" --to-earliest
ok "to an offset; behind the end is the end" moves "80 50" --to-offset 80
ok "to where it is" moves "80 50" --to-current
ok "back by some; before the beginning is the beginning" moves "20 0" --shift-by -60
ok "on by some; behind the end is the end" moves "90 50" --shift-by 70
ok "to a time before all" moves "0 0" --to-datetime 2001-01-01T00:00:00
ok "to a time after all" moves "107 50" --to-datetime 2101-01-01T00:00:00.000
ok "to the end" moves "107 50" --to-latest
ok "one partition alone" groups --reset-offsets --group billing --topic orders:1 --to-offset 7 --execute
ok "and the other stays" offsets_are billing "107 107 0" "7 50 43"
ok "all topics" groups --reset-offsets --group billing --all-topics --shift-by -2 --execute
reads_on() {
        timeout 20 kcat -q -b "$at" -G billing -X auto.offset.reset=error -c 47 orders 2>"$dir/err" | sort -n | xargs >"$dir/out"
        [ "$(cat "$dir/out")" = "$({ seq 6 50; seq 106 107; } | sort -n | xargs)" ] || { cat "$dir/out" "$dir/err"; return 1; }
}
ok "kcat -G goes on from there" reads_on
ok "offsets of one partition are deleted" groups --delete-offsets --group billing --topic orders:1
ok "and only they" sh -c "test \"\$($odradek consumer-groups --describe --group billing --bootstrap-server $at 2>/dev/null | awk '\$2 == \"orders\" && \$4 != \"-\" { print \$3 }' | xargs)\" = 0"
ok "a group is made by setting its offsets" groups --reset-offsets --group newcomer --topic orders --to-latest --execute
ok "it has them" offsets_are newcomer "107 107 0" "50 50 0"
for group in newcomer billing; do ok "a group is deleted: $group" groups --delete --group "$group"; done
ok "list has one group" sh -c "test \"\$($odradek consumer-groups --list --bootstrap-server $at)\" = shipping"

# --- what is wrong ---
ok "describe of no such group" fails 1 "billing" consumer-groups --describe --group billing
ok "delete of no such group" fails 1 "billing" consumer-groups --delete --group billing
ok "reset for no such topic" fails 1 missing consumer-groups --reset-offsets --group shipping --topic missing --to-latest --execute
ok "reset for no such partition" fails 1 "orders" consumer-groups --reset-offsets --group shipping --topic orders:9 --to-latest --execute
ok "reset to no such time" fails 1 "tomorrow" consumer-groups --reset-offsets --group shipping --topic orders --to-datetime tomorrow
ok "what shall be done" fails 2 -- consumer-groups --group shipping
ok "two things at once" fails 2 -- consumer-groups --list --describe --group shipping
ok "which group" fails 2 -- consumer-groups --describe
ok "where to" fails 2 -- consumer-groups --reset-offsets --group shipping --topic orders
ok "two places at once" fails 2 -- consumer-groups --reset-offsets --group shipping --topic orders --to-latest --to-earliest
ok "which topic" fails 2 -- consumer-groups --reset-offsets --group shipping --to-latest
ok "a group does not read one partition" fails 2 group console-consumer --group g --topic orders --partition 0

# --- transactions ---
ok "a topic is made" $odradek topics --create --topic transfers --partitions 1 --bootstrap-server "$at"
mkfifo "$dir/fifo"
exec 4<>"$dir/fifo"
$odradek console-producer --topic transfers --bootstrap-server "$at" --producer-property transactional.id=transfer \
        <"$dir/fifo" 4>&- >"$dir/transfer.out" 2>&1 &
transfer=$!
brokers="$brokers $transfer"
echo "in a transaction" >&4
described() { transactions describe --transactional-id transfer | tee "$dir/out" | grep -q "^$1 *$2" || { cat "$dir/out"; return 1; }; }
ok "list shows the open transaction" within 100 sh -c "$odradek transactions list --bootstrap-server $at | grep -q '^transfer.*Ongoing'"
ok "describe tells its state" described TransactionState Ongoing
ok "describe tells its partitions" described TopicPartitions transfers-0
ok "describe-producers tells where it began" sh -c "$odradek transactions describe-producers --topic transfers --partition 0 --bootstrap-server $at | awk '\$6 == 0 { found = 1 } END { exit !found }'"
committed_end() { kcat -q -b "$at" -C -t transfers -o beginning -e -X isolation.level="$1"; }
ok "read_committed does not see it yet" test -z "$(committed_end read_committed)"
ok "read_uncommitted does" within 50 sh -c "test -n \"\$(kcat -q -b $at -C -t transfers -o beginning -e -X isolation.level=read_uncommitted)\""
exec 4>&-
ok "it is committed at the end of the input" wait "$transfer"
ok "read_committed sees it now" test "$(committed_end read_committed)" = "in a transaction"
ok "describe tells that it is complete" within 50 described TransactionState CompleteCommit
ok "describe-producers knows of no open one" sh -c "$odradek transactions describe-producers --topic transfers --partition 0 --bootstrap-server $at | grep -q 'None$'"
ok "describe of no such transactional id" fails 1 nobody transactions describe --transactional-id nobody
ok "describe-producers of no such topic" fails 1 missing transactions describe-producers --topic missing --partition 0
ok "which transactional id" fails 2 -- transactions describe
ok "what about transactions" fails 2 -- transactions

# --- the logs that all this is made of ---
dump() { $odradek dump-log --print-data-log --files "$dir/one/$1-0/00000000000000000000.log" >"$dir/dump"; }
says() { grep -q "$1" "$dir/dump" || { grep '^|' "$dir/dump" | tail -n 5; return 1; }; }
ok "dump-log reads __consumer_offsets" dump __consumer_offsets
ok "dump-log: a committed offset" says '"group":"shipping","topic":"orders","partition":0}} payload: .*"offset":107,'
ok "dump-log: a deleted one" says '"group":"billing","topic":"orders","partition":1}} payload: <DELETE>'
ok "dump-log: a group and who has what" says '"group":"shipping"}} payload: .*"assignedPartitions":\[{"topic":"orders","partitions":\[[01]\]}\]'
ok "dump-log: a deleted group" says '"group":"billing"}} payload: <DELETE>'
ok "dump-log reads __transaction_state" dump __transaction_state
ok "dump-log: a transaction is begun" says 'transactionalId=transfer payload: producerId:[0-9]*,producerEpoch:0,state=Ongoing,partitions=\[transfers-0\]'
ok "dump-log: it is to be committed" says 'transactionalId=transfer .*state=PrepareCommit,partitions=\[transfers-0\]'
ok "dump-log: it is committed" says 'transactionalId=transfer .*state=CompleteCommit'
ok "dump-log reads the topic" dump transfers
ok "dump-log: the marker" says 'endTxnMarker: COMMIT'

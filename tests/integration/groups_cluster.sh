#!/bin/sh
# Goal:   in a cluster of three, a group, an idempotent producer and a transactional pipeline live through
#         kill -9 of the partition's leader, of the group's coordinator and of the transaction coordinator:
#         nothing acknowledged is lost, nothing is doubled where that was promised, and the group settles.
# Method: odradek cluster with one partition for each internal topic, whose leader is the coordinator;
#         rdkafka_client.c; each victim is started again before the next is killed.
. tests/integration/lib.sh
. tests/integration/cluster.inc
. tests/integration/groups.inc
build_client || exit 0
topics='t input output'

topic() { ok "a topic is made: $1" $odradek topics --create --topic "$1" --partitions "$2" --replication-factor 3 --bootstrap-server "$(servers)"; }
all_settled() {
        for topic in $topics __consumer_offsets __transaction_state; do settled "$topic" || return 1; done
}
noted() { wc -l <"$1"; }
grown() { [ "$(noted "$1")" -gt "$2" ]; }
group_has() { # its committed offsets in t, as the command tells them
        $odradek consumer-groups --describe --group "$1" --bootstrap-server "$(servers)" 2>"$dir/group.err" |
                awk -v topic="$2" '$2 == topic { sum += $4 } END { print sum + 0 }'
}
# work_goes_on: more is acknowledged, processed and copied than was at the time of the kill.
work_goes_on() {
        within 15000 grown "$dir/producer.out" "$acked_before" || { echo "nothing is acknowledged"; tail -n 3 "$dir/producer.err"; return 1; }
        within 15000 grown "$dir/notes" "$noted_before" || { echo "nothing is processed"; tail -n 3 "$dir"/member-*.err; return 1; }
        within 15000 pipeline_has_grown || { echo "nothing is copied"; tail -n 3 "$dir/pipeline.err"; return 1; }
}
pipeline_has_grown() { [ "$(group_has copiers input)" -gt "$copied_before" ]; }
kill_leader_of() { # TOPIC
        victim=$(leader_of "$1" 0)
        $odradek cluster --kill "$victim" --data "$dir/c" >/dev/null || return 1
        within $((session_ms + 3000)) leads_none "$victim" "$1" || { echo "broker $victim still leads"; cat "$dir/described"; return 1; }
        # What was under way at the kill has come to its end.
        acked_before=$(noted "$dir/producer.out") noted_before=$(noted "$dir/notes") copied_before=$(group_has copiers input)
        echo "# broker $victim was killed, others lead after $took ms" >&3
        work_goes_on
}
restart_victim() {
        $odradek cluster --restart "$victim" --data "$dir/c" >/dev/null && within 20000 all_settled && return 0
        cat "$dir/described"
        return 1
}
copied() { read_all "$(servers)" output "$dir/output" isolation.level=read_committed && all_seen "$dir/source.out" "$dir/output"; }
log_is_exact() { read_all "$(servers)" t "$dir/seen" && promised "$dir/producer.out" "$dir/seen" once; }
exec 3>&1

# shellcheck disable=SC2086
start_cluster 3 $group_settings offsets.topic.num.partitions=1 transaction.state.log.num.partitions=1
topic t 6
topic input 3
topic output 3
run_client producer produce "$(servers)" t 6 1000000 300 message.timeout.ms=60000
run_client source produce "$(servers)" input 3 1000000 200 message.timeout.ms=60000
for name in a b c; do start_member "member-$name" "$(servers)" t workers "$dir/notes"; done
# shellcheck disable=SC2086
run_client pipeline pipeline "$(servers)" input output copiers copier $member_settings
ok "three members have two partitions each" share_within 15000 6 "2 2 2" member-a member-b member-c
acked_before=0 noted_before=0 copied_before=0
must "records are acknowledged, processed and copied" work_goes_on
must "all replicas are in sync" within 15000 all_settled
for topic in t __consumer_offsets __transaction_state output; do
        ok "the leader of $topic is killed: others lead in time, and all work goes on" kill_leader_of "$topic"
        ok "the leader of $topic: started again it is in sync" restart_victim
done
ok "the producers end well" end_clients producer source
ok "all acknowledged is processed" within 20000 all_seen "$dir/producer.out" "$dir/notes"
ok "all is copied in the end" within 20000 copied
ok "the group has settled" share_within 15000 6 "2 2 2" member-a member-b member-c
ok "the members and the pipeline end well" end_clients member-a member-b member-c pipeline
ok "idempotent: nothing is lost, doubled or swapped" log_is_exact
ok "the group processed all that was acknowledged, in order" promised "$dir/producer.out" "$dir/notes"
ok "the pipeline copied each record once, in order" promised "$dir/source.out" "$dir/output" once
ok "the cluster stops in good order" stop_cluster

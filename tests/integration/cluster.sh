#!/bin/sh
# Goal:   a cluster of three loses nothing that was acknowledged when its leader is killed, again and
#         again, and has a new one within the session time-out and two seconds.
# Method: odradek cluster; a producer with acks=all that writes down each acknowledgement; five times
#         kill -9 of whoever leads partition 0, and a restart; then kcat reads all.
. tests/integration/lib.sh
. tests/integration/cluster.inc
has_python_client || exit 0

kill_leader() {
        victim=$(leader_of t 0)
        $odradek cluster --kill "$victim" --data "$dir/c" >/dev/null || return 1
        within $((session_ms + 2000)) leads_none "$victim" t || { echo "broker $victim still leads"; cat "$dir/described"; return 1; }
        echo "# others lead after $took ms" >&3
        goes_on 8000 || { echo "nothing is acknowledged any more"; tail -n 3 "$dir/load.err"; return 1; }
}
restart_victim() {
        $odradek cluster --restart "$victim" --data "$dir/c" >/dev/null && within 20000 settled t && return 0
        cat "$dir/described"
        return 1
}
exec 3>&1

start_cluster 3
ok "it says how to reach it" grep -q "bootstrap servers *$(servers)" "$dir/cluster.out"
ok "kcat sees three brokers" sh -c "kcat -L -b $(servers) | grep -q '3 brokers'"
ok "a topic is made on all three" $odradek topics --create --topic t --partitions 3 --replication-factor 3 --bootstrap-server "$(servers)"
must "its replicas are in sync" within 10000 settled t
ok "the quorum has a leader" sh -c "$odradek metadata-quorum describe --status --bootstrap-server $(servers) | grep -q 'LeaderId: *[123]'"
must "records are acknowledged" begin_load t
for n in 1 2 3 4 5; do
        ok "kill $n: others lead in time, and the load goes on" kill_leader
        ok "kill $n: started again it is in sync" restart_victim
done
ok "the producer ends well" end_load
ok "nothing acknowledged is lost, the order is kept" nothing_lost t
ok "preferred leaders lead again" sh -c "$odradek leader-election --election-type preferred --all-topic-partitions --bootstrap-server $(servers) &&
        $odradek topics --describe --topic t --bootstrap-server $(servers) | awk '/Partition: / { split(\$0, f, \"\\t\"); split(f[5], r, /[ ,]/); if (f[4] != \"Leader: \" r[2]) bad = 1 } END { exit bad }'"
ok "no partition lacks a replica" sh -c "! $odradek topics --describe --topic t --under-replicated-partitions --bootstrap-server $(servers) | grep Partition"
ok "Ctrl-C stops all, each in good order" stop_cluster
ok "no process id is left behind" sh -c "! ls $dir/c/*.pid"

#!/bin/sh
# Goal:   a leader that stands still and wakes up again, not knowing that it leads no more, acknowledges
#         nothing that is lost.
# Method: as cluster.sh, with SIGSTOP and SIGCONT in the place of the kill.
. tests/integration/lib.sh
. tests/integration/cluster.inc
has_python_client || exit 0

pause_leader() {
        victim=$(leader_of t 0)
        kill -STOP "$(node_pid "$victim")" || return 1
        within $((session_ms + 2000)) leads_none "$victim" t || { echo "broker $victim still leads"; cat "$dir/described"; return 1; }
        echo "# others lead after $took ms" >&3
}
wake_victim() {
        kill -CONT "$(node_pid "$victim")"
        within 20000 settled t || { cat "$dir/described"; return 1; }
        goes_on 10000 || { echo "nothing is acknowledged any more"; tail -n 3 "$dir/load.err"; return 1; }
}
exec 3>&1

start_cluster 3
ok "a topic is made" $odradek topics --create --topic t --partitions 3 --replication-factor 3 --bootstrap-server "$(servers)"
must "its replicas are in sync" within 10000 settled t
must "records are acknowledged" begin_load t
for n in 1 2 3 4 5; do
        ok "pause $n: others lead in time" pause_leader
        ok "pause $n: awake again it is in sync, and the load goes on" wake_victim
done
ok "the producer ends well" end_load
ok "nothing acknowledged is lost, the order is kept" nothing_lost t
ok "all stop in good order" stop_cluster

#!/bin/sh
# Goal:   three brokers started by hand, from files as Apache Kafka's, are a cluster; a broker that is
#         stopped in good order hands its partitions over first, and no client sees an error.
# Method: the three files; the leader of a partition is stopped with SIGTERM under load, started again,
#         and so on with each; the producer must have no record that failed.
. tests/integration/lib.sh
. tests/integration/cluster.inc
has_python_client || exit 0
nodes='1 2 3'
first_port=$(free_ports 6)
voters=
for node in $nodes; do voters="$voters,$node@127.0.0.1:$((first_port + 2 + node))"; done

write_properties() { # ID: a file in the manner of Kafka's config/kraft/server.properties
        cat >"$dir/$1.properties" <<END
# The role of this server. Setting this puts us in KRaft mode
process.roles=broker,controller
node.id=$1
controller.quorum.voters=${voters#,}
listeners=CONTROLLER://127.0.0.1:$((first_port + 2 + $1)),PLAINTEXT://127.0.0.1:$(node_port "$1")
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://127.0.0.1:$(node_port "$1")
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
log.dirs=$dir/data-$1
num.partitions=1
default.replication.factor=3
min.insync.replicas=2
END
        # shellcheck disable=SC2086
        printf '%s\n' $cluster_settings >>"$dir/$1.properties"
}
start_node() { # ID: sets pid_ID; does not wait
        rm -f "$dir/$1.port"
        $odradek broker "$dir/$1.properties" --port-file "$dir/$1.port" >>"$dir/$1.log" 2>&1 &
        eval "pid_$1=$!"
        brokers="$brokers $!"
}
node_pid() { eval "echo \$pid_$1"; }
serves() { [ -s "$dir/$1.port" ]; }
sees_three() { kcat -L -b "127.0.0.1:$(node_port "$1")" -m 3 2>/dev/null | grep -q '3 brokers'; }
stop_leader() {
        victim=$(leader_of t 0)
        stop_broker "$(node_pid "$victim")" || { echo "broker $victim ended with status $?"; tail -n 5 "$dir/$victim.log"; return 1; }
        # It is gone, and was not waited for: others must lead already.
        leads_none "$victim" t || { echo "broker $victim ended as leader"; cat "$dir/described"; return 1; }
        goes_on 3000
}
start_again() {
        start_node "$victim"
        within 20000 serves "$victim" && within 20000 settled t
}

for node in $nodes; do
        write_properties "$node"
        start_node "$node"
done
for node in $nodes; do must "broker $node serves" within 20000 serves "$node"; done
for node in $nodes; do ok "broker $node knows all three" within 5000 sees_three "$node"; done
ok "unknown keys of the file are told and left out" grep -q "unknown key 'listener.security.protocol.map'" "$dir/1.log"
ok "the controller's listener serves too" sh -c "kcat -L -b 127.0.0.1:$((first_port + 3)) | grep -q '3 brokers'"
ok "a topic is made where the list says" $odradek topics --create --topic t --replica-assignment 1:2:3,2:3:1 --bootstrap-server "$(servers)"
must "its replicas are in sync" within 10000 settled t
ok "topics --describe shows them so" sh -c "$odradek topics --describe --topic t --bootstrap-server $(servers) | grep -q 'Topic: t	Partition: 1	Leader: [123]	Replicas: 2,3,1	Isr: [123],[123],[123]'"
ok "metadata-quorum --replication shows a leader and two followers" sh -c "
        $odradek metadata-quorum describe --replication --bootstrap-server $(servers) | awk '/Leader\$/ { l++ } /Follower\$/ { f++ } END { exit !(l == 1 && f == 2) }'"
must "records are acknowledged" begin_load t
for n in 1 2 3; do
        ok "stop $n: the leader hands over before it ends" stop_leader
        ok "stop $n: started again it is in sync" start_again
done
ok "the producer ends well" end_load
ok "no record failed" sh -c "! cat $dir/acked.failed | grep ."
ok "nothing acknowledged is lost, the order is kept" nothing_lost t
ok "a partition moves to other brokers" sh -c "$odradek reassign-partitions --topic t --partition 0 --replicas 3,2 --bootstrap-server $(servers)"
moved() { describe t "$(servers)" | grep -q 'Partition: 0	.*Replicas: 3,2	'; }
ok "it has moved" within 10000 moved
ok "no reassignment is left" sh -c "$odradek reassign-partitions --list --bootstrap-server $(servers) | grep -q 'No partition reassignments'"
for node in $nodes; do kill -TERM "$(node_pid "$node")"; done
for node in $nodes; do
        wait "$(node_pid "$node")"
        ok "broker $node stops well (status $?)" test $? -eq 0
done

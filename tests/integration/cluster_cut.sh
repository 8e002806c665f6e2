#!/bin/sh
# Goal:   a leader that is cut off from the others, but lives on, acknowledges nothing that is lost, also
#         when clients still reach it; and when the cut heals it follows.
# Method: every connection goes through a proxy, to which advertised.listeners and the voters' addresses
#         point; the proxy passes nothing from or to the node that is cut off.
. tests/integration/lib.sh
. tests/integration/cluster.inc
has_python_client || exit 0
nodes='1 2 3'
first_port=$(free_ports 6) # of the proxy; behind them the brokers' own
own_port() { echo $(($(node_port "$1") + 3)); }
voters= pairs=
for node in $nodes; do
        voters="$voters,$node@127.0.0.1:$(node_port "$node")"
        pairs="$pairs $(node_port "$node"):$(own_port "$node"):$node"
done
mkdir "$dir/pids"
: >"$dir/cut"
# shellcheck disable=SC2086
$python tests/integration/cut_proxy.py "$dir/cut" "$dir/pids" $pairs 2>"$dir/proxy.err" &
proxy=$!
brokers="$brokers $proxy"

for node in $nodes; do
        overrides=
        for setting in $cluster_settings node.id="$node" controller.quorum.voters="${voters#,}" log.dirs="$dir/$node" \
                listeners=PLAINTEXT://127.0.0.1:"$(own_port "$node")" default.replication.factor=3 min.insync.replicas=2 \
                advertised.listeners=PLAINTEXT://127.0.0.1:"$(node_port "$node")"; do
                overrides="$overrides --override $setting"
        done
        # shellcheck disable=SC2086
        $odradek broker --port-file "$dir/$node.port" $overrides >"$dir/$node.log" 2>&1 &
        brokers="$brokers $!"
        echo $! >"$dir/pids/$node.pid"
done
all_serve() { [ -s "$dir/1.port" ] && [ -s "$dir/2.port" ] && [ -s "$dir/3.port" ]; }
cut_leader() { # [client]: off from clients too
        victim=$(leader_of t 0)
        echo "$victim" "$@" >"$dir/cut"
        within $((session_ms + 2000)) leads_none "$victim" t || { echo "broker $victim still leads"; cat "$dir/described"; return 1; }
        echo "# others lead after $took ms" >&3
        # A client that still reaches it may believe it for a while.
        [ $# -eq 0 ] || goes_on 10000 || { echo "nothing is acknowledged any more"; tail -n 3 "$dir/load.err"; return 1; }
}
heal() {
        : >"$dir/cut"
        within 20000 settled t || { cat "$dir/described"; return 1; }
        goes_on 10000
}
exec 3>&1

must "three brokers find each other through the proxy" within 20000 all_serve
ok "a topic is made" $odradek topics --create --topic t --partitions 3 --replication-factor 3 --bootstrap-server "$(servers)"
must "its replicas are in sync" within 10000 settled t
must "records are acknowledged" begin_load t
for n in 1 2 3; do
        ok "cut $n: others lead in time, and the load goes on" cut_leader client
        ok "cut $n: healed, it is in sync" heal
        ok "cut $n, but not from clients: others lead in time" cut_leader
        ok "cut $n, but not from clients: healed, it is in sync, and the load goes on" heal
done
ok "the producer ends well" end_load
ok "nothing acknowledged is lost, the order is kept" nothing_lost t
ok "the proxy has nothing to complain of" test ! -s "$dir/proxy.err"

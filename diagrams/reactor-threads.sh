#!/bin/sh
# Who does what in a broker with one thread and in one with two I/O threads. Both are started and given the same work
# by two producers; how often each thread went to sleep meanwhile is the kernel's count, from /proc.
set -eu
dir=$(mktemp -d)
broker=
trap '[ -z "$broker" ] || { kill $broker; wait $broker || true; }; rm -rf "$dir"' EXIT

sleeps() { # prints one line for each thread, the oldest (the handler) first
        for task in $(ls "/proc/$broker/task" | sort -n); do
                sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$broker/task/$task/status"
        done
}
# Sets n1, n2, n3: how often the threads slept while 2 x 4000 records came, each in a request of its own.
measure() { # I/O-THREADS
        rm -rf "$dir/data" "$dir/port"
        "$BUILD/odradek" broker --override listeners=PLAINTEXT://127.0.0.1:0 --override log.dirs="$dir/data" \
                --override num.network.threads="$1" --port-file "$dir/port" >"$dir/log" 2>&1 &
        broker=$!
        tries=0
        until [ -s "$dir/port" ] || [ $tries -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done
        at=127.0.0.1:$(cat "$dir/port")
        "$BUILD/odradek" topics --create --topic t --bootstrap-server "$at" >/dev/null
        before=$(sleeps)
        for n in 1 2; do
                "$BUILD/odradek" producer-perf-test --topic t --num-records 4000 --record-size 100 --bootstrap-server "$at" \
                        --producer-props acks=1 batch.size=1 enable.idempotence=false >/dev/null &
                eval "p$n=$!"
        done
        wait "$p1" "$p2"
        # shellcheck disable=SC2046
        set -- $before $(sleeps)
        if [ $# -eq 2 ]; then n1=$(($2 - $1)); else n1=$(($4 - $1)) n2=$(($5 - $2)) n3=$(($6 - $3)); fi
        kill "$broker"
        wait "$broker" || true
        broker=
}

measure 0
one=$n1
measure 2
cat <<END
digraph threads {
  graph [bgcolor="white", rankdir=LR, fontname="sans-serif", fontsize=14, nodesep=0.3, ranksep=0.45, size="9,6"]
  node [fontname="sans-serif", fontsize=12, color="#444444", fontcolor="#111111", style=filled, fillcolor="white"]
  edge [fontname="sans-serif", fontsize=12, color="#555555", fontcolor="#333333"]
  subgraph cluster_one {
    label="num.network.threads=0, the default: 1 thread"; style=dashed; color="#888888"
    peers1 [label="sockets", shape=box3d, fillcolor="#eeeeee"]
    loop [label="one thread: reactor and handler\nepoll, read, cut  |  run the broker  |  write\nslept $one times", shape=box, style="filled,bold", fillcolor="#f2d7a6"]
    peers1 -> loop [dir=both, label="bytes"]
  }
  subgraph cluster_three {
    label="num.network.threads=2: 3 threads"; style=dashed; color="#888888"
    peers2 [label="sockets", shape=box3d, fillcolor="#eeeeee"]
    r0 [label="I/O thread 0: a reactor\nepoll, read, cut, write\nslept $n2 times", shape=box, style="filled,bold", fillcolor="#cfe3f5"]
    r1 [label="I/O thread 1: a reactor\nepoll, read, cut, write\nslept $n3 times", shape=box, style="filled,bold", fillcolor="#cfe3f5"]
    box0 [label="mailbox", shape=cds, fillcolor="#eeeeee"]
    handler [label="handler thread\nruns the broker\nslept $n1 times", shape=box, style="filled,bold", fillcolor="#d9efd3"]
    peers2 -> r0 [dir=both]; peers2 -> r1 [dir=both]
    r0 -> box0 [label="frames"]; r1 -> box0
    box0 -> handler
    handler -> r0 [style=dashed, constraint=false]
    handler -> r1 [style=dashed, label="packets, by a mailbox each", constraint=false]
  }
}
END

#!/usr/bin/env bash
# How fast the simulator is, with hashing and invariants on: events per second of processor time on
# one core, and simulated seconds per second. `make bench-sim` calls it.
set -eu

build=${BUILD:-build}
seconds=${BENCH_SECONDS:-20} # of virtual time per run
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT=%U

# scenario FILE BROKERS PARTITIONS RATE: 100 records/s and a consumer, unless the rate is 0.
scenario() {
        local file=$1 brokers=$2 partitions=$3 rate=$4 topic=0 here replicas
        replicas=$((brokers < 3 ? brokers : 3))
        echo "brokers $brokers" >"$file"
        while [ "$partitions" -gt 0 ]; do # a topic has 50 at most, so that all sizes fit
                here=$((partitions < 50 ? partitions : 50))
                partitions=$((partitions - here))
                topic=$((topic + 1))
                echo "topic t$topic partitions $here replication $replicas min.insync.replicas 2" >>"$file"
        done
        if [ "$rate" -gt 0 ]; then
                for i in $(seq "$topic"); do
                        echo "producer p$i topic t$i acks all rate $((rate / topic))/s" >>"$file"
                        echo "consumer c$i topic t$i" >>"$file"
                done
        fi
        echo "run ${seconds}s" >>"$file"
}

# measure BROKERS PARTITIONS RATE: one row of the table.
measure() {
        local events virtual spent
        scenario "$work/s.scn" "$1" "$2" "$3"
        spent=$({ time "$build/odradek-sim" run "$work/s.scn" >"$work/out" 2>&1; } 2>&1 | tail -n 1)
        read -r events virtual < <(sed -nE 's/^trace [0-9a-f]+, ([0-9]+) events, ([0-9.]+) s of .*/\1 \2/p' "$work/out")
        [ -n "${events:-}" ] || { cat "$work/out" >&2; exit 1; }
        awk -v b="$1" -v p="$2" -v r="$3" -v e="$events" -v v="$virtual" -v t="$spent" 'BEGIN {
                if (t < 0.001) t = 0.001
                printf "%8d %11d %12s %10d %9.3f %14.0f %16.0f\n", b, p, r, e, t, e / t, v / t }'
}

printf '%8s %11s %12s %10s %9s %14s %16s\n' brokers partitions records/s events "cpu s" events/s "simulated s/s"
measure 3 1 0
for brokers in 3 5 7; do
        measure "$brokers" 1 100
done
for partitions in 10 100; do
        measure 3 "$partitions" 100
done
measure 3 1 1000

#!/bin/sh
# The project in four acts: real bytes, a cluster that loses its leader, a power cut that can be
# replayed, and the command that does it.
set -eu
BUILD=${BUILD:-build}
odradek=$BUILD/odradek sim=$BUILD/odradek-sim
dir=$(mktemp -d "${TMPDIR:-/tmp}/odradek-demo.XXXXXX")
broker=
cleanup() {
        [ -z "$broker" ] || { kill "$broker" 2>/dev/null && wait "$broker" >/dev/null 2>&1; } || true
        rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
[ -t 1 ] || say() { printf '\n%s\n' "$1"; }
# show COMMAND...: prints the command as one would type it, and runs it.
show() {
        printf '  $ %s\n' "$*"
        "$@" 2>&1 | sed 's/^/    /'
}

say "Act 1. Real bytes: a text file goes through a real broker, over Kafka's protocol, and comes back."
"$odradek" broker --override listeners=PLAINTEXT://127.0.0.1:0 --override "log.dirs=$dir/data" \
        --port-file "$dir/port" >"$dir/log" 2>&1 &
broker=$!
until [ -s "$dir/port" ]; do
        kill -0 "$broker" 2>/dev/null || { cat "$dir/log"; exit 1; }
        sleep 0.02
done
at=127.0.0.1:$(cat "$dir/port")
sed 's/^/    /' "$dir/log" | grep ready || true
cp LICENSE "$dir/in.txt"
if command -v kcat >/dev/null 2>&1; then
        echo "  kcat, a client that knows nothing of us, sends LICENSE line by line and reads it back:"
        echo "  \$ kcat -b $at -t text -P -l LICENSE"
        kcat -q -b "$at" -t text -P -l "$dir/in.txt" -X enable.idempotence=false
        echo "  \$ kcat -b $at -t text -C -o beginning -e"
        grep -v '^$' "$dir/in.txt" >"$dir/expected" # kcat sends no empty lines
        kcat -q -b "$at" -t text -C -o beginning -e >"$dir/out.txt"
else
        echo "  our own console clients send LICENSE line by line and read it back (kcat is not installed):"
        "$odradek" console-producer --bootstrap-server "$at" --topic text <"$dir/in.txt"
        cp "$dir/in.txt" "$dir/expected"
        "$odradek" console-consumer --bootstrap-server "$at" --topic text --from-beginning --exit-at-end \
                >"$dir/out.txt" 2>/dev/null
fi
cmp "$dir/expected" "$dir/out.txt"
echo "    $(wc -l <"$dir/out.txt") lines came back, byte for byte the same."
echo "  They lie in a file of Apache Kafka's own format:"
"$odradek" dump-log --files "$dir/data/text-0/00000000000000000000.log" | sed -n '3,4p' | cut -c 1-150 | sed 's/^/    /'
kill "$broker"
wait "$broker"
broker=

say "Act 2. Three real brokers. The leader is killed in the middle of the work, and nothing is lost."
# start_cluster: on the first ports that are free.
start_cluster() {
        for first in $((20000 + $$ % 900 * 10)) $((21003 + $$ % 900 * 10)) $((22006 + $$ % 900 * 10)); do
                "$odradek" cluster --brokers 3 --port "$first" --data "$dir/cluster" \
                        --override broker.session.timeout.ms=1500 --override broker.heartbeat.interval.ms=300 \
                        --override controller.quorum.election.timeout.ms=300 >"$dir/cluster.log" 2>&1 &
                broker=$!
                until grep -q ready "$dir/cluster.log"; do
                        kill -0 "$broker" 2>/dev/null || break
                        sleep 0.05
                done
                grep -q ready "$dir/cluster.log" && return
        done
        cat "$dir/cluster.log"
        exit 1
}
start_cluster
at=127.0.0.1:$first,127.0.0.1:$((first + 1)),127.0.0.1:$((first + 2))
leader() { "$odradek" topics --bootstrap-server "$at" --describe --topic numbers | sed -n 's/.*Leader: \([0-9]*\).*Isr: \(.*\)/\1 of \2/p'; }
echo "  \$ odradek cluster --brokers 3"
"$odradek" topics --bootstrap-server "$at" --create --topic numbers --replication-factor 3 | sed 's/^/    /'
echo "    the leader of its one partition is broker $(leader)"
(seq 1 5000; sleep 1; seq 5001 10000) |
        "$odradek" console-producer --bootstrap-server "$at" --topic numbers --producer-property acks=all \
                2>/dev/null &
producer=$!
sleep 0.5
killed=$(leader | cut -d ' ' -f 1)
echo "  \$ odradek cluster --kill $killed      # kill -9, after 5,000 of 10,000 lines"
"$odradek" cluster --kill "$killed" --data "$dir/cluster" >/dev/null
wait "$producer"
"$odradek" console-consumer --bootstrap-server "$at" --topic numbers --from-beginning --exit-at-end 2>/dev/null |
        awk '!seen[$0]++' >"$dir/numbers"
seq 1 10000 | cmp - "$dir/numbers"
echo "    the leader is broker $(leader)"
echo "    $(wc -l <"$dir/numbers") lines were acknowledged by all in-sync replicas, and all are there, in order."
kill "$broker"
wait "$broker" || true
broker=

say "Act 3. The same broker, in a simulated world where the power fails."
echo "  First a record that was acknowledged, but not yet synced to the disk:"
show "$sim" run sim/scenarios/unsynced-lost.scn
echo "  Then the same with flush.messages=1: synced before it is acknowledged:"
show "$sim" run sim/scenarios/synced-survives.scn

say "Act 4. Nothing of this was chance. The same seed gives the same run, event by event; here is the loss:"
printf '  $ %s\n' "$sim replay sim/scenarios/unsynced-lost.scn"
"$sim" replay sim/scenarios/unsynced-lost.scn >"$dir/replay"
grep -B 3 -A 1 ' power cut$' "$dir/replay" | sed 's/^/  /'
echo "      ..."
grep -A 60 ' power cut$' "$dir/replay" | grep -E 'broker 1 +(starts|opens|recovers|says)' | head -n 4 | sed 's/^/  /'
say "Next: make test, and the reading order in README.md."

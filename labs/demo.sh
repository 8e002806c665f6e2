#!/bin/sh
# The project in three acts: real bytes, a power cut that can be replayed, and the command that does it.
set -eu
BUILD=${BUILD:-build}
odradek=$BUILD/odradek sim=$BUILD/odradek-sim
dir=$(mktemp -d "${TMPDIR:-/tmp}/odradek-demo.XXXXXX")
broker=
cleanup() {
        [ -z "$broker" ] || { kill "$broker" 2>/dev/null && wait "$broker" 2>/dev/null; } || true
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

say "Act 2. The same broker, in a simulated world where the power fails."
echo "  First a record that was acknowledged, but not yet synced to the disk:"
show "$sim" run sim/scenarios/unsynced-lost.scn
echo "  Then the same with flush.messages=1: synced before it is acknowledged:"
show "$sim" run sim/scenarios/synced-survives.scn

say "Act 3. Nothing of this was chance. The same seed gives the same run, event by event; here is the loss:"
printf '  $ %s\n' "$sim replay sim/scenarios/unsynced-lost.scn"
"$sim" replay sim/scenarios/unsynced-lost.scn >"$dir/replay"
grep -B 3 -A 1 ' power cut$' "$dir/replay" | sed 's/^/  /'
echo "      ..."
grep -A 60 ' power cut$' "$dir/replay" | grep -E 'broker 1 +(starts|opens|recovers|says)' | head -n 4 | sed 's/^/  /'
say "Next: make test, and the reading order in README.md."

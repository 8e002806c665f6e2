#!/bin/sh
# Goal:   make bench tells the truth about its own run: all cells of ours, absent peers by name, verdicts
#         or the refusal of one, the same in text, JSON and CSV; nothing is left running.
# Method: two rows in their quick form, with nothing but our own programs; then the harness's arithmetic.
. tests/integration/lib.sh
/usr/bin/python3 -B tests/bench/test_bench.py

bench() { # ARGUMENT...: into $dir/out
        /usr/bin/python3 -B tests/bench/bench.py --odradek "$odradek" --out "$dir/out" --quick --no-peers "$@"
}
has() { # PATTERN...: each is in the text
        for pattern; do grep -Eq -- "$pattern" "$dir/out/bench.txt" || { echo "no line: $pattern"; cat "$dir/out/bench.txt"; return 1; }; done
}
same_in_json_and_csv() {
        /usr/bin/python3 - "$dir/out" <<'END'
import csv, json, sys
document = json.load(open(sys.argv[1] + "/bench.json"))
assert document["schema"] == 1 and [row["id"] for row in document["rows"]] == ["B3", "B11"], document
assert set(document["absent"]) >= {"kafka", "redis"}, document["absent"]
cells = {(row["id"], c["setting"], c["peer"]): c for row in document["rows"] for c in row["cells"]}
append = cells["B3", "100 B x 5000", "odradek"]
assert append["failed"] is None and append["figures"]["msgs_s"]["median"] > 1000, append
assert append["figures"]["server_us"]["median"] > 0, append
ready = cells["B11", "one broker", "odradek"]["figures"]
assert 0 < ready["ready_ms"]["median"] < 60000 and 0 < ready["rss_mib"]["median"] < 1000, ready
assert all(g["verdict"] in ("met", "missed", "noisy", "absent") for row in document["rows"] for g in row["goals"])
lines = list(csv.reader(line for line in open(sys.argv[1] + "/bench.csv") if not line.startswith("#")))
assert lines[0] == ["row", "setting", "peer", "round", "figure", "value"]
assert any(l[:5] == ["B3", "100 B x 5000", "odradek", "1", "msgs_s"] and float(l[5]) == append["figures"]["msgs_s"]["median"] for l in lines)
END
}
nothing_is_left() {
        test -z "$(ls -d "$dir"/out/scratch* 2>/dev/null)" || { ls "$dir/out"; return 1; }
        # Its servers had their data below that folder, and say so on their command lines.
        for process in /proc/[0-9]*; do
                if tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -Fq "$dir/out/scratch"; then
                        echo "still there: $process"
                        return 1
                fi
        done
}

ok "two rows run" bench --rows B3,B11
ok "cells, limits and goals are printed" has '^B3 broker_append' '100 B x 5000 +odradek +[0-9]' 'page-cache write: ' \
        '^B11 footprint' 'restart, .* odradek +[0-9]' 'must reach:' '^  foreign CPU' 'congestion control'
ok "absent peers are named" has '^  absent: kafka: only ours were asked for' '^  absent: redis: only ours were asked for'
ok "JSON and CSV say the same" same_in_json_and_csv
ok "no server and no file is left" nothing_is_left
ok "an unknown row is refused" sh -c '! "$@" 2>/dev/null' - /usr/bin/python3 -B tests/bench/bench.py --odradek "$odradek" --out "$dir/out" --rows B99

# One that is interrupted ends what it has started.
/usr/bin/python3 -B tests/bench/bench.py --odradek "$odradek" --out "$dir/out" --no-peers --rows B11 >"$dir/said" 2>&1 &
running=$!
brokers="$brokers $running"
waited=0
until ls "$dir"/out/scratch*/*/* >/dev/null 2>&1 || [ $waited -ge 300 ]; do
        waited=$((waited + 1))
        sleep 0.1
done
kill -TERM "$running"
wait "$running"
ok "nor after SIGTERM" nothing_is_left

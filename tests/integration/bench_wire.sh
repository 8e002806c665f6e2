#!/bin/sh
# Goal:   the raw client and the null broker speak the protocol as stock clients do, and count right.
# Method: what the raw client wrote to a real broker it reads again, and kcat reads it too; kcat works
#         against the null broker; the targets run, if only for a moment.
. tests/integration/lib.sh
start_broker one

# field NAME FILE: a number of a JSON object.
field() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" "$2"; }
wire() { "$odradek" bench wire "$@" --bootstrap-server "$at" --json; }
spent() { # cpu seconds are told for the broker, and are not nothing
        test "$(field server_cpu_us_per_record "$1" | tr -d 0.)" != ""
}

ok "wire produce" sh -c "'$odradek' bench wire produce --bootstrap-server $at --topic w --partitions 3 \
        --records 30000 --record-size 20 --records-per-request 100 --server-pid $broker --json \
        >$dir/written"
ok "it counts its records" test "$(field records "$dir/written")" = 30000
ok "it tells the broker's CPU time" spent "$dir/written"
wire fetch --topic w --partitions 3 --records 30000 --max-bytes 9000 >"$dir/read"
ok "wire fetch reads as many bytes" test "$(field bytes "$dir/read")" = "$(field bytes "$dir/written")"
ok "and as many records" test "$(field records "$dir/read")" = 30000
kcat -q -b "$at" -C -t w -o beginning -e >"$dir/lines"
ok "kcat reads them all" test "$(wc -l <"$dir/lines")" = 30000
ok "and they are what they should be" test "$(sort -u "$dir/lines")" = abcdefghijklmnopqrst
wire rtt --topic r --records 50 >"$dir/rtt"
wire e2e --topic r --records 50 >"$dir/e2e"
ok "wire rtt and e2e write one record each time" test "$(kcat -q -b "$at" -C -t r -o beginning -e | wc -l)" = 100
ok "an empty topic is an error" sh -c "! '$odradek' bench wire fetch --bootstrap-server $at --topic empty --records 1"
stop_broker "$broker"

"$odradek" bench null-broker --port-file "$dir/null.port" >"$dir/null.log" 2>&1 &
null=$!
brokers="$brokers $null"
waited=0
while [ ! -s "$dir/null.port" ] && [ $waited -lt 100 ]; do
        waited=$((waited + 1))
        sleep 0.05
done
at=127.0.0.1:$(cat "$dir/null.port")
ok "kcat produces to the null broker" sh -c "seq 1 10000 | kcat -q -b $at -P -t any"
kcat -q -b "$at" -C -t any -o beginning -c 25000 >"$dir/endless"
ok "kcat consumes from it for as long as it likes" test "$(wc -l <"$dir/endless")" = 25000
stop_broker "$null"
ok "the null broker stops in good order" test $? -eq 0

ok "bench targets" sh -c "'$odradek' bench targets --quick --dir '$dir' --csv '$dir/targets.csv' >'$dir/targets'"
ok "each with a verdict" test "$(grep -cE '(>=|<=) .*(met|met, and more|MISSED|noisy) ' "$dir/targets")" -ge 15
# Virtual cards and a limit of their speed take root and iproute2.
ok "and none skipped but those that cannot be had" sh -c "! grep skipped '$dir/targets' | grep -vE '^(TLS consumer|link of 4 Gbit/s)'"
ok "TLS is skipped, with the reason" grep -q '^TLS consumer *skipped: our broker does not speak TLS' "$dir/targets"
ok "and in a file" test "$(grep -c '^targets,' "$dir/targets.csv")" -ge 12

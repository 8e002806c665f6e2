#!/bin/sh
# Goal:   kill -9 in the middle of a produce with acks=all loses nothing that was acknowledged.
# Method: twenty rounds over one data directory: kcat sends numbered lines, the broker is killed after
#         a moment and started again on the same port, kcat ends with success (it was told that all is
#         in), and all lines are there. Without idempotence a retry may double a line, so the first
#         appearances must be complete and in order.
. tests/integration/lib.sh
rounds=${ROUNDS:-20}
lines 100000 >"$dir/file"

round() {
        topic=round-$1
        kcat -q -E -b "$at" -t "$topic" -P -l "$dir/file" -X acks=all -X enable.idempotence=false \
                -X max.in.flight=1 -X linger.ms=1 -X batch.num.messages=500 -X retry.backoff.ms=50 \
                -X reconnect.backoff.max.ms=200 -X message.timeout.ms=60000 2>"$dir/kcat" &
        producer=$!
        sleep "0.$((1 + $1 % 4))"
        stop_broker "$broker" KILL
        start_broker one
        wait "$producer" || { cat "$dir/kcat"; return 1; }
        kcat -q -b "$at" -C -t "$topic" -o beginning -e >"$dir/back" || return 1
        awk '!seen[$0]++' "$dir/back" | cmp - "$dir/file"
}

start_broker one
n=1
while [ "$n" -le "$rounds" ]; do
        ok "round $n: killed in the middle, nothing acknowledged is lost" round "$n"
        n=$((n + 1))
done
ok "recovery is told in the log" grep -q -i recover "$dir/one.log"
ok "dump-log finds every batch whole" sh -c \
        "$odradek dump-log --files \$(ls $dir/one/round-1-0/*.log | head -n 1) | grep -c 'isvalid: true'"

#!/bin/sh
# Goal:   what idempotence and transactions promise, kept to librdkafka: retries double nothing, aborted
#         records are never seen read_committed, a zombie is fenced, and a pipeline that is killed again and
#         again copies each record exactly once. And without them it is not so.
# Method: rdkafka_client.c; groups_proxy.py breaks a producer's connections; kcat reads what came of it.
. tests/integration/lib.sh
. tests/integration/cluster.inc
. tests/integration/groups.inc
build_client || exit 0
topic() { ok "a topic is made: $1" $odradek topics --create --topic "$1" --partitions "$2" --bootstrap-server "$at"; }

# --- idempotence, behind a proxy: the broker tells clients the proxy's address ---
proxy_port=$(free_ports 1)
# shellcheck disable=SC2086
start_broker cut $group_settings "advertised.listeners=PLAINTEXT://127.0.0.1:$proxy_port"
$python tests/integration/groups_proxy.py "$proxy_port" "$port" 1 "$dir/cuts" 2>"$dir/proxy.err" &
brokers="$brokers $!"
produce_through_cuts() { # TOPIC [SETTING]
        "$client" produce "127.0.0.1:$proxy_port" "$1" 3 10000 2500 linger.ms=10 log_level=3 \
                message.timeout.ms=60000 socket.connection.setup.timeout.ms=3000 ${2:+"$2"} >"$dir/acked" || return 1
        echo "# $(wc -l <"$dir/cuts") connections were cut" >&3
}
exec 3>&1
topic plain 3
topic idempotent 3
ok "an idempotent producer gets through the cuts" produce_through_cuts idempotent
mv "$dir/acked" "$dir/acked-idempotent"
ok "a plain one does as well" produce_through_cuts plain enable.idempotence=false
stop_broker "$broker"
start_broker cut # its own address now
ok "the log of the idempotent one is read" read_all "$at" idempotent "$dir/seen-idempotent"
ok "the log of the plain one is read" read_all "$at" plain "$dir/seen-plain"
ok "idempotent: no record is lost, doubled or swapped" promised "$dir/acked-idempotent" "$dir/seen-idempotent" once
ok "plain: the same cuts double records" test "$(wc -l <"$dir/seen-plain")" -gt 10000
ok "the proxy has nothing to complain of" test ! -s "$dir/proxy.err"
stop_broker "$broker"

# --- transactions ---
# shellcheck disable=SC2086
start_broker one $group_settings
seen_transactions() { # ISOLATION: lines "transaction record verdict"
        read_all "$at" transactions "$dir/seen" "isolation.level=$1" && cut -d' ' -f3- "$dir/seen" | sort -n -k1,1 -k2,2
}
expected_transactions() { # VERDICT: of that, or with "ed" of any
        awk -v verdict="$1" 'BEGIN { for (t = 1; t <= 60; t++) for (i = 0; i < 10; i++) {
                v = t % 3 == 0 ? "aborted" : "committed"; if (v ~ verdict) print t, i, v } }'
}
sees() { # ISOLATION VERDICT
        seen_transactions "$1" >"$dir/got" && expected_transactions "$2" >"$dir/expected" && diff "$dir/expected" "$dir/got"
}
topic transactions 3
ok "60 transactions, each third is aborted" "$client" transactions "$at" transactions 3 transfer 60
ok "read_committed sees all of the committed, and nothing else" sees read_committed '^committed'
ok "read_uncommitted sees all" sees read_uncommitted ed

topic zombie 1
ok "the older of two producers with one transactional id is fenced" "$client" zombie "$at" zombie twins log_level=0
ok "only the newer one's record is seen" sh -c "test \"\$(kcat -q -b $at -C -t zombie -o beginning -e -X isolation.level=read_committed)\" = newer"
ok "and the older one's, where it is not committed" sh -c "test \"\$(kcat -q -b $at -C -t zombie -o beginning -e -X isolation.level=read_uncommitted | xargs)\" = 'older newer'"

# --- a pipeline: offsets in the transaction, kill -9 ---
run_pipeline() { # NAME
        # shellcheck disable=SC2086
        run_client "$1" pipeline "$at" input output copiers copier $member_settings auto.commit.interval.ms=1000
}
copied() { read_all "$at" output "$dir/output" isolation.level=read_committed && all_seen "$dir/producer.out" "$dir/output"; }
kill_and_restart() {
        before=$(kcat -Q -b "$at" -t output:0:-1 | sed 's/.* //')
        within 10000 has_grown || { echo "nothing is copied any more"; tail -n 5 "$dir/pipeline.err"; return 1; }
        sleep "0.$1"
        end_client pipeline KILL
        run_pipeline pipeline
}
has_grown() { [ "$(kcat -Q -b "$at" -t output:0:-1 | sed 's/.* //')" -gt "$before" ]; }
copies_were_aborted() {
        read_all "$at" output "$dir/all" isolation.level=read_uncommitted && test "$(wc -l <"$dir/all")" -gt "$(wc -l <"$dir/output")"
}
offsets_at_end() {
        $odradek consumer-groups --describe --group copiers --bootstrap-server "$at" | tee "$dir/group" |
                awk '$2 == "input" && $4 == $5 && $6 == 0 { n++ } END { exit n != 3 }' || { cat "$dir/group"; return 1; }
}
topic input 3
topic output 3
run_client producer produce "$at" input 3 1000000 500
run_pipeline pipeline
for moment in 05 21 13 37 29; do
        ok "the pipeline is killed after it has gone on for $moment hundredths, and started again" kill_and_restart $moment
done
ok "the producer ends well" end_client producer
ok "all is copied in the end" within 20000 copied
ok "the pipeline ends well" end_client pipeline
ok "each record was copied once, in order" promised "$dir/producer.out" "$dir/output" once
ok "read_uncommitted shows that kills cut transactions short" copies_were_aborted
ok "the group's offsets are at the end" offsets_at_end

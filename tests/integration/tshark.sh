#!/bin/sh
# Goal:   Wireshark's Kafka dissector reads our traffic and finds no malformed packet.
# Method: capture loopback during a kcat round trip with two codecs and a few admin requests. (topics
#         --describe asks for topic ids, in a Metadata version that Debian's dissector does not know;
#         nor does it know BrokerHeartbeat, which a broker sends to the controller, here itself.)
. tests/integration/lib.sh
start_broker one
command -v tshark >/dev/null || { skip "tshark" "not installed"; exit 0; }
tshark -q -i lo -f "tcp port $port" -w "$dir/capture" >"$dir/tshark" 2>&1 &
capture=$!
brokers="$brokers $capture"
tries=0
until grep -q -i capturing "$dir/tshark" || [ $tries -ge 50 ]; do tries=$((tries + 1)); sleep 0.1; done
if ! kill -0 $capture 2>/dev/null; then
        skip "tshark" "capturing is not allowed here"
        exit 0
fi
sleep 0.5
lines 2000 >"$dir/file"
kcat -q -b "$at" -t t -P -l "$dir/file"
kcat -q -b "$at" -t t -P -l "$dir/file" -z gzip
kcat -q -b "$at" -C -t t -o beginning -e >/dev/null
kcat -b "$at" -L >/dev/null
$odradek topics --create --topic made --partitions 3 --bootstrap-server "$at" >/dev/null
$odradek topics --delete --topic made --bootstrap-server "$at" >/dev/null
sleep 1
kill $capture && wait $capture 2>/dev/null
read_capture() { tshark -r "$dir/capture" -d "tcp.port==$port,kafka" "$@" 2>/dev/null; }
frames=$(read_capture -Y kafka | wc -l)
malformed=$(read_capture -Y '_ws.malformed && kafka && !(kafka.api_key == 63)' | wc -l)
read_capture -Y kafka -T fields -e kafka.api_key | tr ',' '\n' | sort -nu | tr '\n' ' ' >"$dir/keys"
ok "the dissector saw $frames Kafka packets, APIs $(cat "$dir/keys")" test "$frames" -gt 20
ok "$malformed malformed" test "$malformed" -eq 0

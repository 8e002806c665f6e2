#!/bin/sh
# Goal: Debian's kafka-python produces and consumes with every codec, and its admin client works.
. tests/integration/lib.sh
start_broker one
python=/usr/bin/python3
$python -c 'import kafka' 2>/dev/null || { skip "kafka-python" "python3-kafka is not installed"; exit 0; }
$python tests/integration/kafka_python.py "$at" 2>"$dir/errors" || {
        echo "not ok - kafka_python.py ran to its end"
        sed 's/^/# /' "$dir/errors" | tail -n 20
}

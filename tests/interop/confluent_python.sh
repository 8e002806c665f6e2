#!/bin/sh
# Goal: confluent-kafka (PyPI) with a current librdkafka administers, produces and consumes; see
#       confluent_client.py. Debian's librdkafka, which is older, is in kcat_roundtrip.sh.
. tests/integration/lib.sh
. tests/interop/registries.inc
from_registry confluent-kafka python_packages confluent-kafka || exit 0
start_broker one
client confluent-kafka "$got/venv/bin/python" tests/interop/confluent_client.py "$at"

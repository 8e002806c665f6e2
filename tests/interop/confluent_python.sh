#!/bin/sh
# Goal: confluent-kafka (PyPI) with a current librdkafka administers, produces and consumes
#       (confluent_client.py); its groups and transactions keep what they promise (confluent_groups.py).
#       Debian's librdkafka, which is older, is in kcat_roundtrip.sh and groups_rdkafka.sh.
. tests/integration/lib.sh
. tests/interop/registries.inc
from_registry confluent-kafka python_packages confluent-kafka || exit 0
start_broker one group.initial.rebalance.delay.ms=0
client confluent-kafka "$got/venv/bin/python" tests/interop/confluent_client.py "$at"
client "confluent-kafka in groups" "$got/venv/bin/python" tests/interop/confluent_groups.py "$at"

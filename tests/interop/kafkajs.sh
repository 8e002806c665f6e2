#!/bin/sh
# Goal: kafkajs (npm) administers, produces and consumes (kafkajs_client.js); its groups, its idempotent
#       and transactional producers keep what they promise (kafkajs_groups.js).
. tests/integration/lib.sh
. tests/interop/registries.inc
from_registry kafkajs npm_packages kafkajs@2 || exit 0
start_broker one group.initial.rebalance.delay.ms=0
NODE_PATH=$got/node_modules client kafkajs node tests/interop/kafkajs_client.js "$at"
NODE_PATH=$got/node_modules client "kafkajs in groups" node tests/interop/kafkajs_groups.js "$at"

#!/bin/sh
# Goal: kafkajs (npm) administers, produces and consumes; see kafkajs_client.js.
. tests/integration/lib.sh
. tests/interop/registries.inc
from_registry kafkajs npm_packages kafkajs@2 || exit 0
start_broker one
NODE_PATH=$got/node_modules client kafkajs node tests/interop/kafkajs_client.js "$at"

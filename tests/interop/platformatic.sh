#!/bin/sh
# Goal: @platformatic/kafka (npm), which speaks only newer versions of the protocol, administers,
#       produces and fetches; see platformatic_client.mjs. It runs on Node 22, also from npm.
. tests/integration/lib.sh
. tests/interop/registries.inc
from_registry platformatic npm_packages @platformatic/kafka@1 node@22 || exit 0
"$got/node_modules/node/bin/node" --version >/dev/null 2>&1 || { skip "platformatic" "npm's Node does not run here"; exit 0; }
start_broker one group.initial.rebalance.delay.ms=300
client platformatic "$got/node_modules/node/bin/node" tests/interop/platformatic_client.mjs "$at" "$got/node_modules/@platformatic/kafka/dist/index.js"

#!/bin/sh
# Writes the reference pages whose tables the program prints: docs/generate.sh [DIRECTORY]
set -eu
odradek=${BUILD:-build}/odradek
to=${1:-docs}

{
        cat <<'END'
# The protocol: what is spoken

The table is printed by `odradek broker --generate-docs apis` from the one list in
[api.h](src/wire/api.h:/^#define API_LIST/), which is also what the broker answers to ApiVersions and what it checks
each request against. `make docs` writes this page; the tests compare it with the program.

*Versions* are those that are spoken; *offered* are those that ApiVersions tells. The two differ for Produce alone:
librdkafka before 2.11.1 does not compress unless Produce is offered from version 0, though it never sends that
(KAFKA-18659). *Since* is the KIP that brought the API to Kafka, or the release, where it is older than the KIPs.
From the *flexible* version on, lengths are varints and fields may be tagged (KIP-482). What brokers and controllers
say to each other is in the table too: every listener takes everything.

END
        "$odradek" broker --generate-docs apis
        cat <<'END'

## Not spoken

APIs that are not in the table are answered by closing the connection, as Kafka does. Left out are: authentication and
authorization (SaslHandshake, SaslAuthenticate, the APIs of ACLs, delegation tokens and SCRAM), quotas, log directories,
features, tiered storage, changes of the quorum's voters (KIP-853), the newer group protocol (KIP-848), share groups
(KIP-932), telemetry (KIP-714), and what ZooKeeper's controller said to brokers (LeaderAndIsr, StopReplica,
UpdateMetadata).
END
} >"$to/protocol.md"

{
        cat <<'END'
# Configuration of a broker

The table is printed by `odradek broker --generate-docs configs` from the one list in
[config.h](src/broker/config.h:/^#define CONFIG_LIST/), which also parses and checks what is set. `make docs` writes this
page; the tests compare it with the program.

Names, types and units are Kafka's. So are the defaults, but for those that let a broker start without a file (`node.id`,
`process.roles`, `listeners`, `log.dirs`), and where the text says so. The last part of a name is often the unit: `ms`,
`bytes`. A broker reads a properties file and `--override KEY=VALUE`; a key that the table has not is named on
stderr and left out. A key with a form *for one topic* can be set when the topic is made, or later
by `odradek configs`; the topic's own value goes before the broker's.

END
        "$odradek" broker --generate-docs configs
} >"$to/configuration.md"

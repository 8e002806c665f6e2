#!/bin/sh
# Goal:   Apache Kafka's own tools run a cluster of three of our brokers: they make, describe, move and
#         elect; and its decoder reads our replicated metadata log and its snapshot.
# Method: `odradek cluster`, the tools of Kafka's jars, and what our own commands say afterwards.
. tests/integration/lib.sh
. tests/interop/registries.inc
for tool in java mvn; do
        command -v $tool >/dev/null || { skip "kafka tools" "$tool is not installed"; exit 0; }
done
kafka_jars || exit 0
. tests/integration/cluster.inc
tool() { # CLASS ARGUMENTS...
        class=$1
        shift
        timeout 60 java -cp "$got/jars/*" "$class" --bootstrap-server "$bootstrap" "$@" 2>&1 | grep -v '^log4j:'
}
says() { # PATTERN COMMAND...
        pattern=$1
        shift
        "$@" >"$dir/tool"
        grep -q "$pattern" "$dir/tool" || { cat "$dir/tool"; return 1; }
}
described() { tool org.apache.kafka.tools.TopicCommand --describe --topic moved; }
isr_is() { described | grep -q "Replicas: $1.*Isr: $2"; }

start_cluster 3 metadata.log.max.record.bytes.between.snapshots=3000
bootstrap=127.0.0.1:$first_port
ok "kafka-topics creates a topic with three replicas" says "Created topic" \
        tool org.apache.kafka.tools.TopicCommand --create --topic moved --replica-assignment 1:2,2:3,3:1
ok "kafka-topics describes it" says "Partition: 1.*Leader: 2.*Replicas: 2,3.*Isr: 2,3" described
ok "kafka-topics finds nothing under-replicated" \
        test -z "$(tool org.apache.kafka.tools.TopicCommand --describe --under-replicated-partitions)"
ok "kafka-metadata-quorum describes the quorum" says "CurrentVoters:.*1.*2.*3" \
        tool org.apache.kafka.tools.MetadataQuorumCommand describe --status
ok "kafka-metadata-quorum describes its replication" says "Follower" \
        tool org.apache.kafka.tools.MetadataQuorumCommand describe --replication
ok "kafka-broker-api-versions reads what each broker speaks" says "id: 3" \
        tool kafka.admin.BrokerApiVersionsCommand

lines 500 >"$dir/file"
kcat -q -b "$bootstrap" -t moved -p 0 -P -l "$dir/file" -X acks=all
echo '{"version":1,"partitions":[{"topic":"moved","partition":0,"replicas":[3,2]}]}' >"$dir/plan"
ok "kafka-reassign-partitions moves a partition" says "Successfully started" \
        tool org.apache.kafka.tools.reassign.ReassignPartitionsCommand --reassignment-json-file "$dir/plan" --execute
ok "it is moved" within 15000 isr_is "3,2" "[23],[23]"
ok "and says so" says "is completed\|is complete" \
        tool org.apache.kafka.tools.reassign.ReassignPartitionsCommand --reassignment-json-file "$dir/plan" --verify
kcat -q -b "$bootstrap" -t moved -p 0 -C -o beginning -e >"$dir/back"
ok "with all its records" cmp "$dir/back" "$dir/file"
elect() { # with nothing to do it says nothing
        ! tool org.apache.kafka.tools.LeaderElectionCommand --election-type preferred --all-topic-partitions |
                grep -i error && described | grep -q "Partition: 0.*Leader: 3.*Replicas: 3,2"
}
ok "kafka-leader-election elects the preferred leaders" elect
ok "kafka-configs changes a topic" says "Completed updating config" \
        tool kafka.admin.ConfigCommand --alter --entity-type topics --entity-name moved --add-config retention.ms=12345
for i in 1 2 3 4 5 6 7 8 9; do
        $odradek topics --bootstrap-server "$bootstrap" --create --topic "t$i" --partitions 4 --replication-factor 3 >/dev/null
done
has_snapshot() { ls "$dir"/c/broker-1/__cluster_metadata-0/*.checkpoint; }
ok "a snapshot of the metadata was written" within 5000 has_snapshot
stop_cluster
snapshot=$(has_snapshot | tail -n 1)
decode() { java -cp "$got/jars/*" kafka.tools.DumpLogSegments --cluster-metadata-decoder --files "$1" 2>&1; }
ok "Kafka's decoder reads it" says '"type":"REGISTER_BROKER_RECORD"' decode "$snapshot"
ok "from its header" grep -q SnapshotHeader "$dir/tool"
ok "to its footer" grep -q SnapshotFooter "$dir/tool"
ok "and the log behind it" says '"type":"PARTITION_RECORD"' decode "$(ls "$dir"/c/broker-1/__cluster_metadata-0/*.log | paste -sd,)"

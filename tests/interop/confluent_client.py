"""confluent-kafka against the broker; see confluent_python.sh.   usage: confluent_client.py HOST:PORT    prints TAP"""
import sys

import confluent_kafka
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions,
                                   NewTopic, OffsetSpec, ResourceType)
from confluent_kafka import TopicCollection

BASE_TIME_MS = 1700000000000
at = sys.argv[1]
name = "librdkafka " + confluent_kafka.libversion()[0]


def report(good, what):
    print(("ok" if good else "not ok") + f" - {name}: {what}")


def same(got, wanted, what):
    report(got == wanted, what)
    if got != wanted:
        print(f"# got {str(got)[:300]}\n# wanted {str(wanted)[:300]}")


def fails(code, call, what):
    """The call, or the future that it returns, ends in this error."""
    try:
        call().result(20)
        same("success", code, what)
    except KafkaException as e:
        same(e.args[0].name(), code, what)


def make_records(count):
    for i in range(count):
        key = None if i % 5 == 0 else b"key-%d" % i
        value = None if i % 7 == 0 else f"value {i} žluťoučký ".encode() * (1 + i % 9)
        headers = [(f"header-{h}", None if h == 0 else str(i).encode()) for h in range(i % 3)]
        yield key, value, BASE_TIME_MS + i, headers


def produce(topic, records, **settings):
    settings = {key.replace("_", "."): value for key, value in settings.items()}
    producer = Producer({"bootstrap.servers": at, "linger.ms": 5, **settings})
    failed = []
    for key, value, timestamp, headers in records:
        producer.produce(topic, value, key, 0, headers=headers, timestamp=timestamp,
                         on_delivery=lambda error, _: error and failed.append(error))
        producer.poll(0)
    return producer.flush(30) == 0 and not failed


def consume(topic, count, offset=OFFSET_BEGINNING, **settings):
    consumer = make_consumer(**settings)
    consumer.assign([TopicPartition(topic, 0, offset)])
    got, ended = [], False
    while len(got) < count or not ended:
        message = consumer.poll(10)
        if message is None:
            break
        if message.error():
            ended = message.error().code() == KafkaError._PARTITION_EOF
        else:
            ended = False
            got.append(message)
    consumer.close()
    return got


def make_consumer(**settings):
    settings = {key.replace("_", "."): value for key, value in settings.items()}
    return Consumer({"bootstrap.servers": at, "group.id": "unused", "enable.auto.commit": False,
                     "enable.partition.eof": True, "auto.offset.reset": "error", **settings})


def show(message):
    return message.key(), message.value(), message.timestamp()[1], message.headers() or []


def test_round_trip(topic, **settings):
    sent = list(make_records(3000))
    how = ", ".join(f"{key}={value}" for key, value in settings.items())
    report(produce(topic, sent, **settings), f"3000 records are delivered, {how}")
    got = consume(topic, 3000)
    same([show(m) for m in got], sent, f"and consumed, {how}")
    same([m.offset() for m in got], list(range(3000)), f"their offsets, {how}")


def test_consuming(topic):
    same(len(consume(topic, 3000, fetch_message_max_bytes=1000)), 3000, "consuming with small fetches")
    same(len(consume(topic, 3000, check_crcs=True)), 3000, "consuming with check.crcs")
    same(len(consume(topic, 3000, isolation_level="read_committed")), 3000, "consuming read_committed")
    same(consume(topic, 1, 2999)[0].offset(), 2999, "consuming from the last offset")
    consumer = make_consumer()
    partition = TopicPartition(topic, 0)
    same(consumer.get_watermark_offsets(partition), (0, 3000), "get_watermark_offsets")
    times = [(topic, 0, BASE_TIME_MS + 1234), (topic, 0, BASE_TIME_MS * 2)]
    found = [consumer.offsets_for_times([TopicPartition(*t)], 10)[0].offset for t in times]
    same(found, [1234, -1], "offsets_for_times, in the middle and after the end")
    listed = consumer.list_topics(topic, 10)
    same([listed.topics[topic].partitions[0].leader, listed.topics[topic].partitions[0].isrs], [1, [1]], "list_topics")
    same([(b.id, f"{b.host}:{b.port}") for b in listed.brokers.values()], [(1, at)], "list_topics: the broker")
    consumer.close()


def test_topics(admin):
    admin.create_topics([NewTopic("made", 3, 1, config={"retention.ms": "1234567"})])["made"].result(10)
    fails("TOPIC_ALREADY_EXISTS", lambda: admin.create_topics([NewTopic("made", 1, 1)])["made"], "create_topics again")
    fails("INVALID_REPLICATION_FACTOR", lambda: admin.create_topics([NewTopic("wide", 1, 3)])["wide"],
          "create_topics with more replicas than brokers")
    admin.create_topics([NewTopic("ghost", 1, 1)], validate_only=True)["ghost"].result(10)
    report("ghost" not in admin.list_topics(timeout=10).topics, "create_topics that only validates")
    admin.create_partitions([NewPartitions("made", 5)])["made"].result(10)
    same(len(admin.list_topics("made", 10).topics["made"].partitions), 5, "create_topics, create_partitions")
    fails("INVALID_PARTITIONS", lambda: admin.create_partitions([NewPartitions("made", 2)])["made"],
          "create_partitions with fewer")
    description = admin.describe_topics(TopicCollection(["made"]))["made"].result(10)
    same([(p.id, p.leader.id, len(p.isr)) for p in description.partitions], [(i, 1, 1) for i in range(5)],
         "describe_topics")
    cluster = admin.describe_cluster().result(10)
    same([cluster.controller.id, len(cluster.nodes), len(cluster.cluster_id)], [1, 1, 22], "describe_cluster")


def test_configs(admin):
    topic = ConfigResource(ResourceType.TOPIC, "made")

    def read(key):
        return admin.describe_configs([topic])[topic].result(10)[key]

    def alter(operation, key, value):
        entry = ConfigEntry(key, value, incremental_operation=operation)
        changed = ConfigResource(ResourceType.TOPIC, "made", incremental_configs=[entry])
        return list(admin.incremental_alter_configs([changed]).values())[0]

    same(read("retention.ms").value, "1234567", "describe_configs")
    report(read("segment.bytes").is_default, "describe_configs: a default")
    alter(AlterConfigOpType.SET, "retention.ms", "7654321").result(10)
    alter(AlterConfigOpType.SET, "segment.bytes", "99999").result(10)
    same([read("retention.ms").value, read("segment.bytes").value], ["7654321", "99999"], "incremental_alter_configs sets")
    alter(AlterConfigOpType.DELETE, "segment.bytes", None).result(10)
    same([read("retention.ms").value, read("segment.bytes").value], ["7654321", "1073741824"],
         "incremental_alter_configs deletes")
    fails("INVALID_CONFIG", lambda: alter(AlterConfigOpType.SET, "retention.ms", "soon"),
          "incremental_alter_configs with a wrong value")
    broker = ConfigResource(ResourceType.BROKER, "1")
    report("log.dirs" in admin.describe_configs([broker])[broker].result(10), "describe_configs of the broker")


def test_offsets(admin, topic):
    partition = TopicPartition(topic, 0)

    def find(spec):
        return admin.list_offsets({partition: spec})[partition].result(10)

    same([find(OffsetSpec.earliest()).offset, find(OffsetSpec.latest()).offset], [0, 3000], "list_offsets")
    newest = find(OffsetSpec.max_timestamp())
    same([newest.offset, newest.timestamp], [2999, BASE_TIME_MS + 2999], "list_offsets: the greatest timestamp")
    same(find(OffsetSpec.for_timestamp(BASE_TIME_MS + 777)).offset, 777, "list_offsets: by time")
    partition.offset = 1500
    same(admin.delete_records([partition])[partition].result(10).low_watermark, 1500, "delete_records")
    same(find(OffsetSpec.earliest()).offset, 1500, "list_offsets: earliest, after delete_records")
    same([m.offset() for m in consume(topic, 1500)][:1], [1500], "consuming after delete_records")
    consumer = make_consumer()
    consumer.assign([TopicPartition(topic, 0, 1499)])
    message = consumer.poll(10)
    same(message and message.error() and message.error().name(), "_AUTO_OFFSET_RESET", "a deleted offset is out of range")
    consumer.close()
    admin.delete_topics(["made"])["made"].result(10)
    report("made" not in admin.list_topics(timeout=10).topics, "delete_topics")
    fails("UNKNOWN_TOPIC_OR_PART", lambda: admin.delete_topics(["made"])["made"], "delete_topics again")


for codec in ["none", "gzip", "snappy", "lz4", "zstd"]:
    test_round_trip("codec-" + codec, acks="all", compression_type=codec)
for acks in ["1", "0"]:
    test_round_trip("acks-" + acks, acks=acks, compression_type="none")
test_consuming("codec-lz4")
admin_client = AdminClient({"bootstrap.servers": at})
test_topics(admin_client)
test_configs(admin_client)
test_offsets(admin_client, "codec-zstd")

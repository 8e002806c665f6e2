"""The newest kafka-python against the broker; see kafka_python_new.sh.   usage: kafka_python_new.py HOST:PORT    prints TAP"""
import sys

import kafka
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import InvalidPartitionsError, KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError

BASE_TIME_MS = 1700000000000
at = sys.argv[1]


def report(good, what):
    print(("ok" if good else "not ok") + f" - kafka-python {kafka.__version__}: {what}")


def same(got, wanted, what):
    report(got == wanted, what)
    if got != wanted:
        print(f"# got {str(got)[:300]}\n# wanted {str(wanted)[:300]}")


def make_records(count):
    for i in range(count):
        key = None if i % 5 == 0 else b"key-%d" % i
        yield key, f"value {i} žluťoučký ".encode() * (1 + i % 9), BASE_TIME_MS + i, [("number", b"%d" % i)]


def test_round_trip(topic, **settings):
    sent = list(make_records(2000))
    how = ", ".join(f"{key}={value}" for key, value in settings.items())
    producer = KafkaProducer(bootstrap_servers=at, enable_idempotence=False, linger_ms=5, **settings)
    answers = [producer.send(topic, value, key, headers, 0, time) for key, value, time, headers in sent]
    producer.flush(30)
    if settings["acks"] != 0:
        same(answers[-1].get(10).offset, 1999, f"the last offset is acknowledged, {how}")
    producer.close()
    partition = TopicPartition(topic, 0)
    consumer = KafkaConsumer(bootstrap_servers=at, enable_auto_commit=False, consumer_timeout_ms=5000)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    got = []
    for r in consumer:
        got.append((r.key, r.value, r.timestamp, list(map(tuple, r.headers))))
        if len(got) == len(sent):
            break
    same(got, sent, f"2000 records, {how}")
    same([consumer.beginning_offsets([partition])[partition], consumer.end_offsets([partition])[partition]], [0, 2000],
         f"beginning_offsets and end_offsets, {how}")
    found = consumer.offsets_for_times({partition: BASE_TIME_MS + 1234})[partition]
    same([found.offset, found.timestamp], [1234, BASE_TIME_MS + 1234], f"offsets_for_times, {how}")
    consumer.close()


def fails(error, call, what):
    try:
        call()
        same("success", error, what)
    except KafkaError as e:
        same(type(e), error, what)


def test_admin(admin):
    admin.create_topics([NewTopic("made", 3, 1, topic_configs={"retention.ms": "1234567"})])
    report("made" in admin.list_topics(), "create_topics, list_topics")
    fails(TopicAlreadyExistsError, lambda: admin.create_topics([NewTopic("made", 1, 1)]), "create_topics again")
    admin.create_partitions({"made": NewPartitions(5)})
    same(len(admin.describe_topics(["made"])[0]["partitions"]), 5, "create_partitions, describe_topics")
    fails(InvalidPartitionsError, lambda: admin.create_partitions({"made": NewPartitions(2)}),
          "create_partitions with fewer")
    same(read_config(admin), "1234567", "describe_configs")
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "made", {"retention.ms": "7654321"})])
    same(read_config(admin), "7654321", "alter_configs")
    same(len(admin.describe_cluster()["brokers"]), 1, "describe_cluster")
    partition = TopicPartition("codec-None", 0)
    admin.delete_records({partition: 777})
    consumer = KafkaConsumer(bootstrap_servers=at)
    same(consumer.beginning_offsets([partition])[partition], 777, "delete_records")
    consumer.close()
    admin.delete_topics(["made"])
    report("made" not in admin.list_topics(), "delete_topics")
    fails(UnknownTopicOrPartitionError, lambda: admin.delete_topics(["made"]), "delete_topics again")


def read_config(admin):
    answer = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "made")])
    return answer["topic"]["made"]["retention.ms"]["value"]


for codec in [None, "gzip", "snappy", "lz4", "zstd"]:
    test_round_trip("codec-" + str(codec), acks="all", compression_type=codec)
for acks in [1, 0]:
    test_round_trip(f"acks-{acks}", acks=acks)
admin_client = KafkaAdminClient(bootstrap_servers=at)
test_admin(admin_client)
admin_client.close()

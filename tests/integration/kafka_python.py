"""kafka-python against the broker; see kafka_python.sh.   usage: kafka_python.py HOST:PORT    prints TAP"""
import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic

at = sys.argv[1]


def report(good, what):
    print(("ok" if good else "not ok") + " - kafka-python: " + what)


for codec in [None, "gzip", "snappy", "lz4", "zstd"]:
    topic = "python-" + (codec or "none")
    sent = [(b"key-%d" % i, b"value %d " % i * 5) for i in range(2000)]
    producer = KafkaProducer(bootstrap_servers=at, compression_type=codec, acks="all", linger_ms=5)
    for key, value in sent:
        producer.send(topic, key=key, value=value, partition=0, headers=[("codec", (codec or "none").encode())])
    producer.flush()
    producer.close()
    consumer = KafkaConsumer(bootstrap_servers=at, consumer_timeout_ms=3000, enable_auto_commit=False)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    got = []
    for record in consumer:
        got.append((record.key, record.value))
        if len(got) == len(sent):
            break
    report(got == sent, f"2000 records with {codec}")
    report(consumer.end_offsets([partition])[partition] == 2000, f"end offset with {codec}")
    times = consumer.offsets_for_times({partition: record.timestamp})
    report(times[partition] is not None and times[partition].offset < 2000, f"offset by time with {codec}")
    consumer.close()

admin = KafkaAdminClient(bootstrap_servers=at)
admin.create_topics([NewTopic("made", 3, 1, topic_configs={"retention.ms": "1234567"})])
report("made" in admin.list_topics(), "create_topics")
admin.create_partitions({"made": NewPartitions(5)})
report(len(admin.describe_topics(["made"])[0]["partitions"]) == 5, "create_partitions")
configs = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "made")])
values = {entry[0]: entry[1] for entry in configs[0].resources[0][4]}
report(values.get("retention.ms") == "1234567", "describe_configs")
admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "made", {"retention.ms": "7654321"})])
configs = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "made")])
values = {entry[0]: entry[1] for entry in configs[0].resources[0][4]}
report(values.get("retention.ms") == "7654321", "alter_configs")
admin.delete_topics(["made"])
report("made" not in admin.list_topics(), "delete_topics")
admin.close()

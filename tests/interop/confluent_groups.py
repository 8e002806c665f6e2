"""confluent-kafka's groups and transactions against the broker; see confluent_python.sh.

usage: confluent_groups.py HOST:PORT    prints TAP
"""
import sys
import time

import confluent_kafka
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

at = sys.argv[1]
name = "librdkafka " + confluent_kafka.libversion()[0]


def same(got, wanted, what):
    print(("ok" if got == wanted else "not ok") + f" - {name}: {what}")
    if got != wanted:
        print(f"# got {str(got)[:300]}\n# wanted {str(wanted)[:300]}")


def make_consumer(group, **settings):
    settings = {key.replace("_", "."): value for key, value in settings.items()}
    return Consumer({"bootstrap.servers": at, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
                     "session.timeout.ms": 6000, "heartbeat.interval.ms": 300, **settings})


def make_producer(**settings):
    settings = {key.replace("_", "."): value for key, value in settings.items()}
    return Producer({"bootstrap.servers": at, "linger.ms": 5, "enable.idempotence": True, **settings})


def send(producer, topic, partitions, numbers):
    for n in numbers:
        producer.produce(topic, str(n).encode(), partition=n % partitions)
        producer.poll(0)


def poll_until(consumers, seen, done, limit_s=20):
    """Polls all in turn; what comes is processed into `seen`, then committed."""
    deadline = time.monotonic() + limit_s
    while not done() and time.monotonic() < deadline:
        for consumer in consumers:
            for message in consumer.consume(100, 0.05):
                if not message.error():
                    seen.append(int(message.value()))
                    consumer.commit(message, asynchronous=True)


def shares(consumers):
    return sorted(len(consumer.assignment()) for consumer in consumers)


def test_group(strategy):
    topic = group = "shared-" + strategy
    admin.create_topics([NewTopic(topic, 6, 1)])[topic].result(10)
    seen, producer = [], make_producer()
    consumers = [make_consumer(group, partition_assignment_strategy=strategy) for _ in range(3)]
    for consumer in consumers:
        consumer.subscribe([topic])
    poll_until(consumers, seen, lambda: shares(consumers) == [2, 2, 2])
    same(shares(consumers), [2, 2, 2], f"{strategy}: three members have two partitions each")
    send(producer, topic, 6, range(1, 601))
    producer.flush(20)
    poll_until(consumers, seen, lambda: len(seen) >= 600)
    consumers.pop().close()
    poll_until(consumers, seen, lambda: shares(consumers) == [3, 3])
    same(shares(consumers), [3, 3], f"{strategy}: one leaves, two have three each")
    send(producer, topic, 6, range(601, 1201))
    producer.flush(20)
    poll_until(consumers, seen, lambda: len(seen) >= 1200)
    for consumer in consumers:
        consumer.commit(offsets=consumer.position(consumer.assignment()), asynchronous=False)
        consumer.close()
    same(sorted(seen), list(range(1, 1201)), f"{strategy}: each record was processed, none twice")
    reader = make_consumer(group)
    offsets = reader.committed([TopicPartition(topic, p) for p in range(6)], 10)
    same([o.offset for o in offsets], [200] * 6, f"{strategy}: the committed offsets")
    reader.close()


def read_all(topic, count, isolation_level):
    seen, reader = [], make_consumer(f"reader-{time.monotonic()}", isolation_level=isolation_level)
    reader.assign([TopicPartition(topic, p, 0) for p in range(2)])
    poll_until([reader], seen, lambda: len(seen) >= count, 5)
    poll_until([reader], seen, lambda: False, 0.5)  # what should not come has time to
    reader.close()
    return sorted(seen)


def test_transactions():
    admin.create_topics([NewTopic("ledger", 2, 1)])["ledger"].result(10)
    consumer = make_consumer("clerks")
    place = TopicPartition("shared-range", 0)
    producer = make_producer(transactional_id="clerk")
    producer.init_transactions(30)

    def write(numbers):
        producer.begin_transaction()
        send(producer, "ledger", 2, numbers)
        producer.send_offsets_to_transaction([TopicPartition("shared-range", 0, numbers[-1])], consumer.consumer_group_metadata(), 30)
        producer.flush(20)

    write(range(1, 101))
    producer.commit_transaction(30)
    same(consumer.committed([place], 10)[0].offset, 100, "send_offsets_to_transaction, committed")
    write(range(101, 201))
    producer.abort_transaction(30)
    same(consumer.committed([place], 10)[0].offset, 100, "send_offsets_to_transaction, aborted")
    same(read_all("ledger", 100, "read_committed"), list(range(1, 101)), "read_committed sees what was committed")
    same(read_all("ledger", 200, "read_uncommitted"), list(range(1, 201)), "read_uncommitted sees all")
    write(range(201, 211))
    newer = make_producer(transactional_id="clerk")
    newer.init_transactions(30)
    try:
        producer.commit_transaction(30)
        same("success", "_FENCED", "a zombie is fenced")
    except KafkaException as e:
        same(e.args[0].name(), "_FENCED", "a zombie is fenced")
    same(read_all("ledger", 100, "read_committed"), list(range(1, 101)), "and nothing of it is seen")
    consumer.close()


admin = AdminClient({"bootstrap.servers": at})
test_group("range")
test_group("cooperative-sticky")
test_transactions()

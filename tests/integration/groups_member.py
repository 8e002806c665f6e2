"""A member of a group on kafka-python, until SIGTERM; see groups_stock.sh.

usage: groups_member.py SERVERS TOPIC GROUP NOTES

As `rdkafka_client member`: a line "partition offset number" behind NOTES for each record that it has
processed, committed after that; a line "has 0 2 5" for each new assignment.
"""
import signal
import sys
import threading

from kafka import ConsumerRebalanceListener, KafkaConsumer

servers, topic, group, path = sys.argv[1:5]
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())


class Listener(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        pass  # all that was processed has been committed

    def on_partitions_assigned(self, assigned):
        print("has", *sorted(p.partition for p in assigned), flush=True)


consumer = KafkaConsumer(
    bootstrap_servers=servers.split(","), group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
    session_timeout_ms=2000, heartbeat_interval_ms=300, retry_backoff_ms=50, max_poll_records=100)
consumer.subscribe([topic], listener=Listener())
with open(path, "a", buffering=1) as notes:
    while not stop.is_set():
        batches = consumer.poll(timeout_ms=200)
        for partition, records in batches.items():
            for record in records:
                notes.write(f"{partition.partition} {record.offset} {record.value.decode()}\n")
        if batches:
            consumer.commit()
consumer.close(autocommit=False)

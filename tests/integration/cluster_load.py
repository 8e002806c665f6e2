"""A load for a cluster under faults, and the check of what came of it; see cluster.inc.

usage: cluster_load.py produce SERVERS TOPIC ACKED   until SIGTERM; a line "partition offset number" for
                                                     each acknowledged record; ACKED.failed for the others
       cluster_load.py check ACKED CONSUMED          CONSUMED has a line "partition offset number" for each
                                                     record; exit status 1 when something is wrong

Numbers go up by one with each record, over all partitions in turn. One request at a time and no
idempotence: a retry may double records, but cannot swap them.
"""
import signal
import sys
import threading
import time

REQUEST_TIMEOUT_MS = 6000


def produce(servers, topic, path):
    from kafka import KafkaProducer

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    acked, failed = open(path, "w", buffering=1), open(path + ".failed", "w", buffering=1)
    producer = KafkaProducer(
        bootstrap_servers=servers.split(","), acks="all", retries=1000000, max_in_flight_requests_per_connection=1,
        linger_ms=5, retry_backoff_ms=50, reconnect_backoff_ms=50, reconnect_backoff_max_ms=300,
        request_timeout_ms=REQUEST_TIMEOUT_MS, max_block_ms=20000)
    partitions = sorted(producer.partitions_for(topic))
    number = 0
    while not stop.is_set():
        number += 1
        n = number
        future = producer.send(topic, value=b"%d" % n, partition=partitions[n % len(partitions)])
        future.add_callback(lambda m, n=n: acked.write(f"{m.partition} {m.offset} {n}\n"))
        future.add_errback(lambda e, n=n: failed.write(f"{n} {e!r}\n"))
        time.sleep(0.002)
    producer.flush(timeout=30)
    producer.close(timeout=5)


def read(path):
    with open(path) as lines:
        return [tuple(int(word) for word in line.split()) for line in lines]


def check(acked_path, consumed_path):
    acked, consumed = read(acked_path), read(consumed_path)
    at = {(partition, offset): number for partition, offset, number in consumed}
    wrong = []
    for partition, offset, number in acked:
        found = at.get((partition, offset))
        if found != number:
            wrong.append(f"{number} was acknowledged at {partition}/{offset}; there is {found}")
    seen, last = set(), {}
    for partition, offset, number in sorted(consumed):
        if number in seen:
            continue
        seen.add(number)
        if number < last.get(partition, 0):
            wrong.append(f"{number} at {partition}/{offset} comes behind {last[partition]}")
        last[partition] = number
    if len(acked) < 100:
        wrong.append(f"only {len(acked)} records were acknowledged: nothing is shown by that")
    print(f"{len(acked)} acknowledged, {len(consumed)} consumed, {len(wrong)} wrong")
    print("\n".join(wrong[:10]))
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1] == "produce":
        produce(*sys.argv[2:])
    else:
        sys.exit(check(*sys.argv[2:]))

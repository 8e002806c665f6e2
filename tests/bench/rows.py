"""rows.py - the benchmark set, B1 to B14: what each row runs, and what it must reach.

A row is a list of cells (setting x peer), run in turn in each round: A B C A B C. Names follow those of
Kafka's own system tests where it has one. What must be reached was set from measurements on a machine
with two cores; ratios travel to other machines, absolute figures do not.
"""
import time

from clients import Failed, finish
from machine import MIB
from stats import Goal, never_falls, quantity, small

TUNED = {"linger_ms": 5, "batch_size": 1000000, "batch_num_messages": 100000, "queue_buffering_max_messages": 1000000}
MSGS = ("msg/s", "msgs_s", quantity)
MB = ("MB/s", "mb_s", small)
SERVER = ("server us/msg", "server_us", small)
CLIENT = ("client us/msg", "client_us", small)
LATENCY = [("p50 us", "p50_us", small), ("p99 us", "p99_us", small), SERVER]
STRATEGIES = ["sendfile", "splice", "mmap", "read-write", "zerocopy", "io-uring"]


class Cell:
    """One setting of one peer: run(bench, server) gives figures; `server` names what it needs, None
    for a limit of the machine."""

    def __init__(self, setting, peer, server, run):
        self.setting, self.peer, self.server, self.run = setting, peer, server, run


class Row:
    def __init__(self, id, name, workload, why, cells, goals, columns, headline="msgs_s", less=False, limit=None,
                 rounds=None, warm=True, writes=0):
        self.id, self.name, self.workload, self.why = id, name, workload, why
        self.cells, self.goals, self.columns = cells, goals, columns
        self.headline, self.less = headline, less  # the figure of the ratios; less: small is good
        self.limit = limit    # which limit of the machine MB/s is held against
        self.rounds = rounds  # when it is not the run's number
        self.warm = warm      # a first run of what is slow at first does not count
        self.writes = writes  # bytes that a run may write; so much memory is warmed: machine.warm_memory()


# --- runs ---

def produce(partitions=1, replicas=1, **settings):
    def run(b, server):
        with b.topic(server, partitions=partitions, replicas=replicas) as topic:
            return b.clients.rdkafka(server, "produce", topic, **{"acks": 1, **settings})
    return run


def consume(size):
    return lambda b, server: b.clients.rdkafka(server, "consume", b.filled(server, size),
                                               fetch_message_max_bytes=1048576, queued_min_messages=1000000)


def wire_produce(size, records, in_flight=5, replicas=1, acks=1, configs=None):
    def run(b, server):
        with b.topic(server, replicas=replicas, configs=configs) as topic:
            return b.clients.wire(server, "produce", topic, size, records_per_request=records,
                                  in_flight=in_flight, acks=acks)
    return run


def wire_fetch(size, in_flight=1):
    return lambda b, server: b.clients.wire(server, "fetch", b.filled(server, size), size, max_bytes=1 << 20,
                                               in_flight=in_flight)


def wire_latency(action, replicas=1, acks=1):
    def run(b, server):
        with b.topic(server, replicas=replicas) as topic:
            return b.clients.wire(server, action, topic, acks=acks)
    return run


def foreign(program, action, size):
    """One of the other brokers' own clients; publishing fills what replaying reads."""
    def run(b, server):
        key = (server.name, program, size)
        more = {}
        if action == "consume":
            if key not in b.published:
                raise Failed("nothing was published")
            more["count"] = b.published[key]
        at = server.stream_at if program == "rabbit_stream" else server.at
        figures = b.clients.foreign(program, server, action, at, f"{program}-{size}", size=size, **more)
        if action == "produce":
            b.published[key] = figures["messages"]
        return figures
    return run


def limit(name, figure="mb_s"):
    return lambda b, server: {figure: b.measure_limit(name)}


# --- goals ---

def ratio(setting, one, other, figure="msgs_s", other_setting=None, other_figure=None):
    return lambda s: s.ratio((setting, one), (other_setting or setting, other), figure, other_figure)


def value(setting, peer, figure="msgs_s", scale=1.0):
    def get(s):
        found = s.median(setting, peer, figure)
        return None if found is None else found * scale
    return get


def least_ratio(setting, one, others, figure="msgs_s"):
    """Against the best of the others."""
    def get(s):
        found = [s.ratio((setting, one), (setting, other), figure) for other in others]
        return min((r for r in found if r is not None), default=None)
    return get


def smallest_step(settings, peer, figure):
    def get(s):
        found = [s.median(setting, peer, figure) for setting in settings]
        return None if None in found else never_falls(found)
    return get


# --- B1 to B8: one broker ---

def throughput_cells(setting, run, null="null-100", mock=True):
    cells = [Cell(setting, "odradek", "odradek", run), Cell(setting, "null", null, run), Cell(setting, "kafka", "kafka", run)]
    return cells[:2] + ([Cell(setting, "mock", "mock", run)] if mock else []) + cells[2:]


def b1():
    at = "100 B"
    return Row("B1", "producer_throughput_rf1_acks1", "librdkafka with its defaults, 100 B, acks 1, one partition",
               "the same client with the same flags for all; the client is the wall, so server CPU tells more than msg/s",
               throughput_cells(at, produce(size=100)),
               [Goal(">= 0.90 of the null broker", ratio(at, "odradek", "null"), at_least=0.90),
                Goal(">= librdkafka's mock cluster", ratio(at, "odradek", "mock"), at_least=1.0),
                Goal(">= 1.25 x Kafka", ratio(at, "odradek", "kafka"), at_least=1.25)],
               [SERVER, MSGS, MB, CLIENT], limit="page-cache write", writes=256 * MIB)


def b2():
    cells = throughput_cells("100 B", produce(size=100, **TUNED), mock=False) + \
        throughput_cells("1 KiB", produce(size=1024, **TUNED), "null-1024", mock=False)
    return Row("B2", "producer_throughput_tuned", "librdkafka with linger 5 ms and batches of 1 MB, acks 1",
               "bytes are where the room is", cells,
               [Goal(">= 0.85 of the null broker at 100 B", ratio("100 B", "odradek", "null"), at_least=0.85),
                Goal(">= 0.45 of the null broker at 1 KiB", ratio("1 KiB", "odradek", "null"), at_least=0.45),
                Goal(">= 1.0 GB/s at 1 KiB", value("1 KiB", "odradek", "mb_s", 1e-3), at_least=1.0),
                Goal(">= 1.2 x Kafka at 100 B", ratio("100 B", "odradek", "kafka"), at_least=1.2),
                Goal(">= 4 x Kafka at 1 KiB", ratio("1 KiB", "odradek", "kafka"), at_least=4.0)],
               [SERVER, MSGS, MB, CLIENT], limit="page-cache write", writes=1024 * MIB)


def b3():
    cells = []
    for setting, size, records, null in (("100 B x 5000", 100, 5000, "null-100"), ("1 KiB x 900", 1024, 900, "null-1024")):
        cells += throughput_cells(setting, wire_produce(size, records), null, mock=False)
        cells.append(Cell(setting, "page-cache write", None, limit("page-cache write")))
    at = "100 B x 5000"
    return Row("B3", "broker_append", "raw client, 550 and 940 KB a request, 5 in flight, acks 1",
               "the broker alone, with no client library before it; every CRC is checked", cells,
               [Goal(">= 1.0 GB/s", value(at, "odradek", "mb_s", 1e-3), at_least=1.0),
                Goal(">= 0.4 of page-cache write", ratio(at, "odradek", "page-cache write", "mb_s"), at_least=0.4),
                Goal("<= 0.10 us of server CPU a message", value(at, "odradek", "server_us"), at_most=0.10, decimals=3),
                Goal(">= 3.5 x Kafka", ratio(at, "odradek", "kafka"), at_least=3.5)],
               [MB, MSGS, SERVER], "mb_s", limit="page-cache write", writes=1024 * MIB)


def b4():
    cells = []
    for records in (1, 50, 100):
        cells += throughput_cells(f"{records} a request", wire_produce(100, records), mock=False)
    return Row("B4", "broker_small_requests", "raw client, 100 B, 1, 50 and 100 a request, 5 in flight, acks 1",
               "what batching is worth", cells,
               [Goal("1: >= 0.75 of the null broker", ratio("1 a request", "odradek", "null"), at_least=0.75),
                Goal("1: >= 30 k/s", value("1 a request", "odradek", scale=1e-3), at_least=30, decimals=1),
                Goal("1: >= 2 x Kafka", ratio("1 a request", "odradek", "kafka"), at_least=2.0),
                Goal("100: >= 3 M/s", value("100 a request", "odradek", scale=1e-6), at_least=3.0)],
               [MSGS, MB, SERVER], limit="page-cache write", writes=384 * MIB)


def b5():
    cells = throughput_cells("100 B", consume(100), mock=False) + throughput_cells("1 KiB", consume(1024), "null-1024", False)
    return Row("B5", "consumer_throughput", "librdkafka, one partition from its beginning",
               "the client is the wall: a floor to reach, not a race to win", cells,
               [Goal(">= 0.95 of the null broker at 100 B", ratio("100 B", "odradek", "null"), at_least=0.95),
                Goal(">= 0.85 of the null broker at 1 KiB", ratio("1 KiB", "odradek", "null"), at_least=0.85),
                Goal(">= 1.0 x Kafka at 100 B", ratio("100 B", "odradek", "kafka"), at_least=1.0),
                Goal(">= 1.3 x Kafka at 1 KiB", ratio("1 KiB", "odradek", "kafka"), at_least=1.3)],
               [SERVER, MSGS, MB, CLIENT], limit="raw sendfile")


def b6(quick):
    cells = []
    for setting, size, null in (("100 B", 100, "null-100"), ("1 KiB", 1024, "null-1024")):
        for strategy in STRATEGIES[:1] if quick or size != 100 else STRATEGIES:
            server = "odradek" if strategy == "sendfile" else "odradek-" + strategy
            cells.append(Cell(setting, "odradek" if strategy == "sendfile" else server, server, wire_fetch(size)))
        cells.append(Cell(setting, "null", null, wire_fetch(size)))
        cells.append(Cell(setting, "kafka", "kafka", wire_fetch(size)))
    setting = "1 KiB, 8 in flight"
    cells.append(Cell(setting, "odradek", "odradek", wire_fetch(1024, 8)))
    cells.append(Cell(setting, "kafka", "kafka", wire_fetch(1024, 8)))
    cells.append(Cell(setting, "raw sendfile", None, limit("raw sendfile")))
    return Row("B6", "broker_fetch", "raw client, Fetch of 1 MiB from the page cache, one in flight unless said; each copy.strategy",
               "one Fetch in flight waits a turn for each answer; RabbitMQ (B12) pushes by credit, as several in flight do", cells,
               [Goal(">= 0.8 of the null broker at 100 B", ratio("100 B", "odradek", "null"), at_least=0.8),
                Goal(">= 2.5 x Kafka at 100 B", ratio("100 B", "odradek", "kafka"), at_least=2.5),
                Goal(">= 1.3 x Kafka at 1 KiB", ratio("1 KiB", "odradek", "kafka"), at_least=1.3),
                Goal(">= 0.6 of raw sendfile with 8 in flight", ratio(setting, "odradek", "raw sendfile", "mb_s"), at_least=0.6)],
               [MB, MSGS, SERVER], "mb_s", limit="raw sendfile")


def b7(quick):
    sizes = [100, 10000] if quick else [10, 100, 1000, 10000, 100000]
    cells, names = [], []
    for size in sizes:
        names.append(f"{size} B")
        for peer in ("odradek", "kafka"):
            cells.append(Cell(names[-1], peer, peer, produce(size=size)))
    goals = [Goal("MB/s never falls as size grows", smallest_step(names, "odradek", "mb_s"), at_least=1.0)]
    goals += [Goal(f">= 1.5 x Kafka at {name}", ratio(name, "odradek", "kafka"), at_least=1.5)
              for size, name in zip(sizes, names) if size >= 1000]
    return Row("B7", "message_size", "librdkafka with its defaults, acks 1, 10 to 100,000 B", "the shape travels", cells, goals,
               [MB, MSGS, SERVER, CLIENT], "mb_s", limit="page-cache write", writes=1024 * MIB)


def both_at_once(b, server):
    """A producer and a consumer of the same messages; the slower of them ends the clock."""
    count = b.count(1500000)
    with b.topic(server) as topic:
        before = server.cpu_s()
        consumer = b.clients.rdkafka_start(server, "consume", topic, count=count, size=100)
        producer = b.clients.rdkafka_start(server, "produce", topic, count=count, size=100, acks=1)
        sent, got = finish(producer), finish(consumer)
        seconds = max(sent["seconds"], got["seconds"])
        return {"msgs_s": count / seconds, "mb_s": count * 100 / seconds / 1e6, "server_us": (server.cpu_s() - before) / count * 1e6,
                "client_us": (sent["cpu_s"] + got["cpu_s"]) / count * 1e6}


def b8():
    cells = []
    for peer in ("odradek", "kafka"):
        cells.append(Cell("both", peer, peer, both_at_once))
        cells.append(Cell("producer alone", peer, peer, produce(size=100)))
    return Row("B8", "producer_and_consumer", "librdkafka with its defaults, 100 B, one partition, both at once",
               "on two cores the two clients and the broker want three", cells,
               [Goal(">= 0.90 of the producer alone", ratio("both", "odradek", "odradek", other_setting="producer alone"), at_least=0.90),
                Goal(">= 1.2 x Kafka", ratio("both", "odradek", "kafka"), at_least=1.2)],
               [MSGS, MB, SERVER, CLIENT], writes=256 * MIB)


# --- B9 and B10: clusters ---

def b9():
    cells = []
    for setting, replicas, acks in (("RF 1, acks 1", 1, 1), ("RF 3, acks 1", 3, 1), ("RF 3, acks all", 3, "all")):
        for peer in ("odradek", "kafka"):
            cells.append(Cell(setting, peer, peer + "-x3", produce(6, replicas, size=100, acks=acks)))
    return Row("B9", "replication_cost", "three brokers on this machine, librdkafka, 100 B, six partitions",
               "all brokers share these cores, so replication costs CPU, not network: ratios within one peer", cells,
               [Goal("RF 3 / RF 1 >= 0.60, acks 1", ratio("RF 3, acks 1", "odradek", "odradek", other_setting="RF 1, acks 1"), at_least=0.60),
                Goal("acks all / acks 1 >= 0.75, RF 3", ratio("RF 3, acks all", "odradek", "odradek", other_setting="RF 3, acks 1"), at_least=0.75),
                Goal("cluster CPU of RF 3 <= 3.5 x RF 1", ratio("RF 3, acks 1", "odradek", "odradek", "server_us", "RF 1, acks 1"), at_most=3.5)],
               [MSGS, MB, SERVER, CLIENT], writes=256 * MIB)


def b10():
    one, three, end = "acks 1, RF 1", "acks all, RF 3", "end to end, RF 1"
    cells = [Cell(one, "null", "null-100", wire_latency("rtt")), Cell(one, "odradek", "odradek", wire_latency("rtt")),
             Cell(one, "kafka", "kafka", wire_latency("rtt")),
             Cell(three, "odradek", "odradek-x3", wire_latency("rtt", 3, "all")), Cell(three, "kafka", "kafka-x3", wire_latency("rtt", 3, "all")),
             Cell(end, "odradek", "odradek", wire_latency("e2e")), Cell(end, "kafka", "kafka", wire_latency("e2e"))]
    return Row("B10", "latency", "raw client, one record of 100 B in flight: until acknowledged; until a waiting Fetch has it",
               "the null broker's is the floor, of two wake-ups, measured in the same round", cells,
               [Goal("p50 <= 1.15 x the null broker's", ratio(one, "odradek", "null", "p50_us"), at_most=1.15),
                Goal("p99 <= 1.5 x the null broker's", ratio(one, "odradek", "null", "p99_us"), at_most=1.5),
                Goal("p50 <= Kafka's", ratio(one, "odradek", "kafka", "p50_us"), at_most=1.0),
                Goal("acks all, RF 3: p50 <= 4 x RF 1's", ratio(three, "odradek", "odradek", "p50_us", one), at_most=4.0),
                Goal("acks all, RF 3: p99 <= 1000 us", value(three, "odradek", "p99_us"), at_most=1000, decimals=0)],
               LATENCY, "p50_us", less=True)


# --- B11: footprint ---

def settle(server, idle_s):
    """Memory, threads and CPU of a server that has nothing to do."""
    time.sleep(idle_s / 2)
    before, begun = server.cpu_s(), time.monotonic()
    time.sleep(idle_s)
    return {"rss_mib": server.rss_mib(), "threads": server.threads(),
            "idle_pct": (server.cpu_s() - before) / (time.monotonic() - begun) * 100}


def from_nothing(b, server):
    """`server` is a fresh one, not started."""
    try:
        server.start()
        return {"ready_ms": server.ready_s * 1e3, **settle(server, b.idle_s)}
    finally:
        server.remove()


def restart(b, server):
    """Over a log that a kill -9 left open, until that log is served again. `server` is a fresh one: what other rows have
    left behind would be read, too."""
    try:
        server.start()
        topic = b.fill(server, 1024, b.big_log_bytes)
        server.kill()
        server.start()
        return {"ready_ms": server.await_topic(topic) * 1e3, **settle(server, b.idle_s)}
    finally:
        server.remove()


def big_log_bytes(quick):
    """What fits into the time; the figures that the goals are from had 10 GB and more."""
    return 100_000_000 if quick else 2_000_000_000


def b11(quick):
    one, big, three = "one broker", f"restart, {big_log_bytes(quick) / 1e9:.2g} GB, killed", "three brokers"
    cells = [Cell(one, peer, "new " + peer, from_nothing) for peer in ("odradek", "kafka", "nats", "redis", "rabbitmq")]
    cells += [Cell(three, peer, f"new {peer}-x3", from_nothing) for peer in ("odradek", "kafka")]
    cells += [Cell(big, peer, "new " + peer, restart) for peer in ("odradek", "kafka")]
    return Row("B11", "footprint", "from the start of the process to the first answer to ApiVersions (three brokers: until each knows all; restart: until it serves the log), then idle",
               "what somebody feels who tries it", cells,
               [Goal("ready within 50 ms", value(one, "odradek", "ready_ms"), at_most=50, decimals=1),
                Goal("idle in 10 MiB", value(one, "odradek", "rss_mib"), at_most=10, decimals=1),
                Goal("idle CPU 0 %", value(one, "odradek", "idle_pct"), at_most=0.5, decimals=1),
                Goal("ready in 1/28 of Kafka's time", ratio(one, "odradek", "kafka", "ready_ms"), at_most=1 / 28, decimals=3),
                Goal("idle in 1/30 of Kafka's memory", ratio(one, "odradek", "kafka", "rss_mib"), at_most=1 / 30, decimals=3),
                Goal("restart over a big log within 1 s", value(big, "odradek", "ready_ms"), at_most=1000, decimals=0),
                Goal("three brokers within 500 ms", value(three, "odradek", "ready_ms"), at_most=500, decimals=0)],
               [("ready ms", "ready_ms", small), ("RSS MiB", "rss_mib", small), ("threads", "threads", small), ("idle CPU %", "idle_pct", small)],
               "ready_ms", less=True, warm=False)


# --- B12: other brokers ---

OTHERS = [("redis", "redis", "redis_perf"), ("nats", "nats", "nats_perf"), ("rabbitmq stream", "rabbitmq", "rabbit_stream"),
          ("rabbitmq queue", "rabbitmq", "rabbit_queue")]


def b12():
    cells = []
    for size, name, null in ((100, "100 B", "null-100"), (1024, "1 KiB", "null-1024")):
        for action, verb in (("produce", "publish"), ("consume", "replay")):
            setting = f"{verb} {name}"
            if action == "produce":
                cells.append(Cell(setting, "odradek", "odradek", produce(size=size, **TUNED)))
                cells.append(Cell(setting, "odradek raw", "odradek", wire_produce(size, 5000 if size == 100 else 900)))
            else:
                cells.append(Cell(setting, "odradek", "odradek", consume(size)))
                cells.append(Cell(setting, "odradek raw", "odradek", wire_fetch(size, 8)))
            cells += [Cell(setting, peer, server, foreign(program, action, size)) for peer, server, program in OTHERS]
    peers = [peer for peer, _, _ in OTHERS]
    return Row("B12", "other_brokers", "publish with confirms, then replay from the beginning: Redis Streams (AOF every second), "
               "NATS JetStream (file), RabbitMQ stream and durable queue",
               "each with its own C client at its best, the price of its protocol included; raw: no client library, "
               "as RabbitMQ's stream client here, which counts chunks", cells,
               [Goal("publish 100 B >= 2 x the best of them", least_ratio("publish 100 B", "odradek", peers), at_least=2.0),
                Goal("publish 100 B >= 50 x the RabbitMQ queue", ratio("publish 100 B", "odradek", "rabbitmq queue"), at_least=50),
                Goal("replay 100 B >= 0.75 x RabbitMQ stream", ratio("replay 100 B", "odradek raw", "rabbitmq stream"), at_least=0.75),
                Goal("replay 1 KiB >= 0.75 x RabbitMQ stream", ratio("replay 1 KiB", "odradek raw", "rabbitmq stream"), at_least=0.75)],
               [MSGS, MB, SERVER, CLIENT], writes=256 * MIB)


# --- B13 and B14 ---

def b13():
    none, flush, all3 = "acks 1, no flush", "acks 1, flush.messages=1", "acks all, RF 3"
    cells = []
    for peer in ("odradek", "kafka"):
        cells += [Cell(none, peer, peer, wire_produce(1024, 1)),
                  Cell(flush, peer, peer, wire_produce(1024, 1, configs={"flush.messages": 1})),
                  Cell(all3, peer, peer + "-x3", wire_produce(1024, 1, replicas=3, acks="all"))]
    cells.append(Cell(flush, "fdatasync", None, limit("fdatasync", "msgs_s")))
    return Row("B13", "durability_price", "raw client, 1 KiB, one a request, 5 in flight",
               "so that nobody compares flush with no flush by accident", cells,
               [Goal("flush >= 0.8 of the machine's fdatasync rate", ratio(flush, "odradek", "fdatasync"), at_least=0.8)],
               [MSGS, MB, SERVER])


def block(number, last):
    """Two million messages more into the same log."""
    def run(b, server):
        topic = b.long_topic(server, number == 1)
        try:
            return b.clients.rdkafka(server, "produce", topic, acks=1, size=100, count=b.count(2000000))
        finally:
            if number == last:
                server.delete_topic(topic)
    return run


def b14():
    blocks = 5
    cells = [Cell(f"block {i}", peer, peer, block(i, blocks)) for i in range(1, blocks + 1) for peer in ("odradek", "kafka")]
    return Row("B14", "long_run", "librdkafka with its defaults, 10 M x 100 B into one log, in five blocks",
               "flat as the log grows", cells,
               [Goal("last block >= 0.95 of the first", ratio("block 5", "odradek", "odradek", other_setting="block 1"), at_least=0.95)],
               [MSGS, MB, SERVER], rounds=1, warm=False, writes=256 * MIB)


def all_rows(quick):
    """In the order in which servers need the fewest starts."""
    return [b1(), b2(), b3(), b4(), b5(), b6(quick), b7(quick), b8(), b14(), b10(), b13(), b9(), b12(), b11(quick)]

#!/usr/bin/python3
"""bench.py - `make bench`: our broker against every peer that is to be had here, side by side.

usage: bench.py --odradek PROGRAM --out DIRECTORY [--rows B1,B3] [--rounds 3] [--quick]
                [--kafka HOST:PORT|none] [--no-peers]

Each row is run in rounds, and in each round all peers in turn, so that drift of the machine hits all
alike. Servers are started here and ended here. What is absent is said; where others used the machine,
figures are printed and no verdict is. Results go to DIRECTORY/bench.{txt,json,csv} too.
"""
import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import machine
import protocol
import report
import rows as rows_of
import servers
from clients import Clients, Failed
from servers import Absent
from stats import Samples

BUDGET_S = 8 * 60
RUN_S = 1.5    # a run, as long as none was seen
OTHER_S = 110  # of it: starting servers, filling topics, and the copy paths' targets
UNITS = {"page-cache write": "MB/s", "raw sendfile": "MB/s", "loopback": "MB/s", "fdatasync": "/s"}
FILL_BYTES = {100: 400_000_000, 1024: 1_000_000_000}
FILL_BATCH = {100: 600, 1024: 60}  # about 64 KB


class Bench:
    """What rows work with: servers by name, topics, clients, limits."""

    def __init__(self, options, scratch, jars):
        self.options, self.scratch, self.jars = options, scratch, jars
        self.quick = options.quick
        self.clients = Clients(options.odradek, options.out, 0.2 if self.quick else 0.6)
        self.idle_s = 0.3 if self.quick else 0.5
        self.big_log_bytes = rows_of.big_log_bytes(self.quick)
        self.pool, self.absent = {}, {}
        self.filled_topics, self.published = {}, {}
        self.warmed = set()
        self.topics_made = 0
        self.limits = {name: [] for name in UNITS}

    # --- servers ---

    def make(self, name):
        """A server that is not started yet; where it keeps its files is its own."""
        o, s = self.options, self.scratch
        if name == "odradek":
            return servers.Odradek(s, o.odradek)
        if name == "odradek-x3":
            return servers.OdradekCluster(s, o.odradek)
        if name.startswith("odradek-"):
            return servers.Odradek(s, o.odradek, name, copy_strategy=name.partition("-")[2])
        if name.startswith("null-"):
            return servers.NullBroker(s, o.odradek, int(name.partition("-")[2]))
        if name == "mock":
            program = self.clients.path("rdkafka_perf")
            if not program:
                raise Absent(self.clients.why_not("rdkafka_perf"))
            return servers.Mock(s, program)
        if o.no_peers:
            raise Absent("only ours were asked for")
        if name.startswith("kafka"):
            return self.make_kafka(name)
        return {"redis": servers.Redis, "nats": servers.Nats, "rabbitmq": servers.Rabbit}[name](s)

    def make_kafka(self, name):
        nodes = 3 if name == "kafka-x3" else 1
        if ":" in self.options.kafka:
            if nodes == 3:
                raise Absent(f"of Kafka there is only {self.options.kafka}")
            return servers.ForeignKafka(self.scratch, self.options.kafka)
        if not self.jars:
            raise Absent("Kafka's jars are not to be had here" if self.options.kafka != "none" else "not asked for")
        return servers.Kafka(self.scratch, self.jars, nodes, "1g" if nodes == 1 else "512m")

    def server(self, name):
        """Started, and kept for other cells; "new NAME": another one, not started."""
        if name.startswith("new "):
            if ":" in self.options.kafka and name == "new kafka":
                raise Absent("what was started elsewhere cannot be started here")
            with self.scratch_in("new"):
                return self.make(name[4:])
        if name in self.absent:
            raise Absent(self.absent[name])
        if name not in self.pool:
            try:
                made = self.make(name)
                self.pool[name] = made
                made.start()
            except Absent as why:
                self.pool.pop(name, None)
                self.absent[name] = str(why)
                raise
        return self.pool[name]

    @contextlib.contextmanager
    def scratch_in(self, folder):
        before, self.scratch = self.scratch, os.path.join(self.scratch, folder)
        try:
            yield
        finally:
            self.scratch = before

    def keep(self, names):
        """Ends all servers but these, and drops their data."""
        for name in [n for n in self.pool if n not in names]:
            self.pool.pop(name).remove()
            self.warmed = {kind for kind in self.warmed if kind[0] != name}
            self.filled_topics = {key: topic for key, topic in self.filled_topics.items() if key[0] != name}
            self.published = {key: count for key, count in self.published.items() if key[0] != name}

    def servers_cpu_s(self):
        return sum(server.cpu_s() for server in self.pool.values())

    # --- topics ---

    def new_topic(self):
        self.topics_made += 1
        return f"bench-{os.getpid()}-{self.topics_made}"

    @contextlib.contextmanager
    def topic(self, server, partitions=1, replicas=1, configs=None):
        """A fresh one, dropped at the end."""
        name = self.new_topic()
        server.create_topic(name, partitions=partitions, replicas=replicas, configs=configs)
        try:
            yield name
        finally:
            server.delete_topic(name)

    def fill(self, server, size, size_bytes):
        """The name of a new topic with records of `size`."""
        topic = self.new_topic()
        server.create_topic(topic)
        if not server.name.startswith("null"):
            self.clients.wire(server, "produce", topic, size, records=size_bytes // size,
                              records_per_request=FILL_BATCH[size])
        return topic

    def filled(self, server, size):
        """The same, filled at the first call and kept."""
        key = (server.name, size)
        if key not in self.filled_topics:
            self.filled_topics[key] = self.fill(server, size, 20_000_000 if self.quick else FILL_BYTES[size])
        return self.filled_topics[key]

    def long_topic(self, server, fresh):
        key = (server.name, "long")
        if fresh:
            self.filled_topics[key] = self.new_topic()
            server.create_topic(self.filled_topics[key])
        return self.filled_topics[key]

    def count(self, full):
        return full // 20 if self.quick else full

    # --- limits ---

    def measure_limit(self, name):
        scale = 8 if self.quick else 1
        if name == "page-cache write":
            machine.page_cache_write(self.scratch, (1 << 30) // scale)  # see warm_memory()
            return machine.page_cache_write(self.scratch, (1 << 30) // scale) / 1e6
        if name == "raw sendfile":
            return machine.raw_sendfile(self.scratch, (4 << 30) // scale) / 1e6
        if name == "loopback":
            return machine.loopback((4 << 30) // scale) / 1e6
        return machine.fdatasyncs(self.scratch, 0.5 / scale)

    def measure_limits(self, rounds):
        for _ in range(rounds):
            for name in UNITS:
                self.limits[name].append(self.measure_limit(name))


# --- a row ---

def run_cell(b, cell, samples, failures, writes=0):
    """One run; what fails or is absent is noted, and not tried again."""
    key = (cell.setting, cell.peer)
    if key in failures:
        return samples.add(*key, None)
    try:
        server = b.server(cell.server) if cell.server else None
        if writes and server and not b.quick:
            machine.warm_memory(b.scratch, writes)
        load = machine.Load(b.servers_cpu_s())
        figures = cell.run(b, server)
        samples.add(*key, figures, load.shares(b.servers_cpu_s()))
    except Absent as why:
        b.absent.setdefault(cell.server, str(why))
        samples.add(*key, None)
    except (Failed, protocol.ProtocolError, OSError) as why:
        failures[key] = str(why) or type(why).__name__
        samples.add(*key, None)


def warm(b, row):
    """What runs on a virtual machine is slow at first: a run of each kind that does not count."""
    for cell in row.cells:
        kind = (cell.server, cell.run.__code__)
        if cell.server in ("kafka", "kafka-x3", "rabbitmq") and kind not in b.warmed:
            b.warmed.add(kind)
            run_cell(b, cell, Samples(), {})


def run_row(b, row, rounds):
    samples, failures = Samples(), {}
    b.keep({cell.server for cell in row.cells})
    if row.warm and not b.quick:
        warm(b, row)
    for _ in range(rounds):
        for cell in row.cells:
            if cell.server not in b.absent:
                run_cell(b, cell, samples, failures, row.writes)
    absent = {cell.peer: b.absent[cell.server] for cell in row.cells if cell.server in b.absent}
    return samples, failures, absent


def rounds_in_time(row, later, wanted, elapsed_s, run_s):
    """As many rounds as leave time for one of each later row: better a run of each than three of most."""
    spare_s = BUDGET_S - OTHER_S - elapsed_s - run_s * sum(len(other.cells) for other in later)
    return max(1, min(row.rounds or wanted, int(spare_s / (run_s * len(row.cells)))))


# --- the whole ---

def kafka_jars(options):
    """Where they are, fetched if they can be; None: not to be had."""
    if options.no_peers or options.kafka:
        return None
    script = '. tests/integration/lib.sh; . tests/interop/registries.inc; kafka_jars >&2 && echo "$got/jars"'
    done = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    found = done.stdout.decode().strip()
    return found if found and shutil.which("java") else None


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--odradek", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--rows", default="")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--kafka", default="")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.odradek = os.path.abspath(options.odradek)
    options.out = os.path.abspath(options.out)  # servers run elsewhere
    return options


def wanted(options, all_rows):
    names = [name.strip().upper() for name in options.rows.split(",") if name.strip()]
    unknown = [name for name in names if name not in {row.id for row in all_rows}]
    if unknown:
        sys.exit(f"bench.py: no such row: {', '.join(unknown)}")
    return [row for row in all_rows if not names or row.id in names]


class Printer:
    """To the terminal as it comes, and kept for the file."""

    def __init__(self):
        self.text = ""

    def say(self, lines):
        for line in [lines] if isinstance(lines, str) else lines:
            self.text += line + "\n"
            print(line, flush=True)


def targets(options):
    """The lines of the copy paths' own targets, as the program has them; quick, for the time's sake."""
    out = os.path.join(options.out, "targets")
    command = [options.odradek, "bench", "targets", "--quick", "--runs", "3", "--csv", out + ".csv", "--json", out + ".json"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    except subprocess.TimeoutExpired:
        return ["copy paths: no end within 120 s"]
    if done.returncode:
        return ["copy paths: " + (done.stderr.decode(errors="replace").strip().splitlines() or ["failed"])[-1]]
    return done.stdout.decode().splitlines()


def main():
    options = parse()
    rows = wanted(options, rows_of.all_rows(options.quick))
    begun = time.monotonic()
    os.makedirs(options.out, exist_ok=True)
    jars = kafka_jars(options)
    own_network = ":" not in options.kafka and machine.enter_own_network()
    scratch = tempfile.mkdtemp(prefix="scratch.", dir=options.out)
    b = Bench(options, scratch, jars)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    out, finished, failures_of = Printer(), [], {}
    try:
        environment = machine.environment(scratch, own_network)
        out.say("; ".join(f"{name} {words}" for name, words in environment.items()))
        b.measure_limits(options.rounds)
        out.say(report.limit_lines(b.limits, UNITS))
        rows_begun, runs = time.monotonic(), 0
        for i, row in enumerate(rows):
            row_begun = time.monotonic()
            run_s = (row_begun - rows_begun) / runs if runs else RUN_S
            rounds = rounds_in_time(row, rows[i + 1:], options.rounds, row_begun - begun, run_s)
            samples, failures, absent = run_row(b, row, rounds)
            runs += rounds * len(row.cells)
            out.say([""] + report.row_lines(row, samples, b.limits, absent, failures, rounds, time.monotonic() - row_begun))
            finished.append((row, samples))
            failures_of[row.id] = failures
        b.keep(())
        lines = [] if options.rows else targets(options)
        if lines:
            out.say([""] + lines)
        out.say([""] + report.summary_lines(finished) + report.targets_in_short(lines))
        out.say(f"{time.monotonic() - begun:.0f} s")
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        b.keep(())
        shutil.rmtree(scratch, ignore_errors=True)
    absent = {name.replace("new ", ""): why for name, why in b.absent.items()}
    report.write(options.out, out.text, report.as_json(environment, b.limits, absent, finished, failures_of), finished)


if __name__ == "__main__":
    main()

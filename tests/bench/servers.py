"""servers.py - what is measured: our broker, the null broker, and each peer that is to be had.

Every server is started here, on free loopback ports, with its data in the scratch directory, and
ended by its process id. `at` is its address. What cannot be had raises Absent with the reason.
"""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

import machine
import protocol

READY_S = 60
ENDINGS = {signal.SIGTERM, signal.SIGINT}
KAFKA_OPTIONS = ["-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
                 "-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true"]  # of its start script


class Absent(Exception):
    """A peer cannot be had here; the text says why."""


def needs(program, package):
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/lib/rabbitmq/bin")
    if not path:
        raise Absent(f"{package} is not installed")
    return path


def in_child():
    """Before the program starts: it dies with its parent, and hears all signals."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


class Server:
    """A process (or several) that serves at `at`."""
    name = "server"

    def __init__(self, scratch):
        self.scratch = os.path.join(scratch, self.name)
        os.makedirs(self.scratch, exist_ok=True)
        self.processes = []
        self.at = None
        self.ready_s = None  # from the start to the first answer

    def spawn(self, *arguments, **more):
        with open(os.path.join(self.scratch, "output"), "ab") as log:
            # What is started must be noted before a signal can end us.
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
            try:
                self.processes.append(subprocess.Popen([str(a) for a in arguments], preexec_fn=in_child,
                                                       **{"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **more}))
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
        return self.processes[-1]

    def await_ready(self, begun, is_ready, pause_s=0.002):
        while not is_ready():
            dead = [p for p in self.processes if p.poll() is not None]
            if dead or time.monotonic() - begun > READY_S:
                self.stop()
                raise Absent(f"{self.name} does not start: {self.last_words()}")
            time.sleep(pause_s)
        self.ready_s = time.monotonic() - begun

    def await_topic(self, topic):
        """Seconds from the start until it serves a topic that it had before."""
        begun = time.monotonic() - self.ready_s
        while not protocol.serves_partition(self.at, topic):
            if time.monotonic() - begun > READY_S:
                raise Absent(f"{self.name} does not serve its log again")
            time.sleep(0.002)
        return time.monotonic() - begun

    def last_words(self):
        try:
            with open(os.path.join(self.scratch, "output"), errors="replace") as file:
                lines = [line.strip() for line in file if line.strip()]
            return lines[-1][:120] if lines else "it says nothing"
        except OSError:
            return "it says nothing"

    def pids(self):
        return [p.pid for p in self.processes]

    def cpu_s(self):
        return sum(machine.cpu_seconds(pid) for pid in self.pids())

    def rss_mib(self):
        return sum(machine.status(pid, "VmRSS") for pid in self.pids()) / 1024

    def threads(self):
        return sum(machine.status(pid, "Threads") for pid in self.pids())

    def stop(self, number=signal.SIGTERM):
        """Ends what was started here, and nothing else; waits for it."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(number)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []

    def kill(self):
        self.stop(signal.SIGKILL)

    def remove(self):
        self.stop(signal.SIGTERM)
        shutil.rmtree(self.scratch, ignore_errors=True)

    # For those that speak Kafka; a server without topics of its own overrides them.
    def create_topic(self, topic, **more):
        protocol.create_topic(self.at, topic, **more)

    def delete_topic(self, topic):
        protocol.delete_topic(self.at, topic)


# --- ours ---

class Odradek(Server):
    name = "odradek"

    def __init__(self, scratch, program, name="odradek", **settings):
        self.name = name
        super().__init__(scratch)
        self.program, self.settings = program, settings

    def start(self):
        self.at = self.at or "127.0.0.1:%d" % machine.free_ports(1)[0]
        overrides = {"listeners": "PLAINTEXT://" + self.at, "log.dirs": self.scratch + "/data",
                     **{key.replace("_", "."): value for key, value in self.settings.items()}}
        arguments = [a for k, v in overrides.items() for a in ("--override", f"{k}={v}")]
        begun = time.monotonic()
        self.spawn(self.program, "broker", *arguments)
        self.await_ready(begun, lambda: protocol.answers_api_versions(self.at))
        return self


class OdradekCluster(Server):
    """Three brokers by `odradek cluster`."""
    name = "odradek-x3"

    def __init__(self, scratch, program):
        super().__init__(scratch)
        self.program = program

    def start(self):
        ports = consecutive_ports(3)
        self.ats = ["127.0.0.1:%d" % port for port in ports]
        self.at = ",".join(self.ats)
        begun = time.monotonic()
        self.spawn(self.program, "cluster", "--brokers", 3, "--port", ports[0], "--data", self.scratch + "/data")
        self.await_ready(begun, lambda: all(protocol.broker_count(at) == 3 for at in self.ats))
        return self

    def pids(self):
        """The brokers; the process that started them does nothing."""
        found = []
        for i in (1, 2, 3):
            pid = machine.first_line(f"{self.scratch}/data/broker-{i}.pid")
            if pid:
                found.append(int(pid))
        return found

    def create_topic(self, topic, **more):
        protocol.create_topic(self.ats[0], topic, **more)

    def delete_topic(self, topic):
        protocol.delete_topic(self.ats[0], topic)


def consecutive_ports(count):
    while True:
        first = machine.free_ports(1)[0]
        sockets = [socket.socket() for _ in range(count)]
        try:
            for i, s in enumerate(sockets):
                s.bind(("127.0.0.1", first + i))
            return list(range(first, first + count))
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()


class NullBroker(Server):
    """Parses requests, answers, drops; hands out one ready batch for ever."""
    name = "null"

    def __init__(self, scratch, program, record_bytes=100):
        self.name = f"null-{record_bytes}"
        super().__init__(scratch)
        self.program, self.record_bytes = program, record_bytes

    def start(self):
        port = machine.free_ports(1)[0]
        self.at = f"127.0.0.1:{port}"
        begun = time.monotonic()
        self.spawn(self.program, "bench", "null-broker", "--port", port, "--record-size", self.record_bytes)
        self.await_ready(begun, lambda: protocol.answers_api_versions(self.at))
        return self

    def create_topic(self, topic, **more):
        pass

    def delete_topic(self, topic):
        pass


class Mock(Server):
    """librdkafka's own mock cluster, in a process of its own."""
    name = "mock"

    def __init__(self, scratch, rdkafka_perf):
        super().__init__(scratch)
        self.program = rdkafka_perf

    def start(self):
        process = self.spawn(self.program, "mock", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.at = process.stdout.readline().decode().strip()
        if not self.at:
            raise Absent("librdkafka has no mock cluster here")
        return self

    def create_topic(self, topic, **more):
        pass  # made when asked for

    def delete_topic(self, topic):
        pass


# --- Apache Kafka ---

class ForeignKafka(Server):
    """Whatever listens at HOST:PORT: its CPU time is not ours to see."""
    name = "kafka"

    def __init__(self, scratch, at):
        super().__init__(scratch)
        self.at = at

    def start(self):
        if not protocol.answers_api_versions(self.at):
            raise Absent(f"nothing that speaks Kafka listens at {self.at}")
        return self


class Kafka(Server):
    """Brokers from their jars, KRaft, page cache, as Kafka's own start script sets the JVM."""

    def __init__(self, scratch, jars, nodes=1, heap="1g", name=None):
        self.name = name or ("kafka" if nodes == 1 else f"kafka-x{nodes}")
        super().__init__(scratch)
        self.jars, self.nodes, self.heap = jars, nodes, heap
        self.files = []

    def java(self, *arguments):
        return [needs("java", "java"), *arguments]

    def configure(self):
        ports = machine.free_ports(2 * self.nodes)
        brokers, controllers = ports[:self.nodes], ports[self.nodes:]
        voters = ",".join(f"{i + 1}@127.0.0.1:{port}" for i, port in enumerate(controllers))
        self.ats = [f"127.0.0.1:{port}" for port in brokers]
        self.at = ",".join(self.ats)
        for i in range(self.nodes):
            file = f"{self.scratch}/node-{i + 1}.properties"
            self.files.append(file)
            with open(file, "w") as out:
                out.write(f"""process.roles=broker,controller
node.id={i + 1}
listeners=PLAINTEXT://{self.ats[i]},CONTROLLER://127.0.0.1:{controllers[i]}
advertised.listeners=PLAINTEXT://{self.ats[i]}
controller.listener.names=CONTROLLER
controller.quorum.voters={voters}
log.dirs={self.scratch}/data-{i + 1}
offsets.topic.replication.factor=1
log.segment.delete.delay.ms=1000
""")
            done = subprocess.run(self.java("-XX:TieredStopAtLevel=1", "-cp", self.jars + "/*", "kafka.tools.StorageTool",
                                            "format", "-t", "0" * 21 + "7", "-c", file),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
            if done.returncode:
                raise Absent("Kafka's storage tool: " + done.stderr.decode(errors="replace")[-120:].strip())

    def start(self):
        if not self.files:
            self.configure()
        begun = time.monotonic()
        for file in self.files:
            self.spawn(*self.java(f"-Xmx{self.heap}", f"-Xms{self.heap}", "-server", *KAFKA_OPTIONS, "-cp", self.jars + "/*",
                                  "kafka.Kafka", file))
        if self.nodes == 1:
            self.await_ready(begun, lambda: protocol.answers_api_versions(self.at), 0.01)
        else:
            self.await_ready(begun, lambda: all(protocol.broker_count(at) == self.nodes for at in self.ats), 0.05)
        return self

    def create_topic(self, topic, **more):
        protocol.create_topic(self.ats[0], topic, **more)
        if self.nodes > 1:
            time.sleep(0.5)  # a broker may be named as leader before it has heard of it

    def delete_topic(self, topic):
        protocol.delete_topic(self.ats[0], topic)


# --- other brokers ---

def says(at, question, expected):
    """True when what listens there answers so."""
    try:
        with socket.create_connection(protocol.split(at), timeout=2) as s:
            s.sendall(question)
            return expected in s.recv(4096)
    except OSError:
        return False


class Redis(Server):
    name = "redis"

    def start(self):
        program = needs("redis-server", "redis-server")
        port = machine.free_ports(1)[0]
        self.at = f"127.0.0.1:{port}"
        begun = time.monotonic()
        self.spawn(program, "--port", port, "--bind", "127.0.0.1", "--dir", self.scratch, "--save", "", "--appendonly",
                   "yes", "--appendfsync", "everysec")
        self.await_ready(begun, lambda: says(self.at, b"PING\r\n", b"PONG"))
        return self


class Nats(Server):
    name = "nats"

    def start(self):
        program = needs("nats-server", "nats-server")
        port = machine.free_ports(1)[0]
        self.at = f"127.0.0.1:{port}"
        begun = time.monotonic()
        self.spawn(program, "-a", "127.0.0.1", "-p", port, "-js", "-sd", self.scratch)
        self.await_ready(begun, lambda: says(self.at, b"PING\r\n", b"INFO"))
        return self


class Rabbit(Server):
    """RabbitMQ with its stream plugin. Erlang's port mapper would go on running as a daemon, so one of
    our own is started in the foreground, on a port of its own."""
    name = "rabbitmq"

    def start(self):
        script, epmd = needs("rabbitmq-server", "rabbitmq-server"), needs("epmd", "erlang")
        script = "/usr/lib/rabbitmq/bin/rabbitmq-server" if os.path.exists("/usr/lib/rabbitmq/bin/rabbitmq-server") else script
        mapper, amqp, stream, distribution = machine.free_ports(4)
        self.at, self.stream_at = f"127.0.0.1:{amqp}", f"127.0.0.1:{stream}"
        with open(self.scratch + "/rabbitmq.conf", "w") as out:
            out.write(f"listeners.tcp.1 = 127.0.0.1:{amqp}\nstream.listeners.tcp.1 = 127.0.0.1:{stream}\n"
                      "loopback_users = none\ndisk_free_limit.absolute = 1GB\n")
        with open(self.scratch + "/enabled_plugins", "w") as out:
            out.write("[rabbitmq_stream].\n")
        with open(self.scratch + "/env.conf", "w"):
            pass
        environment = {**os.environ, "HOME": self.scratch, "ERL_EPMD_PORT": str(mapper), "RUNNING_UNDER_SYSTEMD": "true",
                       "RABBITMQ_NODENAME": "bench@localhost", "RABBITMQ_DIST_PORT": str(distribution),
                       "RABBITMQ_CONFIG_FILE": self.scratch + "/rabbitmq.conf",
                       "RABBITMQ_CONF_ENV_FILE": self.scratch + "/env.conf",
                       "RABBITMQ_ENABLED_PLUGINS_FILE": self.scratch + "/enabled_plugins",
                       "RABBITMQ_MNESIA_BASE": self.scratch + "/data", "RABBITMQ_LOG_BASE": self.scratch + "/log"}
        self.spawn(epmd, "-port", mapper, env=environment)
        begun = time.monotonic()
        self.spawn(script, env=environment, cwd=self.scratch)
        self.await_ready(begun, lambda: says(self.at, b"AMQP\0\0\x09\x01", b"\0\x0a\0\x0a") and says(self.stream_at, PEER_PROPERTIES, b"\x80\x11"), 0.05)
        return self

    def stop(self, number=signal.SIGTERM):
        # The port mapper last: the node takes its name back from it.
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(number)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.processes = []


# The stream protocol's first request, without properties: size, key 17, version 1, correlation id, none.
PEER_PROPERTIES = bytes.fromhex("0000000c 0011 0001 00000001 00000000")

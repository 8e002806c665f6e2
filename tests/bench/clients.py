"""clients.py - the programs that load the servers, built when needed, and what one run of them gave.

A run's figures: msgs_s, mb_s (payload, 10^6 bytes), server_us and client_us (CPU a message), and for
request-answer runs p50_us and p99_us.
"""
import json
import os
import shutil
import subprocess

import machine

RUN_S = 60
CFLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-g", "-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes",
          "-Wmissing-prototypes", "-Wvla"]
LIBRARIES = {"rdkafka_perf": ("rdkafka", "librdkafka-dev"), "redis_perf": ("hiredis", "libhiredis-dev"),
             "nats_perf": ("nats", "libnats-dev"), "rabbit_queue": ("rabbitmq", "librabbitmq-dev"),
             "rabbit_stream": (None, None)}


class Failed(Exception):
    """A run that gave no figures; the text says why."""


class Clients:
    """Where the client programs are; `path` builds one when it is asked for."""

    def __init__(self, odradek, build, seconds):
        self.odradek, self.build, self.seconds = odradek, os.path.join(build, "bench"), seconds
        self.built = {}
        os.makedirs(self.build, exist_ok=True)

    def path(self, name):
        """Of the program; None when the library that it needs is not installed."""
        if name not in self.built:
            self.built[name] = self.compile(name)
        return self.built[name]

    def compile(self, name):
        library, _ = LIBRARIES[name]
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".c")
        target = os.path.join(self.build, name)
        command = [os.environ.get("CC", "gcc"), *CFLAGS, source, "-o", target, "-pthread"]
        done = subprocess.run(command + ([f"-l{library}"] if library else []), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        if done.returncode:
            with open(target + ".errors", "wb") as out:
                out.write(done.stderr)
            return None
        return target

    def why_not(self, name):
        library, package = LIBRARIES[name]
        if not shutil.which(os.environ.get("CC", "gcc")):
            return "there is no compiler"
        return f"{package} is not installed" if library else f"{name}.c does not compile"

    # --- runs ---

    def rdkafka(self, server, action, topic, **settings):
        """librdkafka, the same for every Kafka; settings with _ for the dots."""
        options = [f"{key.replace('_', '.')}={value}" for key, value in {"seconds": self.seconds, **settings}.items()]
        if action == "produce":
            options.append(f"bytes={machine.WRITTEN_BYTES}")
        return self.run(server, self.path("rdkafka_perf"), action, server.at, topic, *options)

    def rdkafka_start(self, server, action, topic, **settings):
        options = [f"{key.replace('_', '.')}={value}" for key, value in settings.items()]
        return popen([self.path("rdkafka_perf"), action, server.at, topic, *options])

    def wire(self, server, action, topic, size=100, **options):
        """The raw client: no client library between the broker and the clock. Bytes are the payload's
        here too, not those of the batches."""
        arguments = ["bench", "wire", action, "--bootstrap-server", server.at.split(",")[0], "--topic", topic, "--json"]
        if action != "fetch":
            options["record_size"] = size
        if "records" not in options:
            options["seconds"] = max(1, round(self.seconds))
            if action == "produce":
                options["records"] = machine.WRITTEN_BYTES // size
        for key, value in options.items():
            arguments += ["--" + key.replace("_", "-"), value]

        def read(report):
            report["cpu_s"] = report["client_cpu_us_per_record"] * report["records"] / 1e6
            return {**report, "messages": report["records"], "bytes": report["records"] * size}
        return self.run(server, self.odradek, *arguments, read=read)

    def foreign(self, program, server, action, at, name, **options):
        """A client of another broker: all take the same arguments (perf.h)."""
        options = [f"{key}={value}" for key, value in {"seconds": self.seconds, **options}.items()]
        return self.run(server, self.path(program), action, at, name, *options)

    def run(self, server, program, *arguments, read=lambda report: report):
        if not program:
            raise Failed("the client could not be built")
        before = server.cpu_s()
        report = read(finish(popen([program, *arguments])))
        return figures(report, server.cpu_s() - before if server.pids() else None)


def popen(command):
    return subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def finish(process):
    """What the program reported: its last line of output, or all of it."""
    try:
        out, errors = process.communicate(timeout=RUN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Failed(f"no end within {RUN_S} s")
    if process.returncode:
        words = errors.decode(errors="replace").strip().splitlines() or [f"status {process.returncode}"]
        raise Failed(words[-1][:160])
    try:
        return json.loads(out)
    except ValueError:
        raise Failed("no JSON: " + out.decode(errors="replace")[-80:].strip())


def figures(report, server_cpu_s):
    messages, seconds = report["messages"], report["seconds"]
    if not messages or seconds <= 0:
        raise Failed("no message went through")
    found = {"msgs_s": messages / seconds, "mb_s": report["bytes"] / seconds / 1e6, "messages": messages,
             "seconds": seconds, "client_us": report["cpu_s"] / messages * 1e6}
    if server_cpu_s is not None:
        found["server_us"] = server_cpu_s / messages * 1e6
    for name in ("p50_us", "p99_us", "p999_us"):
        if name in report:
            found[name] = report[name]
    return found

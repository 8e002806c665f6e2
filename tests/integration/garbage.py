"""Goal:   garbage on the socket closes that connection, with a reason in the log; nobody else notices.
Method: a well-behaved client asks for ApiVersions after each piece of garbage; the broker's memory is
        read from /proc at the end.   usage: garbage.py PORT BROKER-PID LOG-FILE    prints TAP"""
import os
import random
import socket
import struct
import sys
import time

port, pid, log = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng = random.Random(4711)


def connect():
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def frame(body):
    return struct.pack(">i", len(body)) + body


def header(key, version, client=b"garbage"):
    return struct.pack(">hhih", key, version, 7, len(client)) + client


def read_frame(s):
    data = b""
    while len(data) < 4 or len(data) < 4 + struct.unpack(">i", data[:4])[0]:
        more = s.recv(65536)
        if not more:
            raise ConnectionError("closed")
        data += more
    return data[4:]


def is_closed(s, seconds=5):
    s.settimeout(seconds)
    try:
        while s.recv(65536):
            pass
        return True
    except ConnectionError:
        return True
    except socket.timeout:
        return False


def report(good, what):
    print(("ok" if good else "not ok") + " - " + what)


bystander = connect()


def bystander_is_served():
    bystander.sendall(frame(header(18, 0)))
    answer = read_frame(bystander)
    return answer[:4] == struct.pack(">i", 7)


def expect_closed(what, data):
    s = connect()
    try:
        s.sendall(data)
    except ConnectionError:
        pass
    closed = is_closed(s)
    s.close()
    report(closed and bystander_is_served(), what + ": closed, and others are served")


expect_closed("a size of 2 GiB", struct.pack(">i", 0x7FFFFFFF) + b"x" * 1000)
expect_closed("a negative size", struct.pack(">i", -1) + b"x" * 100)
expect_closed("an empty frame", frame(b""))
expect_closed("half a header", frame(b"\0\x03\0"))
expect_closed("an unknown API", frame(header(999, 0)))
expect_closed("a version too new", frame(header(0, 99) + b"\0" * 50))
expect_closed("a billion topics", frame(header(3, 4) + struct.pack(">i", 1_000_000_000) + b"\0" * 20))
expect_closed("a negative array", frame(header(1, 4) + struct.pack(">iiiibi", -1, 0, 0, 0, 0, -5)))
nested = struct.pack(">hhi", -1, 1, 1000) + struct.pack(">i", 1) + struct.pack(">h", 1) + b"t" + struct.pack(">i", 999_999_999)
expect_closed("nested arrays that claim a billion entries", frame(header(0, 7) + nested))
expect_closed("a string longer than the frame", frame(header(3, 4) + struct.pack(">ih", 1, 30000) + b"abc"))

closed = 0
for _ in range(200):
    s = connect()
    try:
        s.sendall(bytes(rng.randrange(256) for _ in range(rng.randrange(1, 600))))
        s.shutdown(socket.SHUT_WR)
    except ConnectionError:
        pass
    closed += is_closed(s)
    s.close()
report(closed == 200 and bystander_is_served(), "200 times random bytes: all closed, others are served")

closed = 0
for key, version in [(0, 7), (1, 11), (2, 2), (3, 7), (18, 3), (19, 4), (20, 1), (21, 1), (32, 2), (37, 1), (44, 0), (60, 0)]:
    for _ in range(25):
        s = connect()
        body = header(key, version) + bytes(rng.randrange(256) for _ in range(rng.randrange(0, 200)))
        try:
            s.sendall(frame(body))
            s.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass
        closed += is_closed(s)
        s.close()
report(closed == 300 and bystander_is_served(), "300 requests with random bodies: none hangs, others are served")

s = connect()
for byte in frame(header(18, 0)):
    s.sendall(bytes([byte]))
    time.sleep(0.002)
report(read_frame(s)[:4] == struct.pack(">i", 7), "a frame one byte at a time is answered")
s.close()

half = [connect() for _ in range(50)]
for s in half:
    s.sendall(struct.pack(">i", 90_000_000) + b"\0" * 10)
report(bystander_is_served(), "50 connections that claim 90 MB and send nothing: others are served")
for s in half:
    s.close()

with open(f"/proc/{pid}/status") as status:
    kib = [int(line.split()[1]) for line in status if line.startswith("VmHWM")][0]
report(kib < 400_000, f"peak memory stays bounded: {kib // 1024} MB")
with open(log) as text:
    reasons = [line for line in text if "closing" in line]
report(len(reasons) > 10, f"{len(reasons)} reasons are in the log")
os.kill(pid, 0)

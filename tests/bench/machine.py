"""machine.py - where it is measured: a network of its own, CPU time of processes, the limits.

A benchmark's figures are worth no more than its conditions. So the run moves into a network namespace
of its own where it may (root): loopback, congestion control reno for everybody, and no port that
anybody else has. And the CPU time that others took is counted, so that a verdict can be refused.
"""
import ctypes
import fcntl
import os
import platform
import shutil
import socket
import struct
import time

CLONE_NEWNET = 0x40000000
CONGESTION = "/proc/sys/net/ipv4/tcp_congestion_control"
MIB = 1 << 20


def first_line(path, otherwise=""):
    try:
        with open(path) as file:
            return file.readline().strip()
    except OSError:
        return otherwise


# --- the network ---

def enter_own_network():
    """A namespace with loopback under reno; False where that is not allowed: all stays as it was."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = bytearray(struct.pack("16sh14x", b"lo", 0))
        fcntl.ioctl(s, 0x8913, request)  # SIOCGIFFLAGS
        flags = struct.unpack("16sh14x", request)[1]
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", flags | 1))  # SIOCSIFFLAGS, IFF_UP
    try:
        with open(CONGESTION, "w") as file:
            file.write("reno")
    except OSError:
        pass
    return True


def congestion():
    return first_line(CONGESTION, "unknown")


def free_ports(count):
    """Ports that are free now, below those that the system gives to clients."""
    found, sockets = [], []
    port = 15000 + os.getpid() % 10000
    while len(found) < count:
        port = port + 1 if port < 32000 else 15000
        s = socket.socket()
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            s.close()
            continue
        sockets.append(s)
        found.append(port)
    for s in sockets:
        s.close()
    return found


# --- who spent what ---

def cpu_seconds(pid):
    """User and system time of a process and all its threads; 0 when there is none."""
    try:
        total = 0
        for task in os.listdir(f"/proc/{pid}/task"):
            total += int(first_line(f"/proc/{pid}/task/{task}/schedstat", "0").split()[0])
        if total:
            return total / 1e9
    except (OSError, IndexError):
        pass
    return ticks_of(pid) / os.sysconf("SC_CLK_TCK")


def stat_fields(pid):
    """What follows the name in /proc/PID/stat: state, parent, ..."""
    return first_line(f"/proc/{pid}/stat").rpartition(")")[2].split()


def ticks_of(pid):
    fields = stat_fields(pid)
    return int(fields[11]) + int(fields[12]) if len(fields) > 12 else 0


def kernel_threads_seconds():
    """Of kernel threads: they write back what was appended, and are nobody's foreign load."""
    ticks = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = stat_fields(name)
            if len(fields) > 12 and fields[1] == "2":
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def status(pid, key):
    """A number of /proc/PID/status: VmRSS (KiB), Threads."""
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


class Load:
    """What the machine did since this was made."""

    def __init__(self, servers_cpu_s):
        self.begun = self.now(servers_cpu_s)

    @staticmethod
    def now(servers_cpu_s):
        fields = [int(f) for f in first_line("/proc/stat").split()[1:9]]
        tick = os.sysconf("SC_CLK_TCK")
        busy = sum(fields[i] for i in (0, 1, 2, 5, 6)) / tick
        own = sum(os.times()[:4]) + kernel_threads_seconds() + servers_cpu_s
        return time.monotonic(), busy, own, fields[7] / tick

    def shares(self, servers_cpu_s):
        """(foreign, steal): shares of all the machine's CPU time, 0 to 1."""
        later = self.now(servers_cpu_s)
        wall, busy, own, steal = (b - a for a, b in zip(self.begun, later))
        capacity = max(wall, 1e-3) * os.cpu_count()
        return max(0.0, busy - own) / capacity, steal / capacity


# --- the limits: what the machine can do without any broker ---

def page_cache_write(directory, size=1 << 30, block_bytes=MIB):
    """Bytes a second of write()s of so many bytes into a new file, as dd does them."""
    block = os.urandom(block_bytes)
    path = os.path.join(directory, "limit")
    fd = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    try:
        begun = time.monotonic()
        for _ in range(size // block_bytes):
            os.write(fd, block)
        return size / (time.monotonic() - begun)
    finally:
        os.close(fd)
        os.unlink(path)


WRITTEN_BYTES = 400_000_000  # a producer's run ends there at the latest: fewer than can be warmed in time


def warm_memory(directory, size):
    """On a virtual machine whose host takes free pages back, a page's first touch costs ten times as
    much: a file is written at 0.3 GB/s, and at 4 right after another one was removed. Whoever comes
    after somebody who freed memory would win, so that each run that writes finds such memory. It is
    warmed by writes that end within pages, as a broker's do: whole MiB are taken from elsewhere, and
    leave the small pieces of free memory cold."""
    page_cache_write(directory, size, 550_037)


def to_socket(send, size):
    """Bytes a second from send(socket, bytes left) to a reader in another process that throws away."""
    listener = socket.create_server(("127.0.0.1", 0))
    child = os.fork()
    if child == 0:
        try:
            reader = socket.create_connection(listener.getsockname())
            buffer = bytearray(MIB)
            while reader.recv_into(buffer, MIB, socket.MSG_TRUNC):
                pass
        finally:
            os._exit(0)
    out, _ = listener.accept()
    begun = time.monotonic()
    left = size
    while left > 0:
        left -= send(out, left)
    out.close()
    listener.close()
    os.waitpid(child, 0)
    return size / (time.monotonic() - begun)


def loopback(size=4 << 30):
    block = memoryview(bytes(MIB))
    return to_socket(lambda out, left: out.send(block[:left]), size)


def raw_sendfile(directory, size=4 << 30, file_size=1 << 28):
    """sendfile() of 1 MiB at a time, from a file in the page cache, round and round."""
    path = os.path.join(directory, "limit")
    with open(path, "wb") as file:
        for _ in range(file_size // MIB):
            file.write(bytes(MIB))
    fd = os.open(path, os.O_RDONLY)
    try:
        return to_socket(lambda out, left: os.sendfile(out.fileno(), fd, (size - left) % file_size,
                                                       min(MIB, left, file_size - (size - left) % file_size)), size)
    finally:
        os.close(fd)
        os.unlink(path)


def fdatasyncs(directory, seconds=0.5):
    """4 KiB write and fdatasync, a second, in a growing file."""
    path = os.path.join(directory, "limit")
    fd = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    try:
        begun, count = time.monotonic(), 0
        while time.monotonic() - begun < seconds:
            os.write(fd, bytes(4096))
            os.fdatasync(fd)
            count += 1
        return count / (time.monotonic() - begun)
    finally:
        os.close(fd)
        os.unlink(path)


# --- in words ---

def cpu_model():
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)


def environment(scratch, own_network):
    """The conditions, as pairs of name and text."""
    return {
        "kernel": platform.release(),
        "cpu": f"{os.cpu_count()} x {cpu_model()}",
        "memory": f"{memory_gib():.0f} GiB",
        "network": "loopback in a namespace of its own" if own_network else "the system's loopback",
        "congestion control": congestion() if own_network else f"{congestion()} (Odradek sets reno for itself)",
        "scratch": f"{shutil.disk_usage(scratch).free / (1 << 30):.0f} GiB free",
    }

"""protocol.py - the few Kafka requests that the harness itself makes: is it there, who is in the
cluster, does it serve a partition, make a topic, drop it. The same bytes to every broker, so that none is asked more kindly."""
import socket
import struct
import time

API_LIST_OFFSETS, API_METADATA, API_VERSIONS, API_CREATE_TOPICS, API_DELETE_TOPICS = 2, 3, 18, 19, 20
TIMEOUT_MS = 10000
TOPIC_ALREADY_EXISTS = 36


def text(value):
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def split(at):
    host, _, port = at.rpartition(":")
    return host, int(port)


class ProtocolError(Exception):
    pass


def ask(at, api, version, body, timeout_s=15):
    """The answer's bytes behind the correlation id."""
    request = struct.pack(">hhi", api, version, 7) + text("bench") + body
    with socket.create_connection(split(at), timeout=timeout_s) as s:
        s.sendall(struct.pack(">i", len(request)) + request)
        answer = b""
        while len(answer) < 4 or len(answer) < 4 + struct.unpack(">i", answer[:4])[0]:
            more = s.recv(65536)
            if not more:
                raise ProtocolError("the connection was closed")
            answer += more
    return answer[8:]


def answers_api_versions(at):
    try:
        return ask(at, API_VERSIONS, 0, b"", 2)[:2] == b"\0\0"
    except (OSError, ProtocolError):
        return False


def broker_count(at):
    """How many brokers this one knows of; 0 when it does not answer."""
    try:
        return struct.unpack(">i", ask(at, API_METADATA, 1, struct.pack(">i", 0), 2)[:4])[0]
    except (OSError, ProtocolError, struct.error):
        return 0


def serves_partition(at, topic):
    """Does it lead the topic's partition 0, and know the end of its log? Behind the answer's names and
    numbers is an error code, a timestamp and the offset, the last 18 bytes."""
    body = struct.pack(">ii", -1, 1) + text(topic) + struct.pack(">iiq", 1, 0, -1)
    try:
        error, _, offset = struct.unpack(">hqq", ask(at, API_LIST_OFFSETS, 1, body, 2)[-18:])
        return error == 0 and offset > 0
    except (OSError, ProtocolError, struct.error):
        return False


def error_of_first_topic(answer):
    """Of CreateTopics v2 and DeleteTopics v1: throttle time, an array of name, error, ..."""
    (size,) = struct.unpack_from(">h", answer, 8)
    return struct.unpack_from(">h", answer, 10 + size)[0]


def create_topic(at, name, partitions=1, replicas=1, configs=None):
    body = struct.pack(">i", 1) + text(name) + struct.pack(">ihi", partitions, replicas, 0)
    body += struct.pack(">i", len(configs or {}))
    for key, value in (configs or {}).items():
        body += text(key) + text(str(value))
    body += struct.pack(">i?", TIMEOUT_MS, False)
    for _ in range(50):
        error = error_of_first_topic(ask(at, API_CREATE_TOPICS, 2, body))
        if error in (0, TOPIC_ALREADY_EXISTS):
            return
        time.sleep(0.1)  # not enough brokers yet, no controller yet
    raise ProtocolError(f"creating {name}: error {error}")


def delete_topic(at, name):
    ask(at, API_DELETE_TOPICS, 1, struct.pack(">i", 1) + text(name) + struct.pack(">i", TIMEOUT_MS))

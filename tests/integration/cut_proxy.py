"""A network between brokers that can be cut; see cluster_cut.sh.

usage: cut_proxy.py CUT PIDS FROM:TO:NODE...

Listens on each port FROM of 127.0.0.1 and passes bytes on to port TO, where NODE listens. Which node a
connection comes from is found by its socket among those of the processes: PIDS/NODE.pid holds the id
of a node's process; nobody's socket is a client's. The file CUT holds the nodes that are cut off from
the others, and the word "client" when they are cut off from clients as well. Nothing passes then, and
nothing says so, as when a cable is pulled. Bytes under way wait; they come through when the cut
heals, which is when the file is empty again.
"""
import asyncio
import os
import sys

cut_path, pids = sys.argv[1], sys.argv[2]


def cut_nodes():
    try:
        with open(cut_path) as f:
            return set(f.read().split())
    except FileNotFoundError:
        return set()


def inode_of(port, listen_port):
    """Of the socket at the other end: its own port is `port`. Several may have that one."""
    ends = [f"0100007F:{port:04X}", f"0100007F:{listen_port:04X}"]
    with open("/proc/net/tcp") as table:
        for line in table:
            fields = line.split()
            if fields[1:3] == ends:
                return fields[9]
    return None


def node_of(port, listen_port):
    socket = f"socket:[{inode_of(port, listen_port)}]"
    for name in sorted(os.listdir(pids)):
        if not name.endswith(".pid"):
            continue
        try:
            with open(os.path.join(pids, name)) as f:
                fds = f"/proc/{f.read().strip()}/fd"
            if any(os.readlink(os.path.join(fds, fd)) == socket for fd in os.listdir(fds)):
                return name[:-4]
        except OSError:
            pass
    return "client"


class Cut:
    """Which nodes are cut off now; looked at often enough for tests."""

    def __init__(self):
        self.nodes = set()
        self.changed = asyncio.Condition()

    async def watch(self):
        while True:
            nodes = cut_nodes()
            if nodes != self.nodes:
                async with self.changed:
                    self.nodes = nodes
                    self.changed.notify_all()
            await asyncio.sleep(0.02)

    def is_down(self, source, node):
        if source == "client":
            return "client" in self.nodes and node in self.nodes
        return source != node and bool({source, node} & self.nodes)

    async def passable(self, source, node):
        async with self.changed:
            await self.changed.wait_for(lambda: not self.is_down(source, node))


async def pump(reader, writer, cut, ends):
    try:
        while True:
            data = await reader.read(65536)
            await cut.passable(*ends)
            if not data:
                break
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    await cut.passable(*ends)  # the end of a connection is news as well
    writer.close()


async def main():
    cut = Cut()
    watcher = asyncio.create_task(cut.watch())
    for entry in sys.argv[3:]:
        listen_port, port, node = entry.split(":")
        listen_port, port = int(listen_port), int(port)

        async def serve(reader, writer, listen_port=listen_port, port=port, node=node):
            ends = (node_of(writer.get_extra_info("peername")[1], listen_port), node)
            await cut.passable(*ends)
            try:
                onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.close()
                return
            await asyncio.gather(pump(reader, onward_writer, cut, ends), pump(onward_reader, writer, cut, ends))

        await asyncio.start_server(serve, "127.0.0.1", listen_port)
    await watcher


asyncio.run(main())

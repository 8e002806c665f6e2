"""Passes a client's bytes on to a broker, and breaks connections at bad moments; see groups_guarantees.sh.

usage: groups_proxy.py FROM TO SEED CUTS

Listens on port FROM of 127.0.0.1, for the broker at port TO. One chunk in twenty is the last of its
connection: of an answer nothing is passed on, so the client cannot know that its request was obeyed; of a
request half is, or all. The file CUTS gets a line for each.
"""
import asyncio
import random
import sys

listen_port, port, seed = (int(word) for word in sys.argv[1:4])
cuts = open(sys.argv[4], "w", buffering=1)
dice = random.Random(seed)


async def pump(reader, writer, is_answer):
    while data := await reader.read(65536):
        if dice.random() < 0.05:
            if not is_answer:
                writer.write(data[:dice.choice([len(data) // 2, len(data)])])
                await writer.drain()
            cuts.write("answer\n" if is_answer else "request\n")
            return
        writer.write(data)
        await writer.drain()


async def serve(reader, writer):
    try:
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    pumps = [asyncio.create_task(pump(reader, onward_writer, False)),
             asyncio.create_task(pump(onward_reader, writer, True))]
    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    for task in pumps:
        task.cancel()
    await asyncio.gather(*pumps, return_exceptions=True)
    writer.close()
    onward_writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", listen_port)
    await server.serve_forever()


asyncio.run(main())

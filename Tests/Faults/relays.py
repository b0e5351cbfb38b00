"""TCP relays on loopback, all in one thread, through which the processes of a trial reach one another. A relay that is
cut holds back what is sent, as a network does that has lost a link; nobody is told."""

import asyncio
import re
import socket
import threading

# What a gateway answers to an order that stands in the log and was applied.
ACCEPTED = re.compile(rb'HTTP/1\.1 20[01] [^{]*\{"id":"([0-9a-f]{64})","position":(\d+)\}')
# Longer than such an answer, which may come in pieces.
ANSWER_BYTES = 4096
PIECE_BYTES = 1 << 16


class Relay:
    """A port that leads to another one, while it is not cut."""

    def __init__(self, relays: "Relays", target: int, book: "OrderBook | None"):
        self.relays, self.target, self.book = relays, target, book
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.is_whole = asyncio.Event()
        self.is_whole.set()

    def cut(self):
        self.relays.call(self.is_whole.clear)

    def mend(self):
        self.relays.call(self.is_whole.set)

    async def serve(self, reader, writer):
        await self.is_whole.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        tail = ReplyTail(self.book) if self.book else None
        ways = [self.pump(reader, far_writer, None), self.pump(far_reader, writer, tail)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        # Who closes one half is gone.
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for end in (writer, far_writer):
            end.close()

    async def pump(self, source, sink, tail):
        while piece := await source.read(PIECE_BYTES):
            await self.is_whole.wait()
            if tail:
                tail.take(piece)
            sink.write(piece)
            await sink.drain()


class OrderBook:
    """The orders that clients were told to be in the log, and where."""

    def __init__(self):
        self.positions: dict[str, int] = {}
        # Orders that two answers placed differently.
        self.contradictions: list[str] = []

    def note(self, order: str, position: int):
        if self.positions.setdefault(order, position) != position:
            self.contradictions.append(order)


class ReplyTail:
    """The end of what a gateway sent over one connection."""

    def __init__(self, book: OrderBook):
        self.book, self.bytes = book, b""

    def take(self, piece: bytes):
        self.bytes += piece
        end = 0
        for found in ACCEPTED.finditer(self.bytes):
            self.book.note(found[1].decode(), int(found[2]))
            end = found.end()
        self.bytes = self.bytes[end:][-ANSWER_BYTES:]


class Relays:
    """The thread of all relays."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def open(self, target: int, book: OrderBook | None = None) -> Relay:
        relay = Relay(self, target, book)
        start = asyncio.start_server(relay.serve, sock=relay.listener)
        asyncio.run_coroutine_threadsafe(start, self.loop).result()
        return relay

    def call(self, change):
        """Runs a change in the relays' thread, and waits for it."""

        async def run():
            change()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result()

    def close(self):
        async def end():
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

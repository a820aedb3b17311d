"""A server in the benchmark's process that receives PixelFlow's webhooks."""

import asyncio
import threading
import time

from harness.ports import free_port
from processes import BenchError


class Loop:
    """An asyncio loop on its own thread."""

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.run(self.start())
        return self

    def __exit__(self, *_):
        self.run(self.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def run(self, work, seconds=120):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)


class Receiver(Loop):
    """Answers every POST with 200, and records its body and the wall-clock time of its first byte."""

    def __init__(self):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.base}/hook"
        self.arrived = threading.Condition()
        self.messages = []

    async def start(self):
        self.server = await self.loop.create_server(lambda: Receiving(self), "127.0.0.1", self.port, backlog=1024)

    async def stop(self):
        self.server.close()

    def add(self, moment, body):
        with self.arrived:
            self.messages.append((moment, body))
            self.arrived.notify()

    def take(self, count, seconds=60):
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.messages) >= count, seconds):
                raise BenchError(f"{len(self.messages)} of {count} messages arrived within {seconds} s")
            taken, self.messages = self.messages[:count], self.messages[count:]
            return taken


class Receiving(asyncio.Protocol):
    def __init__(self, receiver):
        self.receiver = receiver
        self.buffer = b""
        self.moment = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.moment = self.moment or time.time()
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        length = int(head[head.index(b"content-length:") + 15:].split(b"\r\n", 1)[0])
        if len(self.buffer) < end + 4 + length:
            return
        body, self.buffer = self.buffer[end + 4:end + 4 + length], self.buffer[end + 4 + length:]
        self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        self.receiver.add(self.moment, body)
        self.moment = None

"""A server on this machine that receives PixelFlow's webhooks."""

import asyncio
import collections
import http
import threading
import time

from .failure import Failure

# The wall-clock time of the first byte, the headers by name in lower case, and the body.
Message = collections.namedtuple("Message", "moment headers body")


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
    """Responds to each message with `status` and `response`, and records it."""

    def __init__(self, response=b""):
        self.status = 200
        self.response = response
        self.arrived = threading.Condition()
        self.messages = []

    async def start(self):
        self.server = await self.loop.create_server(lambda: Connection(self), "127.0.0.1", 0, backlog=1024)
        self.base = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        self.url = f"{self.base}/hook"

    async def stop(self):
        self.server.close()

    def add(self, message):
        with self.arrived:
            self.messages.append(message)
            self.arrived.notify()

    def take(self, count, seconds=60):
        """The oldest messages that have not been taken, once there are this many."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.messages) >= count, seconds):
                raise Failure(f"{len(self.messages)} of {count} messages arrived within {seconds} s")
            taken, self.messages = self.messages[:count], self.messages[count:]
            return taken

    def next(self):
        """The headers and the body of the oldest message that has not been taken."""
        return self.take(1)[0][1:]


class Connection(asyncio.Protocol):
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
        lines = self.buffer[:end].decode("latin-1").split("\r\n")[1:]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        rest = self.buffer[end + 4:]
        length = int(headers["content-length"])
        if len(rest) < length:
            return
        body, self.buffer = rest[:length], rest[length:]
        status = http.HTTPStatus(self.receiver.status)
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-length: {len(self.receiver.response)}\r\n\r\n"
        self.transport.write(head.encode() + self.receiver.response)
        self.receiver.add(Message(self.moment, headers, body))
        self.moment = None

"""How fast, and at what rate, clients are notified about finished tasks: webhooks and WebSockets, all in one process.

The receiver and the clients share the cores with what they measure.
"""

import asyncio
import base64
import datetime
import json
import os
import struct
import time

import pixelflow
from harness.receiver import Loop, Receiver
from http_connection import request_head
from plan import EDGE, interleaved, say
from processes import BenchError, cpu_seconds, resident_mib
from report import Line, Section
from samples import percentile_ms
from throughput import SMALL_WINDOW, repeated

ENDPOINTS = 20  # of one organisation: the maximum
USERS = 20
CLIENTS = 1000
CHANGES = 1.0  # per second, for each client
DATA = b'"data":'


def measure(plan, inputs):
    pictures = [picture.read_bytes() for picture in inputs.pngs]
    pipeline = pixelflow.fit(EDGE, "png")
    return [*webhooks(plan, pictures, pipeline), sockets(plan, pictures, pipeline)]


def webhooks(plan, pictures, pipeline):
    with Receiver() as receiver, pixelflow.started(
            plan.pixelflow, plan.work / "webhooks", PIXELFLOW_WEBHOOK_ALLOW_NETWORKS="127.0.0.0/8") as system:
        add(system, receiver, 1)
        system.process_many(repeated(pictures, plan.singles), pipeline, 1)
        receiver.take(plan.singles)  # from the warm-up
        for picture in repeated(pictures, plan.singles):
            system.process_one(picture, pipeline)
        delays = [moment - ended(body) for moment, _, body in receiver.take(plan.singles)]
        add(system, receiver, ENDPOINTS - 1)
        tasks = max(plan.small // 4, 50)

        def rate():
            system.process_many(repeated(pictures, tasks), pipeline, SMALL_WINDOW)
            moments = [moment for moment, *_ in receiver.take(tasks * ENDPOINTS)]
            return (len(moments) - 1) / (max(moments) - min(moments))

        rates = interleaved(plan.rounds, {"deliveries": rate})["deliveries"]
    return [
        Section("Webhooks: from the end of a task to the first byte at the receiver, one task at a time", [
            Line("50th percentile", [percentile_ms([delays], 0.5)], "ms", limit=20),
            Line("99th percentile", [percentile_ms([delays], 0.99)], "ms", limit=100),
        ], [f"{plan.singles} tasks"]),
        Section(f"Webhooks: deliveries while {ENDPOINTS} webhooks receive every task", [
            Line("deliveries", rates, "a second", digits=0),
        ], [f"{tasks} tasks of 64 x 64 PNGs a round, rendered meanwhile; the target of 1,000 a second is without rendering"]),
    ]


def idle_event_streams(plan, pictures, pipeline):
    """KB per server-sent event stream."""
    with pixelflow.started(plan.pixelflow, plan.work / "streams") as system:
        users = [system.another() for _ in range(USERS)]
        users[0].process_one(pictures[0], pipeline)
        before = resident_mib(system.pid)
        with Sockets(system.port, [user.token for user in users], EventStreamClient):
            return (resident_mib(system.pid) - before) * 1024 / CLIENTS


def sockets(plan, pictures, pipeline):
    """Each user has several clients, and tasks at a rate that causes `CHANGES` per second for each client."""
    seconds = max(10, plan.seconds * 4)
    stream_memory = idle_event_streams(plan, pictures, pipeline)
    with pixelflow.started(plan.pixelflow, plan.work / "sockets") as system:
        users = [system.another() for _ in range(USERS)]
        users[0].process_one(pictures[0], pipeline)
        before = resident_mib(system.pid)
        with Sockets(system.port, [user.token for user in users]) as clients:
            memory = (resident_mib(system.pid) - before) * 1024 / CLIENTS
            busy, received = cpu_seconds(system.pid), clients.received
            begun = time.monotonic()
            submit(users, pictures, pipeline, seconds)
            clients.settle()
            elapsed = time.monotonic() - begun
            busy, received = cpu_seconds(system.pid) - busy, clients.received - received
            delays = clients.delays
    say(f"  {received} messages in {elapsed:.1f} s")
    return Section(f"{CLIENTS} WebSocket clients of {USERS} organisations, each receives its own changes", [
        Line("memory for each idle stream", [memory], "KB", limit=30),
        Line("memory for each idle stream of server-sent events, instead", [stream_memory], "KB", limit=30),
        Line("messages", [received / elapsed], "a second", digits=0),
        Line("processor of the service, rendering apart", [busy / elapsed * 100], "% of one core"),
        Line("from the end of a task to the client, 50th percentile", [percentile_ms([delays], 0.5)], "ms"),
        Line("from the end of a task to the client, 99th percentile", [percentile_ms([delays], 0.99)], "ms"),
    ])


def submit(users, pictures, pipeline, seconds):
    """One picture after another, for each user in turn. A task causes about three changes."""
    pause = 3 / (CHANGES * len(users))
    end = time.monotonic() + seconds
    number = 0
    while (now := time.monotonic()) < end:
        user = users[number % len(users)]
        user.upload(user.connections[0], pictures[number % len(pictures)], pipeline)
        number += 1
        time.sleep(max(0, now + pause - time.monotonic()))
    for index, user in enumerate(users):
        for _ in range(len(range(index, number, len(users)))):
            user.events.next_end()


def add(system, receiver, count):
    body = json.dumps({"url": receiver.url, "events": ["task.completed"], "description": "bench"}).encode()
    head = request_head("POST", "/api/webhooks", len(body), Authorization=f"Bearer {system.token}", Content_Type="application/json")
    for _ in range(count):
        status, response = system.connections[0].send(head, body)
        if status != 201:
            raise BenchError(f"POST /api/webhooks: {status} {response[:300]!r}")


def ended(body):
    """The wall-clock time at which the task of a message finished."""
    return datetime.datetime.fromisoformat(json.loads(body)["data"]["completed_at"]).timestamp()


class Sockets(Loop):
    """WebSockets of several users; counts received messages, and records how late ends of tasks are reported."""

    def __init__(self, port, tokens, client=None):
        self.port = port
        self.tokens = tokens
        self.client = client or Client
        self.received = 0
        self.delays = []

    async def start(self):
        self.transports = []
        # Sequentially, because concurrent requests would use memory that streams do not need but that the process keeps.
        for index in range(CLIENTS):
            token = self.tokens[index % len(self.tokens)]
            transport, client = await self.loop.create_connection(lambda t=token: self.client(self, t), "127.0.0.1", self.port)
            self.transports.append(transport)
            await asyncio.wait_for(client.opened, 60)

    async def stop(self):
        for transport in self.transports:
            transport.abort()

    def settle(self):
        """Returns when nothing has arrived for half a second."""
        seen = -1
        while seen != self.received:
            seen = self.received
            time.sleep(0.5)


class Client(asyncio.Protocol):
    """Reads the unmasked frames of a server, and replies to pings."""

    def __init__(self, sockets, token):
        self.sockets = sockets
        self.token = token
        self.buffer = b""
        self.is_open = False
        self.opened = sockets.loop.create_future()

    def connection_made(self, transport):
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            (f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nAuthorization: Bearer {self.token}\r\n\r\n").encode())

    def data_received(self, data):
        moment = time.time()
        self.buffer += data
        if not self.is_open:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self.buffer.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(BenchError(f"no WebSocket: {self.buffer[:200]!r}"))
                return
            self.buffer = self.buffer[end + 4:]
            self.is_open = True
            self.opened.set_result(None)
        while frame := self.frame():
            opcode, payload = frame
            if opcode == 9:
                self.transport.write(bytes([0x8A, 0x80 | len(payload)]) + bytes(4) + payload)
            elif opcode == 1:
                self.sockets.received += 1
                if b'"status":"COMPLETED"' in payload:
                    task = json.loads(payload[payload.index(DATA) + len(DATA):-1])
                    ended_at = datetime.datetime.fromisoformat(task["completed_at"]).timestamp()
                    self.sockets.delays.append(moment - ended_at)

    def frame(self):
        """The next complete frame as opcode and payload, or None."""
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length == 126:
            if len(buffer) < 4:
                return None
            length, start = struct.unpack_from(">H", buffer, 2)[0], 4
        elif length == 127:
            if len(buffer) < 10:
                return None
            length, start = struct.unpack_from(">Q", buffer, 2)[0], 10
        if len(buffer) < start + length:
            return None
        self.buffer = buffer[start + length:]
        return buffer[0] & 0x0F, buffer[start:start + length]


class EventStreamClient(asyncio.Protocol):
    """Reads a server-sent event stream on which nothing is expected."""

    def __init__(self, sockets, token):
        self.token = token
        self.head = b""
        self.opened = sockets.loop.create_future()

    def connection_made(self, transport):
        transport.write(f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode())

    def data_received(self, data):
        if self.opened.done():
            return
        self.head += data
        if b"retry:" in self.head:
            self.opened.set_result(None)
        elif not b"HTTP/1.1 200".startswith(self.head[:12]):
            self.opened.set_exception(BenchError(f"no event stream: {self.head[:200]!r}"))

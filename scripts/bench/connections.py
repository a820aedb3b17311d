"""Uploads of one client while others hold idle connections of every kind, and event streams that they do not read."""

import contextlib
import errno
import http.client
import os
import secrets
import selectors
import socket
import threading
import time

from harness.account import Account
from harness.failure import expect
from harness.pixelflow import Instance
from plan import say
from report import Line, Section
from samples import percentile

ATTACKER, CLIENT = "127.0.0.2", "127.0.0.3"
IDLE, HALF, SLOW, STREAMS = 10_000, 2_000, 500, 1_000
# Per address, the maximum for a user.
STREAMS_EACH = 64
# New connections per second, to replace those that the service closes.
RENEWED = 100
GRANTED_SECONDS = 0.020
PACE_SECONDS = 1


class Held:
    """A connection of the attacker. If it does not read, it has a small window, so that data waits in the service."""

    def __init__(self, port, opening=b"", drip=b"", address=ATTACKER, reads=True):
        self.reads = reads
        self.drip = drip
        self.opening = opening
        self.socket = socket.socket()
        if not reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setblocking(False)
        self.socket.bind((address, 0))
        code = self.socket.connect_ex(("127.0.0.1", port))
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))


class Attack(threading.Thread):
    """Keeps connections open until it is stopped, reopening closed ones at a limited rate."""

    def __init__(self, ports, token):
        super().__init__(daemon=True)
        head = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"
        stream = f"GET /api/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        every = [ports[name] for name in ("web", "auth", "api", "worker")]
        self.wanted = [{"port": every[n % 4]} for n in range(IDLE)]
        self.wanted += [{"port": every[n % 4], "opening": b"GET /api/tasks HTTP/1.1\r\nHost: a\r\nX-Half: "} for n in range(HALF)]
        self.wanted += [{"port": ports["auth"], "opening": head, "drip": b" "} for n in range(SLOW)]
        self.wanted += [
            {"port": ports["api"], "opening": stream, "address": f"127.0.1.{1 + n // STREAMS_EACH}", "reads": False}
            for n in range(STREAMS)]
        self.selector = selectors.DefaultSelector()
        self.held = {}
        self.missing = list(range(len(self.wanted)))
        self.stopping = threading.Event()
        self.opened = self.closed = self.most = self.streams = 0
        self.responses = {}

    def run(self):
        while not self.stopping.is_set():
            start = time.monotonic()
            count = RENEWED if self.opened >= len(self.wanted) else len(self.missing)
            missing, self.missing = self.missing[:count], self.missing[count:]
            for number in missing:
                self.open(number)
            for held in list(self.held.values()):
                if held.drip and not held.opening:
                    with contextlib.suppress(OSError):  # handled as closed below
                        held.socket.send(held.drip)
            while time.monotonic() < start + PACE_SECONDS and not self.stopping.is_set():
                for key, events in self.selector.select(0.1):
                    self.serve(key.data, events)
            self.most = max(self.most, len(self.held))
        for held in self.held.values():
            held.socket.close()

    def open(self, number):
        try:
            held = Held(**self.wanted[number])
        except OSError:
            self.missing.append(number)
            return
        self.opened += 1
        self.held[number] = held
        self.selector.register(held.socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if held.opening else 0), number)

    def serve(self, number, events):
        held = self.held[number]
        try:
            if events & selectors.EVENT_WRITE and held.opening:
                held.socket.send(held.opening)
                held.opening = b""
                self.selector.modify(held.socket, selectors.EVENT_READ, number)
            if not events & selectors.EVENT_READ:
                return
            response = held.socket.recv(4096)
            if response.startswith(b"HTTP/1.1 "):
                status = response[9:12].decode()
                self.responses[status] = self.responses.get(status, 0) + 1
                if not held.reads and status == "200":
                    self.selector.unregister(held.socket)
                    self.streams += 1
                return
            if response:
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.selector.unregister(held.socket)
        held.socket.close()
        del self.held[number]
        self.missing.append(number)
        self.closed += 1

    def stop(self):
        self.stopping.set()
        self.join()


def upload(port, token, picture):
    """Seconds for one upload over a new connection."""
    start = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(CLIENT, 0))
    try:
        connection.request("POST", "/api/upload", picture, {
            "authorization": f"Bearer {token}", "content-type": "image/png", "idempotency-key": secrets.token_hex(8)})
        response = connection.getresponse()
        body = response.read()
        expect(response.status == 202, f"an upload received {response.status}: {body[:300]}")
    finally:
        connection.close()
    return time.monotonic() - start


def upload_times(ports, token, picture, uploads):
    """Seconds for each upload, alternating between api and web."""
    times = {"api": [], "web": []}
    for number in range(uploads):
        name = ("api", "web")[number % 2]
        times[name].append(upload(ports[name], token, picture))
        time.sleep(0.05)
    return times


def sign_in(bases):
    return Account(bases["auth"], bases["api"], "bench").register().log_in().token


def measure(plan, inputs):
    picture = inputs.pngs[0].read_bytes()
    settings = {"PIXELFLOW_EVENT_STREAMS_PER_USER": str(STREAMS)}
    with Instance(plan.pixelflow, plan.work, settings) as instance:
        ports = instance.ports
        client, attacker = sign_in(instance.bases), sign_in(instance.bases)
        upload_times(ports, client, picture, 10)
        before = upload_times(ports, client, picture, 4 * plan.singles)
        attack = Attack(ports, attacker)
        attack.start()
        time.sleep(3)
        during = upload_times(ports, client, picture, 4 * plan.singles)
        attack.stop()
        expect(instance.process.status is None, f"the service ended with {instance.process.status}")
        expect(upload(ports["api"], client, picture) < 20, "the service does not recover")
        note = (f"{IDLE:,} idle, {HALF:,} half a header, {SLOW} a byte of a body a second, {STREAMS:,} event streams that read nothing: "
                f"{attack.most:,} held at a time ({attack.streams:,} streams), {attack.closed:,} closed by the service")
        say(f"  responses to the others: {attack.responses}")
        return Section("Uploads while others hold connections, 64 x 64 PNG, 99th percentile", [
            line for name in before for line in lines(name, percentile(before[name], 0.99), percentile(during[name], 0.99))], [note])


def lines(name, alone, beside):
    bound = max(2 * alone, alone + GRANTED_SECONDS)
    return [Line(f"{name}, alone", [alone * 1000], "ms"), Line(f"{name}, beside them", [beside * 1000], "ms", limit=round(bound * 1000))]

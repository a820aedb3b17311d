"""The all-in-one PixelFlow for the benchmarks: used over HTTP, with completion reported by the event stream."""

import contextlib
import http.client
import itertools
import json
import queue
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from harness.account import END_STATES, Account
from harness.pixelflow import Instance
from http_connection import Connection, request_head
from processes import BenchError, children_of, resident_mib

CONNECTIONS = 4


def fit(edge, image_format, **options):
    resize = {"op": "resize", "width": edge, "height": edge, "fit": "inside"}
    return {"outputs": [{"name": "image", "operations": [resize], "format": image_format, **options}]}


@contextlib.contextmanager
def started(executable, folder, **settings):
    """A PixelFlow on free ports, with one registered user; `settings` are environment variables."""
    # One user sends as much as thousands would.
    settings = {"PIXELFLOW_LOG_LEVEL": "warning", "PIXELFLOW_RATE_LIMITS": "off", **settings}
    with Instance(executable, folder, settings) as instance:
        yield PixelFlow(instance.process, instance.ports)


class PixelFlow:
    def __init__(self, process, ports):
        self.pid = process.pid
        self.port = ports["api"]
        self.ports = ports
        self.token = Account(f"http://127.0.0.1:{ports['auth']}", f"http://127.0.0.1:{self.port}", "bench").register().log_in().token
        self.events = EventStream(self.port, self.token)
        self.connections = [Connection(self.port) for _ in range(CONNECTIONS)]
        self.uploads = 0  # unfinished ones of `process_for`

    def another(self):
        """The same PixelFlow for another user, with their own organisation."""
        return PixelFlow(SameProcess(self.pid), self.ports)

    def upload(self, connection, picture, pipeline, priority="normal"):
        target = f"/api/upload?priority={priority}&pipeline=" + urllib.parse.quote(json.dumps(pipeline))
        head = request_head(
            "POST", target, len(picture), Authorization=f"Bearer {self.token}", Content_Type="application/octet-stream")
        status, body = connection.send(head, picture)
        if status != 202:
            raise BenchError(f"upload: {status} {body[:300]!r}")
        return body

    def process_many(self, pictures, pipeline, window):
        """Uploads all pictures, with at most `window` in progress, and returns the seconds until the last one is COMPLETED."""
        permits = threading.Semaphore(window)
        waiting = queue.SimpleQueue()
        for picture in pictures:
            waiting.put(picture)

        def send(connection):
            while True:
                permits.acquire()
                try:
                    picture = waiting.get_nowait()
                except queue.Empty:
                    permits.release()
                    return
                self.upload(connection, picture, pipeline)

        start = time.monotonic()
        with ThreadPoolExecutor(len(self.connections)) as pool:
            senders = [pool.submit(send, connection) for connection in self.connections]
            for _ in pictures:
                self.events.next_end()
                permits.release()
            elapsed = time.monotonic() - start
            for sender in senders:
                sender.result()
        return elapsed

    def process_for(self, seconds, pictures, pipeline, window):
        """Keeps `window` tasks in progress for this time, and returns how many have finished. Others finish later: see `drain`."""
        over = threading.Event()
        permits = threading.Semaphore(window)
        sent = itertools.count()

        def send(connection):
            while True:
                permits.acquire()
                if over.is_set():
                    return
                number = next(sent)
                self.upload(connection, pictures[number % len(pictures)], pipeline)
                self.uploads += 1

        ended = 0
        end = time.monotonic() + seconds
        with ThreadPoolExecutor(len(self.connections)) as pool:
            senders = [pool.submit(send, connection) for connection in self.connections]
            while (left := end - time.monotonic()) > 0:
                with contextlib.suppress(BenchError):
                    self.events.next_end(left)
                    ended += 1
                    permits.release()
            over.set()
            for _ in senders:
                permits.release()
            for sender in senders:
                sender.result()
        self.uploads -= ended
        return ended

    def drain(self):
        """Waits for the tasks that `process_for` has left in progress."""
        while self.uploads > 0:
            self.events.next_end(120)
            self.uploads -= 1

    def process_one(self, picture, pipeline):
        """Seconds from the first byte of the upload to the COMPLETED event."""
        start = time.monotonic()
        self.upload(self.connections[0], picture, pipeline)
        return self.events.next_end()[0] - start

    def output(self, task):
        target = f"/api/tasks/{task['id']}/outputs/image"
        return self.connections[0].send(request_head("GET", target, Authorization=f"Bearer {self.token}"))[1]

    def memory(self):
        """Resident MiB of the process itself, and of all its render processes."""
        return resident_mib(self.pid), sum(resident_mib(child) for child in children_of(self.pid))


class SameProcess:
    def __init__(self, pid):
        self.pid = pid


class EventStream:
    """Reads `/api/events` on a thread and passes on finished tasks; reconnects and continues on its own."""

    def __init__(self, port, token):
        self.port = port
        self.token = token
        self.last_id = None
        self.ends = queue.SimpleQueue()
        self.seen = set()
        self.opened = threading.Event()
        threading.Thread(target=self._follow, daemon=True).start()
        if not self.opened.wait(10):
            raise BenchError("the event stream does not open")

    def next_end(self, seconds=60):
        """The time at which a task finished, and the task; raises if it has failed."""
        try:
            moment, task = self.ends.get(timeout=seconds)
        except queue.Empty:
            raise BenchError(f"no task ended for {seconds:.0f} s") from None
        if task["status"] != "COMPLETED":
            raise BenchError(f"a task ended {task['status']}: {task.get('error')}")
        return moment, task

    def _follow(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                self._read_stream()

    def _read_stream(self):
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", "/api/events", headers=headers)
        response = connection.getresponse()
        rest = b""
        while data := response.read1(262144):
            self.opened.set()
            moment = time.monotonic()
            *blocks, rest = (rest + data).split(b"\n\n")
            for block in blocks:
                self._take(block, moment)
        connection.close()

    def _take(self, block, moment):
        fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line and not line.startswith(b":"))
        if fields.get(b"event") != b"task":
            return
        self.last_id = fields[b"id"].decode()
        task = json.loads(fields[b"data"])
        if task["status"] in END_STATES and task["id"] not in self.seen:
            self.seen.add(task["id"])
            self.ends.put((moment, task))

"""Celery with Redis and pyvips, and two worker processes.

Differences favour the peer: it has no HTTP upload (the client writes the source to a file), Redis stores
nothing on disk by default, and files are never synced. PixelFlow responds to an upload only when the task is on disk.
"""

import collections
import contextlib
import itertools
import os
import time
from pathlib import Path

from harness.ports import free_port
from processes import BenchError, running

HERE = Path(__file__).parent
WORKERS = 2


@contextlib.contextmanager
def started(folder, venv):
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    redis = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"]
    url = f"redis://127.0.0.1:{port}/0"
    environment = {"PEER_REDIS": url, "VIPS_CONCURRENCY": "1", "PYTHONPATH": str(HERE)}
    worker = [venv / "bin/celery", "-A", "celery_tasks", "worker", "--pool", "prefork", "--concurrency", WORKERS,
              "--loglevel", "WARNING"]
    with running(redis, folder / "redis.log") as server:
        server.wait_until_listening(port)
        with running(worker, folder / "worker.log", environment, folder):
            os.environ["PEER_REDIS"] = url
            peer = CeleryPeer(folder / "files", url)
            peer.wait_until_ready()
            yield peer


class CeleryPeer:
    def __init__(self, folder, url):
        from celery_tasks import thumbnail  # reads the address of Redis on import

        if thumbnail.app.conf.broker_url != url:
            raise BenchError("a second Celery in one process would talk to the Redis of the first")
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.thumbnail = thumbnail
        self.numbers = itertools.count()

    def wait_until_ready(self):
        for _ in range(30):
            if self.thumbnail.app.control.ping(timeout=1):
                return
        raise BenchError("the Celery worker does not respond: see worker.log under .bench")

    def sync_redis(self, wanted):
        """Makes Redis append to a file and sync it before it replies, or use only memory."""
        client = self.thumbnail.app.backend.client
        client.config_set("appendfsync", "always")
        client.config_set("appendonly", "yes" if wanted else "no")
        deadline = time.monotonic() + 10
        while client.info("persistence")["aof_rewrite_in_progress"] and time.monotonic() < deadline:
            time.sleep(0.01)

    @contextlib.contextmanager
    def synced(self):
        self.sync_redis(True)
        try:
            yield self
        finally:
            self.sync_redis(False)

    def submit(self, picture, edge, suffix):
        number = next(self.numbers)
        source = self.folder / f"{number}.source"
        source.write_bytes(picture)
        return self.thumbnail.delay(str(source), str(self.folder / f"{number}{suffix}"), edge)

    def process_many(self, pictures, edge, suffix, window):
        """Submits all pictures, with at most `window` in progress, and returns the seconds until the last result."""
        waiting = collections.deque()
        start = time.monotonic()
        for picture in pictures:
            if len(waiting) >= window:
                waiting.popleft().get(timeout=60)
            waiting.append(self.submit(picture, edge, suffix))
        while waiting:
            waiting.popleft().get(timeout=60)
        return time.monotonic() - start

    def process_one(self, picture, edge, suffix):
        start = time.monotonic()
        self.submit(picture, edge, suffix).get(timeout=60)
        return time.monotonic() - start

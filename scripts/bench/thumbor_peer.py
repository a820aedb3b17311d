"""thumbor with two processes; a picture is complete when its thumbnail has been read."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

from harness.ports import free_port
from http_connection import Connection, request_head
from processes import BenchError, running

PROCESSES = 2
CONNECTIONS = 4
SETTINGS = """
LOADER = "thumbor.loaders.file_loader"
FILE_LOADER_ROOT_PATH = {root!r}
STORAGE = "thumbor.storages.no_storage"
RESULT_STORAGE = None
QUALITY = 80
"""


@contextlib.contextmanager
def started(folder, venv, pictures):
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "thumbor.conf"
    settings.write_text(SETTINGS.format(root=str(pictures)))
    port = free_port()
    command = [venv / "bin/thumbor", "--port", port, "--ip", "127.0.0.1", "--conf", settings, "--processes", PROCESSES,
               "--log-level", "error"]
    with running(command, folder / "thumbor.log") as process:
        process.wait_until_listening(port)
        yield Thumbor(port)


class Thumbor:
    def __init__(self, port):
        self.port = port

    def process_many(self, names, edge):
        """Seconds until the last thumbnail has been read."""
        waiting = iter(names)
        connections = [Connection(self.port) for _ in range(CONNECTIONS)]

        def fetch(connection):
            for name in waiting:  # `next` is atomic
                status, body = connection.send(request_head("GET", f"/unsafe/fit-in/{edge}x{edge}/{name}"))
                if status != 200 or not body:
                    raise BenchError(f"thumbor: {status}")

        start = time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for fetched in [pool.submit(fetch, connection) for connection in connections]:
                fetched.result()
        elapsed = time.monotonic() - start
        for connection in connections:
            connection.close()
        return elapsed

"""A pixelflow of our own, on free ports and a temporary folder, that can be stopped and started again."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

SERVICES = ("web", "auth", "api", "worker")
START_SECONDS = 60
STOP_SECONDS = 40


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class Instance:
    def __init__(self, executable, folder, settings=None):
        self.executable = executable
        self.folder = folder
        self.settings = settings or {}
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
        self.address = f"http://127.0.0.1:{self.ports['web']}"
        self.process = None

    @property
    def database(self):
        return self.folder / "data" / "tasks.sqlite"

    def start(self):
        options = [text for name, port in self.ports.items() for text in (f"--{name}-port", str(port))]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PIXELFLOW_")}
        # The tests hand out pictures from this machine, and register many people.
        environment |= {
            "PIXELFLOW_FETCH_ALLOW_NETWORKS": "127.0.0.0/8", "PIXELFLOW_FETCH_ALLOW_PORTS": "1-65535",
            "PIXELFLOW_AUTH_BCRYPT_COST": "4", "PIXELFLOW_AUTH_REGISTRATIONS_PER_HOUR": "10000", **self.settings,
        }
        with open(self.folder / "pixelflow.log", "ab") as log:
            self.process = subprocess.Popen(
                [self.executable, "--data-dir", str(self.folder / "data"), "--host", "127.0.0.1", *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
            )
        self._wait_until_ready()

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"pixelflow ended with {self.process.returncode}\n{self._tail()}")
            try:
                if all(self._is_ready(port) for port in self.ports.values()):
                    return
            except (urllib.error.URLError, OSError):
                pass  # not listening yet
            time.sleep(0.05)
        raise RuntimeError(f"pixelflow is not ready after {START_SECONDS} s\n{self._tail()}")

    @staticmethod
    def _is_ready(port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status == 200

    def _tail(self):
        return "\n".join((self.folder / "pixelflow.log").read_text(errors="replace").splitlines()[-20:])

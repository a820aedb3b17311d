"""PixelFlow itself: the all-in-one, or its four services."""

import os
import signal
import time

from . import stack
from .failure import Failure, expect
from .ports import free_ports
from .process import STOP_SECONDS, Process, environment_without_settings

SERVICES = {"web": 3000, "auth": 50051, "api": 8080, "worker": 8081}  # with their usual ports
WEB_MANAGEMENT_PORT = 3001


class Instance:
    """The all-in-one on free ports with its own folder; it can be stopped and restarted."""

    def __init__(self, executable, folder, settings=None):
        self.executable = executable
        self.folder = folder
        self.settings = settings or {}
        *ports, management = free_ports(len(SERVICES) + 1)
        self.ports = dict(zip(SERVICES, ports))
        self.bases = {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        self.management_port = management
        self.management = f"http://127.0.0.1:{management}"
        self.process = None

    def command(self):
        options = [text for name, port in self.ports.items() for text in (f"--{name}-port", str(port))]
        return [
            self.executable, "--data-dir", self.folder / "data", "--host", "127.0.0.1", *options,
            "--web-management-port", str(self.management_port)]

    def start(self):
        """Returns once everything is ready."""
        environment = environment_without_settings() | self.settings
        self.process = Process(self.command(), self.folder / "pixelflow.log", environment, name="pixelflow")
        try:
            self.process.wait_until_ready(*self.bases.values())
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        """Whether it drained and exited on its own."""
        process, self.process = self.process, None
        return process is None or process.stop()

    def end(self):
        """Stops it; raises `Failure` if it does not drain."""
        process = self.process
        expect(self.stop(), f"pixelflow did not end cleanly on SIGTERM ({process and process.status})\n{process and process.tail()}")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Services:
    """The four services as separate processes; `ports` has a port for each name, such as worker-2."""

    def __init__(self, build, logs, workers=1, usual_ports=False, settings=None, names=("auth", "api", "worker", "web")):
        self.build = build
        self.logs = logs
        self.settings = settings
        self.names = [each for name in names for each in (numbered(workers) if name == "worker" else [name])]
        *ports, management = free_ports(len(self.names) + 1)
        if usual_ports:
            ports, management = [usual_port(name) for name in self.names], WEB_MANAGEMENT_PORT
        self.ports = dict(zip(self.names, ports))
        # Web serves probes and metrics on a separate port.
        self.management = management
        self.processes = {}

    def base(self, name):
        return f"http://127.0.0.1:{self.ports[name]}"

    def bases(self):
        """Environment variables for clients: BASE_WEB and so on; BASE_WORKER is the first worker."""
        bases = {f"BASE_{name.split('-')[0].upper()}": self.base(name) for name in reversed(self.names)}
        return {**bases, "BASE_WEB_MANAGEMENT": f"http://127.0.0.1:{self.management}"}

    def own_settings(self):
        """The settings with which they find each other, in addition to those of their servers."""
        found = {"PIXELFLOW_JWKS_URL": f"{self.base('auth')}/.well-known/jwks.json", "PIXELFLOW_AUTH_URL": self.base("auth")}
        if "web" in self.ports:
            found |= {
                "PIXELFLOW_WEB_AUTH_URL": self.base("auth"), "PIXELFLOW_WEB_API_URL": self.base("api"),
                "PIXELFLOW_WEB_MANAGEMENT_PORT": str(self.management)}
        return found

    def start(self):
        """Returns once all are ready."""
        if self.settings is None:
            self.settings = {**stack.settings(), **os.environ}
        if "PIXELFLOW_TASK_DATABASE_URL" not in self.settings:
            raise Failure("no servers to work with; start them with 'make stack-up'")
        for name in self.names:
            self.spawn(name)
        for name in self.names:
            self.processes[name].wait_until_ready(self.base(name))
        return self

    def spawn(self, name):
        service = name.split("-")[0]
        own = {f"PIXELFLOW_{service.upper()}_PORT": str(self.ports[name])}
        self.processes[name] = Process(
            [self.build / f"pixelflow-{service}"], self.logs / f"{name}.log", {**self.settings, **self.own_settings(), **own}, name=name)

    def ended(self):
        return [name for name, process in self.processes.items() if process.status is not None]

    def stop(self, seconds=STOP_SECONDS):
        """The names of processes that had to be killed."""
        return stop_all(self.processes, seconds)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()


def numbered(workers):
    return [f"worker-{number}" for number in range(1, workers + 1)]


def usual_port(name):
    service, _, number = name.partition("-")
    return SERVICES[service] + int(number or 1) - 1


def stop_all(processes, seconds=STOP_SECONDS):
    """Requests all to drain, then waits for each; returns the names of those that did not exit in time."""
    for process in processes.values():
        process.send(signal.SIGTERM)
    deadline = time.monotonic() + seconds
    late = []
    for name, process in processes.items():
        was_late = process.status is None and not process.has_ended(max(0.1, deadline - time.monotonic()))
        process.kill()
        if was_late:
            late.append(name)
    return late

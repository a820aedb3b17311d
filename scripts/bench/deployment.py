"""The four services as separate processes, on the servers of scripts/stack, for the benchmarks."""

import contextlib
import os
import urllib.request

import pixelflow
from harness.pixelflow import Services
from harness.stack import SERVERS, own_servers
from processes import children_of, cpu_seconds


@contextlib.contextmanager
def started(plan, folder, workers=1, names=("auth", "api", "worker"), kind=None):
    """Servers, auth, one api and `workers` workers, all on free ports, with one registered user; or other services."""
    folder.mkdir(parents=True, exist_ok=True)
    with own_servers(folder / "stack", SERVERS) as stack:
        settings = {**os.environ, **stack.settings(), "PIXELFLOW_LOG_LEVEL": "warning", "PIXELFLOW_RATE_LIMITS": "off"}
        with (kind or Deployment)(plan.pixelflow.parent, folder, workers, settings=settings, names=names) as deployment:
            deployment.servers = stack.pids()
            api = next(name for name in deployment.names if name.split("-")[0] == "api")
            deployment.system = pixelflow.PixelFlow(deployment.processes[api], {**deployment.ports, "api": deployment.ports[api]})
            yield deployment


class Deployment(Services):
    """The services with their costs."""

    servers = {}
    system = None

    def kill(self, name):
        self.processes[name].kill()

    def processor_seconds(self):
        """The usage of each process so far, including its children: render processes, or a server behind its launcher."""
        pids = {**self.servers, **{name: process.pid for name, process in self.processes.items()}, "client": os.getpid()}
        return {name: cpu_seconds(pid) + (sum(cpu_seconds(child) for child in children_of(pid)) if name != "client" else 0)
                for name, pid in pids.items()}

    def counted(self, metric, **labels):
        """The sum of a counter over api and workers."""
        total = 0.0
        for name, port in self.ports.items():
            if name == "auth":
                continue
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
                for line in response.read().decode().splitlines():
                    series, _, value = line.rpartition(" ")
                    if series.split("{")[0] == metric and all(f'{key}="{wanted}"' in series for key, wanted in labels.items()):
                        total += float(value)
        return total

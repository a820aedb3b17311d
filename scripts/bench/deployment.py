"""The four services as processes of their own, on the servers of scripts/stack, as the benchmarks use them."""

import contextlib
import os
import re
import shlex
import subprocess
import urllib.request

import pixelflow
from processes import BenchError, children_of, end, free_port

SERVERS = ("postgres", "mongodb", "kafka", "s3")
TICKS = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def started(plan, folder, workers=1):
    """Servers, auth, one api and `workers` workers, all of their own on free ports, with one registered user."""
    environment = {**os.environ, "PIXELFLOW_STACK_DIR": str(folder / "stack"), "PIXELFLOW_STACK_PORTS": "free"}
    stack = plan.root / "scripts/stack"

    def call(*arguments):
        done = subprocess.run([stack, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"scripts/stack: {done.stderr.strip()[-300:]}")
        return done.stdout

    folder.mkdir(parents=True, exist_ok=True)
    call("up", *SERVERS)
    try:
        lines = call("env", *SERVERS).splitlines()
        settings = dict(word.split("=", 1) for line in lines for word in shlex.split(line)[1:])
        servers = {name: int(pid) for name, pid in re.findall(r"^(\w+) .*process (\d+)$", call("status"), re.MULTILINE)}
        deployment = Deployment(plan.pixelflow.parent, folder, settings, servers)
        try:
            deployment.start(workers)
            yield deployment
        finally:
            deployment.stop()
    finally:
        call("wipe", *SERVERS)


class Deployment:
    def __init__(self, executables, folder, settings, servers):
        self.executables = executables
        self.folder = folder
        self.settings = settings
        self.servers = servers
        self.ports = {}
        self.processes = {}
        self.system = None

    def start(self, workers):
        self.ports["auth"] = free_port()
        jwks = f"http://127.0.0.1:{self.ports['auth']}/.well-known/jwks.json"
        self.settings |= {"PIXELFLOW_LOG_LEVEL": "warning", "PIXELFLOW_JWKS_URL": jwks}
        names = ["auth", "api", *[f"worker-{number + 1}" for number in range(workers)]]
        for name in names:
            self.ports.setdefault(name, free_port())
            self.spawn(name)
        for name in names:
            pixelflow.wait_until_ready(self.processes[name], [self.ports[name]])
        self.system = pixelflow.PixelFlow(self.processes["api"], self.ports)

    def spawn(self, name):
        service = name.split("-")[0]
        own = {f"PIXELFLOW_{service.upper()}_PORT": str(self.ports[name])}
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [self.executables / f"pixelflow-{service}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **self.settings, **own}, start_new_session=True)

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait()

    def stop(self):
        for process in self.processes.values():
            end(process)

    def processor_seconds(self):
        """What each process has used so far, with its children: render processes, a server behind its launcher."""
        pids = {**self.servers, **{name: process.pid for name, process in self.processes.items()}, "client": os.getpid()}
        return {name: used(pid) + (sum(used(child) for child in children_of(pid)) if name != "client" else 0)
                for name, pid in pids.items()}

    def counted(self, metric, **labels):
        """The sum of a counter over api and workers."""
        total = 0.0
        for name, port in self.ports.items():
            if name == "auth":
                continue
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                for line in answer.read().decode().splitlines():
                    series, _, value = line.rpartition(" ")
                    if series.split("{")[0] == metric and all(f'{key}="{wanted}"' in series for key, wanted in labels.items()):
                        total += float(value)
        return total


def used(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0

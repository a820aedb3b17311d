"""The four services on real servers: throughput compared with Celery and the embedded mode, latency, and killed workers."""

import http.client
import threading
import time

import celery_peer
import deployment
import pixelflow
from plan import EDGE, interleaved, say
from processes import BenchError
from report import Line, Section
from samples import percentile_ms
from throughput import CELERY, LARGE_WINDOW, PIXELFLOW, SMALL_WINDOW, repeated

SERVICES = "auth, api and worker on PostgreSQL, MongoDB (stand-in), Kafka (stand-in), S3"
CORES = 2
KILL_INTERVAL = 10  # seconds
PROBE_INTERVAL = 0.1  # seconds
WINDOW = 128  # tasks in progress; large enough that those of a dead worker do not stop the others


def measure(plan, inputs):
    return [*measure_small(plan, inputs), measure_large(plan, inputs), measure_kills(plan, inputs)]


def measure_small(plan, inputs):
    pictures = repeated([picture.read_bytes() for picture in inputs.pngs], plan.small)
    pipeline = pixelflow.fit(EDGE, "png")
    with (
        deployment.started(plan, plan.work / "services") as services,
        celery_peer.started(plan.work / "celery", plan.venv) as celery,
    ):
        services.system.process_many(pictures[:100], pipeline, SMALL_WINDOW)
        celery.process_many(pictures[:100], EDGE, ".png", SMALL_WINDOW)
        costs = Costs(services)
        values = interleaved(plan.rounds, {
            CELERY: lambda: len(pictures) / celery.process_many(pictures, EDGE, ".png", SMALL_WINDOW),
            SERVICES: lambda: costs.rate(pictures, pipeline, SMALL_WINDOW)})
        waits = interleaved(plan.rounds, {
            SERVICES: lambda: [services.system.process_one(pictures[0], pipeline) for _ in range(plan.singles)]})[SERVICES]
    throughput = Section("Services: 64 x 64 PNG, upload to COMPLETED", [
        Line(CELERY, values[CELERY], "tasks/s"),
        Line(SERVICES, values[SERVICES], "tasks/s", base=values[CELERY], at_least=1),
        *costs.round_trips(),
        Line("the same without the MongoDB stand-in", [costs.without("mongodb")], "tasks/s", base=values[CELERY]),
        Line("the same without any server", [costs.without(*deployment.SERVERS)], "tasks/s", base=values[CELERY]),
    ], costs.notes())
    latency = Section("Services: 64 x 64 PNG, one at a time", [
        Line("p50", [percentile_ms([samples], 0.5) for samples in waits], "ms", limit=25),
        Line("p99", [percentile_ms(waits, 0.99)], "ms", limit=100),
    ], [f"{plan.rounds} x {plan.singles} samples; p99 over all of them"])
    return [throughput, latency]


class Costs:
    """Runs tasks and sums their costs: round trips, messages, and CPU time by process."""

    COUNTERS = {
        "database round trips a task": ("database_requests_total", {"backend": "mongodb"}, 4),
        "broker messages a task": ("kafka_messages_total", {"direction": "published"}, 2),
    }

    def __init__(self, services):
        self.services = services
        self.tasks = 0
        self.seconds = {}
        self.counts = dict.fromkeys(self.COUNTERS, 0.0)

    def _read(self):
        return self.services.processor_seconds(), {
            name: self.services.counted(metric, **labels) for name, (metric, labels, _) in self.COUNTERS.items()}

    def rate(self, pictures, pipeline, window):
        """Tasks per second."""
        seconds_before, counts_before = self._read()
        elapsed = self.services.system.process_many(pictures, pipeline, window)
        time.sleep(0.5)  # acknowledgements are written in batches, with a delay
        seconds, counts = self._read()
        for name, value in seconds.items():
            self.seconds[name] = self.seconds.get(name, 0) + value - seconds_before[name]
        for name, value in counts.items():
            self.counts[name] += value - counts_before[name]
        self.tasks += len(pictures)
        return len(pictures) / elapsed

    def round_trips(self):
        limits = {name: limit for name, (_, _, limit) in self.COUNTERS.items()}
        return [Line(name, [count / self.tasks], "", digits=2, limit=limits[name]) for name, count in self.counts.items()]

    def without(self, *servers):
        """Tasks per second of all cores without the CPU time of these servers, because databases usually run on other machines."""
        rest = sum(seconds for name, seconds in self.seconds.items() if name not in servers)
        return CORES * self.tasks / rest

    def notes(self):
        shares = sorted(self.seconds.items(), key=lambda item: -item[1])
        each = ", ".join(f"{name} {seconds / self.tasks * 1000:.2f}" for name, seconds in shares if seconds)
        return [f"processor ms a task: {each}",
                f"without a server: what {CORES} cores would do by the processor time of everything else"]


def measure_large(plan, inputs):
    photos = repeated([photo.read_bytes() for photo in inputs.photos], plan.uploads)
    pipeline = pixelflow.fit(EDGE, "jpeg", quality=80)
    with (
        deployment.started(plan, plan.work / "services") as services,
        pixelflow.started(plan.pixelflow, plan.work / "embedded") as embedded,
    ):
        for system in (services.system, embedded):
            system.process_many(photos[:8], pipeline, LARGE_WINDOW)
        costs = Costs(services)
        with Probes(services.ports) as probes:
            values = interleaved(plan.rounds, {
                PIXELFLOW: lambda: len(photos) / embedded.process_many(photos, pipeline, LARGE_WINDOW),
                SERVICES: lambda: costs.rate(photos, pipeline, LARGE_WINDOW)})
    return Section("Services: 12-megapixel JPEG, upload to COMPLETED", [
        Line(f"{PIXELFLOW}, all in one", values[PIXELFLOW], "images/s"),
        Line(SERVICES, values[SERVICES], "images/s", base=values[PIXELFLOW], at_least=0.8),
        Line("the same without any server", [costs.without(*deployment.SERVERS)], "images/s", base=values[PIXELFLOW]),
        Line("probes of every process meanwhile, p99", [percentile_ms([probes.seconds], 0.99)], "ms", limit=50),
    ], costs.notes())


class Probes(threading.Thread):
    """Probes the liveness and readiness of each process like a kubelet, but more often."""

    def __init__(self, ports):
        super().__init__(daemon=True)
        self.connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=10) for port in ports.values()]
        self.seconds = []
        self.failure = None
        self.over = threading.Event()

    def run(self):
        try:
            while not self.over.wait(PROBE_INTERVAL):
                for connection in self.connections:
                    for path in ("/livez", "/readyz"):
                        self.seconds.append(self.ask(connection, path))
        except (OSError, http.client.HTTPException, BenchError) as failure:
            self.failure = failure

    @staticmethod
    def ask(connection, path):
        start = time.perf_counter()
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise BenchError(f"port {connection.port}: {path} receives {response.status}")
        return time.perf_counter() - start

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.join()
        if self.failure and not kind:
            raise self.failure


def measure_kills(plan, inputs):
    """Photographs, so that rendering dominates; counts what finishes within the time."""
    photos = [photo.read_bytes() for photo in inputs.photos]
    pipeline = pixelflow.fit(EDGE, "jpeg", quality=80)
    seconds = KILL_INTERVAL * (4 if plan.rounds > 3 else 3)
    values = {"undisturbed": [], "a worker killed every 10 s": []}
    with deployment.started(plan, plan.work / "services", workers=2) as services:
        services.system.process_many(photos[:8], pipeline, LARGE_WINDOW)
        for name, ends in values.items():
            over = threading.Event()
            killer = threading.Thread(target=kill_workers, args=(services, over))
            if name != "undisturbed":
                killer.start()
            ends.append(services.system.process_for(seconds, photos, pipeline, WINDOW) / seconds)
            say(f"  {name}: {ends[-1]:.1f}")
            over.set()
            if name != "undisturbed":
                killer.join()
            services.system.drain()
    undisturbed, killed = values.items()
    return Section("Services: throughput while workers die", [
        Line(undisturbed[0], undisturbed[1], "images/s"),
        Line(killed[0], killed[1], "images/s", base=undisturbed[1], at_least=0.75),
    ], [f"two workers, {seconds} s each; a killed worker is started again at once"])


def kill_workers(services, over):
    number = 0
    while not over.wait(KILL_INTERVAL / 2 if number == 0 else KILL_INTERVAL):
        name = f"worker-{number % 2 + 1}"
        services.kill(name)
        services.spawn(name)
        number += 1

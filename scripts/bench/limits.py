"""The cost of counting each request in Redis: an api with rate limits compared with one without, on the same servers."""

import re
import urllib.request

import deployment
from harness.process import output_of
from plan import interleaved
from processes import BenchError
from report import Line, Section

WITHOUT, WITH = "api, requests are not counted", "api, each request is counted in Redis"
CHECK = "a check, 99th percentile"
# Pairs of one-second runs in each round, because the difference is far below the noise of a single run.
PAIRS = 8
# Never reached.
QUOTA = "1000000/s"
SETTINGS = {
    "api-1": {"PIXELFLOW_RATE_LIMITS": "off"},
    "api-2": {"PIXELFLOW_RATE_LIMITS": "on", "PIXELFLOW_RATE_READ": QUOTA},
}


class Replicas(deployment.Deployment):
    """auth, and two replicas of api with different settings."""

    def base(self, name):
        return super().base("api-1" if name == "api" else name)

    def spawn(self, name):
        settings = self.settings
        self.settings = {**settings, **SETTINGS.get(name, {})}
        try:
            super().spawn(name)
        finally:
            self.settings = settings


def measure(plan, _):
    names = ("auth", "api-1", "api-2")
    with deployment.started(plan, plan.work / "limits", names=names, kind=Replicas) as replicas:
        costs = interleaved(PAIRS * plan.rounds, {
            WITHOUT: lambda: cost(replicas, "api-1"), WITH: lambda: cost(replicas, "api-2")})
        before = buckets(replicas)
        send(replicas, "api-2", connections=1, seconds=5)
        check = percentile_99(before, buckets(replicas))
    return Section(
        "Rate limits", [
            Line(WITHOUT, costs[WITHOUT], "us"), Line(WITH, costs[WITH], "us", base=costs[WITHOUT], at_most=1.03),
            Line(CHECK, [check * 1000], "ms", digits=2, limit=1)],
        ["processor time of api for GET /api/presets, by wrk with 16 connections; the check with one connection, upper bound of its bucket"])


def send(replicas, name, connections, seconds=1):
    """Requests with a response."""
    url = f"{replicas.base(name)}/api/presets"
    header = f"Authorization: Bearer {replicas.system.token}"
    printed = output_of("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", header, url)
    if "Non-2xx" in printed or "Socket errors" in printed:
        raise BenchError(f"{url}: {printed}")
    return int(re.search(r"(\d+) requests in", printed)[1])


def cost(replicas, name):
    """Microseconds of CPU time per request."""
    before = replicas.processor_seconds()[name]
    requests = send(replicas, name, connections=16)
    return (replicas.processor_seconds()[name] - before) / requests * 1e6


def buckets(replicas):
    """Redis commands that took at most this many seconds."""
    with urllib.request.urlopen(f"{replicas.base('api-2')}/metrics", timeout=10) as response:
        found = re.findall(r'^redis_request_duration_seconds_bucket\{le="([^"]+)"\} (\d+)', response.read().decode(), re.MULTILINE)
    return {float(bound): int(count) for bound, count in found}


def percentile_99(before, after):
    counts = {bound: count - before.get(bound, 0) for bound, count in after.items()}
    if not counts.get(float("inf")):
        raise BenchError("no request was counted in Redis")
    return min(bound for bound, count in counts.items() if count >= 0.99 * counts[float("inf")])

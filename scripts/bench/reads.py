"""GET of a task compared with a Hummingbird route that does nothing, measured with wrk."""

import re

import pixelflow
from harness.ports import free_port
from harness.process import output_of
from plan import EDGE, interleaved
from processes import BenchError, running
from report import Line, Section

BARE, TASK = "bare hummingbird route", "PixelFlow, GET of a task"
CONNECTIONS = 16


def requests_a_second(plan, url, token=None):
    header = ["-H", f"Authorization: Bearer {token}"] if token else []
    printed = output_of("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(plan.seconds))}s", *header, url)
    if "Non-2xx" in printed or "Socket errors" in printed:
        raise BenchError(f"{url}: {printed}")
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", printed)[1])


def measure(plan, inputs):
    port = free_port()
    with pixelflow.started(plan.pixelflow, plan.work / "reads") as system:
        system.upload(system.connections[0], inputs.pngs[0].read_bytes(), pixelflow.fit(EDGE, "png"))
        _, task = system.events.next_end()
        url = f"http://127.0.0.1:{system.port}/api/tasks/{task['id']}"
        contestants = {TASK: lambda: requests_a_second(plan, url, system.token)}
        if not plan.tools.exists():
            return section(interleaved(1, contestants), "bench-tools is not built")
        with running([plan.tools, "bare-route", "--port", port], plan.work / "bare.log") as bare:
            bare.wait_until_listening(port)
            bare_url = f"http://127.0.0.1:{port}/bare"
            return section(interleaved(plan.rounds, {BARE: lambda: requests_a_second(plan, bare_url), **contestants}))


def section(values, skipped=""):
    base = Line(BARE, values.get(BARE, []), "requests/s", digits=0, skipped=skipped)
    own = Line(TASK, [] if skipped else values[TASK], "requests/s", digits=0, base=base.values, at_least=0.6, skipped=skipped)
    return Section(
        "GET of a task", [base, own],
        [f"wrk, one thread, {CONNECTIONS} connections; the bare route returns 1.5 KB, ours checks the token and reads the task"])

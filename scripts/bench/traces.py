"""The cost of traces: CPU time of small tasks without a collector, and with one that receives sampled spans."""

import contextlib

import pixelflow
from harness.receiver import Receiver
from plan import EDGE, interleaved
from processes import cpu_seconds_of_all
from report import Line, Section
from throughput import SMALL_WINDOW, repeated

WITHOUT, ONE_PERCENT, ALL = "no collector", "1 % of the requests are traced", "all requests are traced"
RATIOS = {ONE_PERCENT: "0.01", ALL: "1"}
# Many short runs, because the difference is far below the noise of a single run.
TASKS, RUNS = 400, 4


def measure(plan, inputs):
    pictures = repeated([picture.read_bytes() for picture in inputs.pngs], TASKS)
    pipeline = pixelflow.fit(EDGE, "png")
    with contextlib.ExitStack() as stack:
        collector = stack.enter_context(Receiver())
        systems = {WITHOUT: stack.enter_context(pixelflow.started(plan.pixelflow, plan.work / "without"))}
        for name, ratio in RATIOS.items():
            systems[name] = stack.enter_context(pixelflow.started(
                plan.pixelflow, plan.work / f"ratio-{ratio}", OTEL_EXPORTER_OTLP_ENDPOINT=collector.base,
                OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG=ratio))

        def cost(system):
            """Milliseconds of CPU time per task, including render processes."""
            before = cpu_seconds_of_all(system.pid)
            system.process_many(pictures, pipeline, SMALL_WINDOW)
            return (cpu_seconds_of_all(system.pid) - before) / TASKS * 1000

        for system in systems.values():
            cost(system)
        costs = interleaved(RUNS * plan.rounds, {name: lambda system=system: cost(system) for name, system in systems.items()})
        collector.take(1)  # ensures that spans were sent
    return Section("What traces cost: processor time of a task, 64 x 64 PNG", [
        Line(WITHOUT, costs[WITHOUT], "ms", digits=2),
        Line(ONE_PERCENT, costs[ONE_PERCENT], "ms", digits=2, base=costs[WITHOUT], at_most=1.02),
        Line(ALL, costs[ALL], "ms", digits=2, base=costs[WITHOUT]),
    ], ["as both cores are busy, processor time is throughput"])

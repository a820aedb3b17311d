"""What traces cost: the rate of small tasks without a collector, and with one that takes the spans of some requests."""

import contextlib

import pixelflow
from plan import EDGE, interleaved
from receiver import Receiver
from report import Line, Section
from throughput import SMALL_WINDOW, repeated

WITHOUT, ONE_PERCENT, ALL = "no collector", "1 % of the requests are traced", "all requests are traced"
RATIOS = {ONE_PERCENT: "0.01", ALL: "1"}


def measure(plan, inputs):
    pictures = repeated([picture.read_bytes() for picture in inputs.pngs], plan.small)
    pipeline = pixelflow.fit(EDGE, "png")
    with contextlib.ExitStack() as stack:
        collector = stack.enter_context(Receiver())
        systems = {WITHOUT: stack.enter_context(pixelflow.started(plan.pixelflow, plan.work / "without"))}
        for name, ratio in RATIOS.items():
            systems[name] = stack.enter_context(pixelflow.started(
                plan.pixelflow, plan.work / f"ratio-{ratio}", OTEL_EXPORTER_OTLP_ENDPOINT=collector.base,
                OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG=ratio))
        rates = interleaved(plan.rounds, {
            name: lambda system=system: plan.small / system.process_many(pictures, pipeline, SMALL_WINDOW)
            for name, system in systems.items()})
        collector.take(1)  # it was not for nothing
    return Section("What traces cost: 64 x 64 PNG", [
        Line(WITHOUT, rates[WITHOUT], "tasks/s"),
        Line(ONE_PERCENT, rates[ONE_PERCENT], "tasks/s", base=rates[WITHOUT], at_least=0.98),
        Line(ALL, rates[ALL], "tasks/s", base=rates[WITHOUT]),
    ])

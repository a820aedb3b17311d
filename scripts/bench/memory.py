"""Resident memory when idle, and whether it grows with the number of processed images."""

import time

import pixelflow
from plan import EDGE, say
from report import Line, Section

WINDOW = 64
SETTLE_SECONDS = 2


def settled(system):
    """After a short pause, so that the process is really idle."""
    time.sleep(SETTLE_SECONDS)
    return system.memory()


def measure(plan, inputs):
    pictures = [path.read_bytes() for path in inputs.pngs]
    pipeline = pixelflow.fit(EDGE, "png")
    half = plan.soak // 2
    with pixelflow.started(plan.pixelflow, plan.work / "memory") as system:
        readings = [settled(system)]
        for _ in range(2):
            system.process_many([pictures[number % len(pictures)] for number in range(half)], pipeline, WINDOW)
            readings.append(settled(system))
            say(f"  {half} images more: {readings[-1][0]:.1f} MiB, render processes {readings[-1][1]:.1f} MiB")
    (idle, idle_renders), (middle, middle_renders), (last, last_renders) = readings

    def growth(before, after):
        return max(0.0, (after - before) / before * 100) if before else 0.0

    return Section(
        f"Memory, resident, all in one (soak: {plan.soak:,} images)",
        [
            Line("idle after start", [idle], "MiB", limit=150),
            Line("  its render processes", [idle_renders], "MiB"),
            Line("after the first half", [middle], "MiB"),
            Line("  its render processes", [middle_renders], "MiB"),
            Line("after the second half", [last], "MiB"),
            Line("  its render processes", [last_renders], "MiB"),
            Line("what the second half adds", [growth(middle, last)], "%", digits=2, limit=2),
            Line("  to its render processes", [growth(middle_renders, last_renders)], "%", digits=2),
        ],
        [f"64 x 64 PNGs, {WINDOW} in hand; pages shared between processes count in each"])

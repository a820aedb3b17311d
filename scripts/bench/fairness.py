"""The effect of one organisation's import on others, and of a flood of `low` tasks on `high` ones; all in one process.

The import is queued first, so that the queue is measured rather than the uploads. Then each of the others submits one
picture per second while the queue drains.
"""

import contextlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pixelflow
from plan import EDGE, say
from processes import BenchError
from report import Line, Section
from samples import percentile_ms
from throughput import SMALL_WINDOW, repeated

OTHERS = 3
SECONDS = 20  # with one submission per second each
TURNS, NO_TURNS = "with turns", "without turns"
SWITCH = {TURNS: {}, NO_TURNS: {"PIXELFLOW_DISPATCH_WINDOW": "0"}}


def measure(plan, inputs):
    pictures = [picture.read_bytes() for picture in inputs.pngs]
    pipeline = pixelflow.fit(EDGE, "png")
    waits, rates = {}, {TURNS: [], NO_TURNS: []}
    for name, settings in SWITCH.items():
        with pixelflow.started(plan.pixelflow, plan.work / name.replace(" ", "-"), **settings) as system:
            others = [system.another() for _ in range(OTHERS)]
            system.process_many(repeated(pictures, plan.small), pipeline, SMALL_WINDOW)
            idle = submissions(others, pictures, pipeline)
            for _ in range(plan.rounds):
                rates[name].append(plan.small / system.process_many(repeated(pictures, plan.small), pipeline, SMALL_WINDOW))
            flood(system, pictures, pipeline, plan.imported, "normal")
            busy = submissions(others, pictures, pipeline, limit=SECONDS * 3)
            waits[name] = (idle, busy)
            say(f"  {name}: p95 idle {percentile_ms([idle], 0.95):.0f} ms, beside the import {percentile_ms([busy], 0.95):.0f} ms")
    with pixelflow.started(plan.pixelflow, plan.work / "lanes") as system:
        other = system.another()
        idle = submissions([other], pictures, pipeline, priority="high")
        flood(system, pictures, pipeline, plan.imported, "low")
        high = submissions([other], pictures, pipeline, priority="high")
    idle_p95, busy_p95 = (percentile_ms([samples], 0.95) for samples in waits[TURNS])
    return [
        Section(f"Others beside an import of {plan.imported} tasks: 64 x 64 PNG, upload to COMPLETED, p95", [
            Line("nothing else to do", [idle_p95], "ms"),
            Line("beside the import", [busy_p95], "ms", base=[idle_p95], at_most=3),
            Line("beside the import, without turns (at least)", [percentile_ms([waits[NO_TURNS][1]], 0.95)], "ms", base=[idle_p95]),
        ], [f"{OTHERS} organisations, one task a second each for {SECONDS} s; a task that does not end within {SECONDS * 3} s counts as that"]),
        Section(f"`high` beside {plan.imported} tasks that are `low`, p95", [
            Line("nothing else to do", [percentile_ms([idle], 0.95)], "ms"),
            Line("beside the flood", [percentile_ms([high], 0.95)], "ms", base=[percentile_ms([idle], 0.95)], at_most=2),
        ]),
        Section("What turns cost: 64 x 64 PNG, one organisation", [
            Line(NO_TURNS, rates[NO_TURNS], "tasks/s"),
            Line(TURNS, rates[TURNS], "tasks/s", base=rates[NO_TURNS], at_least=0.95),
        ]),
    ]


def flood(system, pictures, pipeline, count, priority):
    """Queues tasks as fast as they are accepted."""
    numbers = iter(range(count))
    lock = threading.Lock()

    def send(connection):
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            system.upload(connection, pictures[number % len(pictures)], pipeline, priority)

    with ThreadPoolExecutor(len(system.connections)) as pool:
        for sender in [pool.submit(send, connection) for connection in system.connections]:
            sender.result()


def submissions(others, pictures, pipeline, priority="normal", limit=60):
    """Seconds from upload to COMPLETED, with one submission per second of each."""
    waits = []

    def submit(system, offset):
        time.sleep(offset)
        begun = {}
        for number in range(SECONDS):
            began = time.monotonic()
            response = system.upload(system.connections[0], pictures[number % len(pictures)], pipeline, priority)
            begun[json.loads(response)["id"]] = began
            time.sleep(max(0, 1 - (time.monotonic() - began)))
        end = time.monotonic() + limit
        with contextlib.suppress(BenchError):
            while begun:
                moment, task = system.events.next_end(max(0.001, end - time.monotonic()))
                waits.append(moment - begun.pop(task["id"]))
        waits.extend(limit for _ in begun)

    with ThreadPoolExecutor(len(others)) as pool:
        for each in [pool.submit(submit, system, index / len(others)) for index, system in enumerate(others)]:
            each.result()
    return waits

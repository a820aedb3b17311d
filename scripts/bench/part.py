"""Measures one part in a separate process, so that parts do not affect each other (modules, addresses, connections).

Started by main.py. Writes the sections as JSON; on failure, prints the reason in one line and exits with 1.
"""

import argparse
import json
import shutil
import signal
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

import plan as plans
from plan import say
from processes import Failure

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("one-core", "quality", "large", "small", "reads", "limits", "connections", "memory", "services", "fairness", "telling", "traces")


def sections_of(part, plan):
    # Imported here, so that a part needs only its own dependencies, and missing ones count as its failure.
    import connections
    import fairness
    import limits
    import memory
    import one_core
    import reads
    import services
    import telling
    import throughput
    import traces
    from inputs import Inputs

    inputs = Inputs(ROOT / ".bench/inputs")
    if part == "one-core":
        return [one_core.measure(plan, inputs, one_core.compile_loop(plan.work))]
    if part == "quality":
        return [one_core.measure_quality(plan, inputs, one_core.compile_loop(plan.work))]
    if part == "large":
        return [throughput.measure_large(plan, inputs, one_core.compile_loop(plan.work))]
    if part == "small":
        return throughput.measure_small(plan, inputs)
    if part == "reads":
        return [reads.measure(plan, inputs)]
    if part == "fairness":
        return fairness.measure(plan, inputs)
    if part == "telling":
        return telling.measure(plan, inputs)
    if part == "traces":
        return [traces.measure(plan, inputs)]
    if part == "connections":
        return [connections.measure(plan, inputs)]
    if part == "limits":
        return [limits.measure(plan, inputs)]
    if part == "services":
        return services.measure(plan, inputs)
    return [memory.measure(plan, inputs)]


def one_line(error):
    """The message of an error, with its type if it is not one of ours; at most one line."""
    text = " ".join(str(error).split())
    return text if isinstance(error, Failure) else f"{type(error).__name__}: {text}"


def run(part, plan, into, sections_of=sections_of):
    """Exits with 0, or with 1 after one line about the failure; the traceback is written to a file next to the results."""
    try:
        sections = sections_of(part, plan)
    except Exception as error:  # must not affect the other parts
        trace = into.with_suffix(".trace")
        trace.write_text(traceback.format_exc())
        into.write_text(json.dumps({"error": one_line(error)}))
        say(f"  {part} could not be measured: {one_line(error)} (see {trace})")
        return 1
    into.write_text(json.dumps({"sections": [asdict(section) for section in sections]}))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that its processes are ended
    plan = (plans.quick if chosen.quick else plans.full)(ROOT, chosen.bin / "pixelflow", chosen.bin / "bench-tools", chosen.part)
    shutil.rmtree(plan.work, ignore_errors=True)
    plan.work.mkdir(parents=True)
    try:
        return run(chosen.part, plan, chosen.into)
    finally:
        shutil.rmtree(plan.work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

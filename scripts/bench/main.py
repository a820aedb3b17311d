"""PixelFlow's benchmarks, peers side by side in one run, as medians and ratios.

    make bench            about 18 minutes
    make bench QUICK=1    about 7 minutes, fewer and shorter rounds

Results also go to .bench/results as JSON and Markdown. Exits with 0 when every figure could be measured; targets that
are not reached are printed as FAIL, which --strict turns into exit code 1.
"""

import argparse
import shutil
import signal
import sys
import time
from pathlib import Path

import machine
import memory
import one_core
import plan as plans
import reads
import report
import services
import throughput
from inputs import Inputs
from plan import say
from processes import BenchError

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("one-core", "quality", "large", "small", "reads", "memory", "services")


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is not reached")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part alone; may be given again")
    parser.add_argument("--bin", type=Path, default=ROOT / ".build/release", help="folder of pixelflow and bench-tools")
    return parser.parse_args()


def sections_of(part, plan, inputs, loop):
    if part == "one-core":
        return [one_core.measure(plan, inputs, loop)]
    if part == "quality":
        return [one_core.measure_quality(plan, inputs, loop)]
    if part == "large":
        return [throughput.measure_large(plan, inputs, loop)]
    if part == "small":
        return throughput.measure_small(plan, inputs)
    if part == "reads":
        return [reads.measure(plan, inputs)]
    if part == "services":
        return services.measure(plan, inputs)
    return [memory.measure(plan, inputs)]


def measure(plan, inputs, parts):
    """All parts; one that breaks down leaves the others their figures."""
    loop = one_core.compile_loop(plan.work)
    sections, broken = [], 0
    for part in parts:
        say(part)
        try:
            sections += sections_of(part, plan, inputs, loop)
        except (BenchError, OSError, TimeoutError) as error:
            broken += 1
            say(f"  {part} could not be measured: {error}")
            sections.append(report.Section(f"{part}: could not be measured", [], [str(error)]))
    return sections, broken


def write(sections, facts):
    folder = ROOT / ".bench/results"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    documents = {"json": report.as_json(sections, facts),
                 "md": report.as_markdown(sections, facts, report.closing_line(sections))}
    for ending, text in documents.items():
        for name in (stamp, "latest"):
            (folder / f"{name}.{ending}").write_text(text)
    return folder / "latest.md"


def main():
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    kind = plans.quick if chosen.quick else plans.full
    plan = kind(ROOT, chosen.bin / "pixelflow", chosen.bin / "bench-tools")
    shutil.rmtree(plan.work, ignore_errors=True)
    plan.work.mkdir(parents=True)
    facts = machine.facts(plan.work)
    started = time.monotonic()
    inputs = Inputs(ROOT / ".bench/inputs")
    parts = [part for part in PARTS if not chosen.only or part in chosen.only]
    try:
        sections, broken = measure(plan, inputs, parts)
    finally:
        shutil.rmtree(plan.work, ignore_errors=True)
    facts["load at end"] = machine.load()
    print("\n".join(f"{name}: {value}" for name, value in facts.items()))
    print(report.as_text(sections))
    closing = report.closing_line(sections)
    print(f"\n{closing} in {time.monotonic() - started:.0f} s; written to {write(sections, facts)}")
    failed = any(line.verdict == "FAIL" for section in sections for line in section.lines)
    return 1 if broken or (chosen.strict and failed) else 0


if __name__ == "__main__":
    sys.exit(main())

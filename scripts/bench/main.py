"""PixelFlow's benchmarks: compares it with peers in the same run, with medians and ratios.

    make bench            about 18 minutes
    make bench QUICK=1    about 7 minutes, fewer and shorter rounds

Also writes the results to .bench/results as JSON and Markdown. Exits with 0 if every figure could be measured; missed
targets are printed as FAIL, for which --strict exits with 1.
"""

import argparse
import json
import signal
import sys
import time
from pathlib import Path

import machine
import report
from harness.process import Process
from part import PARTS, ROOT
from plan import say

HERE = Path(__file__).resolve().parent
RESULTS = ROOT / ".bench/results"
# A part that takes longer hangs: the longest one of a full run takes five minutes on two cores.
PART_SECONDS = 1800


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is not reached")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part alone; may be given again")
    parser.add_argument("--bin", type=Path, default=ROOT / ".build/release", help="folder of pixelflow and bench-tools")
    return parser.parse_args()


def command_of(part, chosen, into):
    quick = ["--quick"] if chosen.quick else []
    return [sys.executable, str(HERE / "part.py"), part, *quick, "--bin", str(chosen.bin), "--into", str(into)]


def section_of(document):
    lines = [report.Line(**line) for line in document["lines"]]
    return report.Section(document["title"], lines, document["notes"])


def reason(code, into):
    """Why a part has no figures: its own message, or how it ended."""
    try:
        return json.loads(into.read_text())["error"]
    except (OSError, ValueError, KeyError):
        return f"ended by signal {-code}" if code < 0 else f"ended with {code} and without a word"


def run_part(part, command, into, seconds=PART_SECONDS):
    """The sections of one part, or one that explains why there are none."""
    into.unlink(missing_ok=True)
    process = Process(command)
    try:
        if process.has_ended(seconds) and process.status == 0:
            return [section_of(section) for section in json.loads(into.read_text())["sections"]], True
        why = f"not done after {seconds:g} s" if process.status is None else reason(process.status, into)
    finally:
        process.stop()
    say(f"  {part}: {why}")
    return [report.Section(f"{part}: could not be measured", [], [why])], False


def measure(parts, command_of, folder):
    """All parts; the failure of one does not affect the figures of the others."""
    sections, broken = [], 0
    for part in parts:
        say(part)
        into = folder / f"{part}.part"
        found, is_whole = run_part(part, command_of(part, into), into)
        sections += found
        broken += not is_whole
        if is_whole:
            into.unlink()
    return sections, broken


def write(sections, facts):
    stamp = time.strftime("%Y%m%d-%H%M%S")
    documents = {"json": report.as_json(sections, facts),
                 "md": report.as_markdown(sections, facts, report.closing_line(sections))}
    for ending, text in documents.items():
        for name in (stamp, "latest"):
            (RESULTS / f"{name}.{ending}").write_text(text)
    return RESULTS / "latest.md"


def main():
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the running part is ended
    RESULTS.mkdir(parents=True, exist_ok=True)
    facts = machine.facts(RESULTS)
    started = time.monotonic()
    parts = [part for part in PARTS if not chosen.only or part in chosen.only]
    sections, broken = measure(parts, lambda part, into: command_of(part, chosen, into), RESULTS)
    facts["load at end"] = machine.load()
    print("\n".join(f"{name}: {value}" for name, value in facts.items()))
    print(report.as_text(sections))
    closing = report.closing_line(sections)
    print(f"\n{closing} in {time.monotonic() - started:.0f} s; written to {write(sections, facts)}")
    failed = any(line.verdict == "FAIL" for section in sections for line in section.lines)
    return 1 if broken or (chosen.strict and failed) else 0


if __name__ == "__main__":
    sys.exit(main())

"""The parameters of a run: tools, folders, rounds and durations; and the interleaving of contestants."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import machine

EDGE = 512  # pixels, the box of every thumbnail


@dataclass(frozen=True)
class Plan:
    root: Path
    pixelflow: Path
    tools: Path  # bench-tools
    venv: Path
    work: Path
    rounds: int
    seconds: float  # of each timed loop
    uploads: int  # of 12 megapixels, per round
    small: int  # 64 x 64 PNGs, per round
    singles: int  # sequential ones, per round
    soak: int  # images in the memory run
    imported: int  # 64 x 64 PNGs of one organisation, all queued in advance


def full(root, pixelflow, tools, part):
    bench = root / ".bench"
    return Plan(root, pixelflow, tools, bench / "venv", bench / "work" / part,
                rounds=5, seconds=5, uploads=60, small=1000, singles=100, soak=10_000, imported=20_000)


def quick(root, pixelflow, tools, part):
    bench = root / ".bench"
    return Plan(root, pixelflow, tools, bench / "venv", bench / "work" / part,
                rounds=3, seconds=2, uploads=24, small=400, singles=50, soak=4_000, imported=4_000)


def interleaved(rounds, contestants):
    """Runs A B C, A B C, …, so that temporary disturbances affect all contestants alike. Returns values by round."""
    values = {name: [] for name in contestants}
    for number in range(rounds):
        for name, measure in contestants.items():
            values[name].append(measure())
            say(f"  round {number + 1} of {rounds}: {name}: {shown(values[name][-1])} (load {machine.load()})")
    return values


def shown(value):
    return f"{value:.2f}" if isinstance(value, (int, float)) else f"{len(value)} samples"


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)

"""How the tests here reach what they test: scripts, most of them without an ending."""

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from harness.loading import script  # noqa: E402, F401 (used by the tests)

BENCH = ROOT / "scripts/bench"


def bench(name):
    """A module of the benchmarks."""
    if str(BENCH) not in sys.path:
        sys.path.insert(0, str(BENCH))
    sys.dont_write_bytecode = True
    return importlib.import_module(name)

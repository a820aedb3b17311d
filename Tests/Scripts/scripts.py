"""How the tests here reach what they test: scripts, most of them without an ending."""

import importlib
import sys
import time
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


def wait_for_end(pid, seconds=10):
    """Whether a process, of whoever, ends within so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False

"""How the tests here reach what they test: scripts, most of them without an ending."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "scripts/bench"


def script(path):
    """A Python script of this repository as a module."""
    name = path.rsplit("/", 1)[-1].replace("-", "_")
    loader = importlib.machinery.SourceFileLoader(name, str(ROOT / path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def bench(name):
    """A module of the benchmarks."""
    if str(BENCH) not in sys.path:
        sys.path.insert(0, str(BENCH))
    sys.dont_write_bytecode = True
    return importlib.import_module(name)

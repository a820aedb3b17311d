"""Processes that the benchmarks start and end by id. Code shared with the tests is in scripts/harness."""

import contextlib
import os
import subprocess
from pathlib import Path

from harness.failure import Failure
from harness.process import Process

TICKS = os.sysconf("SC_CLK_TCK")


class BenchError(Failure):
    """A reason why a figure cannot be measured, as a message for people."""


@contextlib.contextmanager
def running(command, log, environment=None, folder=None):
    """A process with its process group, which is ended as a whole."""
    process = Process(command, log, {**os.environ, **(environment or {})}, folder)
    try:
        yield process
    finally:
        process.stop()


def outputs_of(commands, seconds=120):
    """Runs commands concurrently and returns the output of each."""
    group = [
        subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    try:
        printed = [process.communicate(timeout=seconds) for process in group]
    finally:
        for process in group:
            if process.poll() is None:
                process.kill()
    for process, (_, errors) in zip(group, printed):
        if process.returncode != 0:
            raise BenchError(f"{process.args[0]}: {errors.strip()[-400:]}")
    return [out for out, _ in printed]


def resident_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid, ended=False):
    """The usage of the process itself so far; with `ended`, also of its children that have ended."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:15 if ended else 13])) / TICKS
    return 0.0


def cpu_seconds_of_all(pid):
    """The usage of the process and its children so far, including ended ones."""
    return cpu_seconds(pid, ended=True) + sum(cpu_seconds(child, ended=True) for child in children_of(pid))


def children_of(pid):
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]

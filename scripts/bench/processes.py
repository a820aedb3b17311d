"""Processes that the benchmarks start, and end by their own ids."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path


class BenchError(Exception):
    """Something that makes a figure impossible, said for people."""


def free_port():
    """A port below the range from which the kernel serves port 0."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for_port(port, process, seconds=30):
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            raise BenchError(f"{process.args[0]} ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise BenchError(f"{process.args[0]} does not listen on {port}")
        time.sleep(0.02)


@contextlib.contextmanager
def running(command, log, environment=None, folder=None):
    """Starts a process in a group of its own; at the end the whole group is ended."""
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env={**os.environ, **(environment or {})}, cwd=folder, start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process, seconds=30):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def output_of(*command, seconds=120):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds)
    if done.returncode != 0:
        raise BenchError(f"{command[0]}: {done.stderr.strip()[-400:]}")
    return done.stdout


def outputs_of(commands, seconds=120):
    """Runs commands at the same time and gives back what each printed."""
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


def children_of(pid):
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]

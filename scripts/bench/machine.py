"""The machine on which the figures were measured."""

import os
import platform
import statistics
import subprocess
import tempfile
import time
from importlib import metadata
from pathlib import Path


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except OSError:
        return "not found"
    return (done.stdout + done.stderr).strip().splitlines()[0]


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def memory_gib():
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return round(int(total.split()[1]) / 1024 / 1024, 1)


def load():
    return round(os.getloadavg()[0], 2)


def sync_milliseconds(folder):
    """The median time for appending 4 KiB and syncing: the minimum cost of every durable step."""
    samples = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(50):
            start = time.monotonic()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            samples.append((time.monotonic() - start) * 1000)
    return statistics.median(samples)


def facts(folder):
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": f"{memory_gib()} GiB",
        "kernel": platform.release(),
        "load at start": load(),
        "fsync": f"{sync_milliseconds(folder):.2f} ms",
        "libvips": first_line("pkg-config", "--modversion", "vips"),
        "swift": first_line("swift", "--version"),
        "redis": first_line("redis-server", "--version"),
        "imagemagick": first_line("/usr/bin/convert", "--version"),
        **{name: metadata.version(name) for name in ("celery", "thumbor", "pillow", "pyvips")},
    }

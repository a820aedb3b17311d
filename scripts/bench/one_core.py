"""One core: 12 megapixels to fit 512 pixels, JPEG with quality 80. All contestants are bound to the same core."""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import inputs as pictures
import pixelflow
import quality
from harness.process import output_of
from plan import EDGE, interleaved
from processes import BenchError
from report import Line, Section

HERE = Path(__file__).parent
MAGICK = "/usr/bin/convert"
PIXELFLOW_HERE, PIXELFLOW_BOXED = "PixelFlow, in the process", "PixelFlow, sandboxed process"
C_LOOP = "C loop over vips_thumbnail_buffer"


def compile_loop(folder):
    """Builds the C peer with the system's compiler, and returns its path."""
    program = folder / "thumbnail_loop"
    flags = output_of("pkg-config", "--cflags", "--libs", "vips").split()
    output_of("cc", "-O2", "-o", program, HERE / "thumbnail_loop.c", *flags)
    return program


def rate(command):
    result = json.loads(output_of(*command))
    return result["images"] / result["seconds"]


def magick_rate(pinned, files, seconds):
    """One process per image, the usual way to run ImageMagick; decoding shrinks as its manual recommends."""
    start, elapsed, done = time.monotonic(), 0, 0
    photos = itertools.cycle(files)
    while elapsed < seconds:
        subprocess.run(
            [*pinned, MAGICK, "-limit", "thread", "1", "-define", f"jpeg:size={2 * EDGE}x{2 * EDGE}", next(photos),
             "-thumbnail", f"{EDGE}x{EDGE}", "-quality", "80", "jpg:/dev/null"], check=True)
        done += 1
        elapsed = time.monotonic() - start
    return done / elapsed


def measure(plan, inputs, loop):
    pinned = ["taskset", "-c", str(max(os.sched_getaffinity(0)))]
    files = [str(photo) for photo in inputs.photos]
    timed = [str(plan.seconds), str(EDGE), *files]
    render = [*pinned, plan.tools, "render", "--seconds", str(plan.seconds), "--edge", str(EDGE), "--quality", "80"]
    contestants = {
        C_LOOP: lambda: rate([*pinned, loop, *timed]),
        "Pillow thumbnail": lambda: rate([*pinned, sys.executable, HERE / "pillow_loop.py", *timed]),
        "ImageMagick, a process an image": lambda: magick_rate(pinned, files, plan.seconds),
    }
    skipped = "" if plan.tools.exists() else "bench-tools is not built"
    if not skipped:
        contestants[PIXELFLOW_HERE] = lambda: rate([*render, "--in-process", *files])
        contestants[PIXELFLOW_BOXED] = lambda: rate([*render, "--sandboxed", "1", *files])
    values = interleaved(plan.rounds, contestants)
    base = Line(C_LOOP, values[C_LOOP], "images/s")

    def line(name, at_least=0.0):
        return Line(name, values.get(name, []), "images/s", base=base.values, at_least=at_least, skipped=skipped)

    return Section(
        "One core, 12 megapixels to fit 512 px",
        [base, line(PIXELFLOW_HERE, 1.05), line(PIXELFLOW_BOXED, 1.0), line("Pillow thumbnail"),
         line("ImageMagick, a process an image")],
        [inputs.note])


def measure_quality(plan, inputs, loop):
    """Speed must not come at the cost of quality: SSIM of the same thumbnails against a full decode."""
    pipeline = pixelflow.fit(EDGE, "jpeg", quality=80)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory(dir=plan.work) as name, pixelflow.started(plan.pixelflow, Path(name)) as system:
        for photo in inputs.photos:
            expected = pictures.reference(photo, EDGE)
            system.upload(system.connections[0], photo.read_bytes(), pipeline)
            _, task = system.events.next_end()
            ours.append(quality.ssim_of_bytes(system.output(task), expected))
            thumbnail = Path(name) / "thumbnail.jpg"
            output_of(loop, "--save", thumbnail, str(EDGE), photo)
            theirs.append(quality.ssim_of_bytes(thumbnail.read_bytes(), expected))
    loss = [max(0.0, theirs - ours) for ours, theirs in zip(ours, theirs)]
    if len(loss) != len(inputs.photos):
        raise BenchError("not every picture was compared")
    return Section(
        "The picture, SSIM against a full decode (mean of the inputs, after JPEG of quality 80)",
        [Line("C loop over vips_thumbnail_buffer", [sum(theirs) / len(theirs)], "", digits=4),
         Line("PixelFlow", [sum(ours) / len(ours)], "", digits=4),
         Line("mean loss of PixelFlow", [sum(loss) / len(loss)], "", digits=4, limit=0.001)])

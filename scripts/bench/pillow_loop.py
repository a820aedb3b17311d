"""Pillow's own thumbnail in a loop: pillow_loop.py SECONDS EDGE FILE... prints {"images":N,"seconds":S}."""

import io
import json
import sys
import time
from pathlib import Path

from PIL import Image


def thumbnail(source, edge):
    image = Image.open(io.BytesIO(source))
    image.thumbnail((edge, edge), Image.Resampling.LANCZOS)  # lets libjpeg shrink while it decodes
    image.save(io.BytesIO(), "JPEG", quality=80)


def main():
    seconds, edge = float(sys.argv[1]), int(sys.argv[2])
    sources = [Path(name).read_bytes() for name in sys.argv[3:]]
    done, start = 0, time.monotonic()
    while time.monotonic() - start < seconds:
        thumbnail(sources[done % len(sources)], edge)
        done += 1
    print(json.dumps({"images": done, "seconds": time.monotonic() - start}))


main()

"""Creates and checks pictures with the command-line tools of libvips."""

import random
import subprocess

from .failure import Failure, expect

SOURCE_SIZE = (2400, 1800)


def vips(*arguments):
    """The output of a libvips command."""
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        raise Failure(f"{arguments[0]} is not installed (Debian: libvips-tools)") from None
    expect(done.returncode == 0, f"{' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout.strip()


def make_photo(folder):
    """The bytes of folder/photo.jpg, a picture with soft shapes and edges; each one is unique because of its seed."""
    width, height = map(str, SOURCE_SIZE)
    shapes, grey, photo = folder / "shapes.v", folder / "grey.v", folder / "photo.jpg"
    vips("vips", "worley", shapes, width, height, "--cell-size", "300", "--seed", str(random.randrange(2**31)))
    vips("vips", "linear", shapes, grey, "0.8", "10", "--uchar")
    vips("vips", "falsecolour", grey, f"{photo}[Q=88]")
    return photo.read_bytes()


def check_picture(folder, data, size):
    """Decodes every pixel, because a valid header alone proves nothing; the picture stays in folder/output."""
    path = folder / "output"
    path.write_bytes(data)
    vips("vips", "avg", f"{path}[fail_on=truncated]")
    found = tuple(int(vips("vipsheader", "-f", field, path)) for field in ("width", "height"))
    expect(found == size, f"the output is {found[0]}x{found[1]}, not {size[0]}x{size[1]}")

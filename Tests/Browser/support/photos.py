"""Two real photographs, from a Debian package that is unpacked and not installed (CC BY and BY-SA)."""

import shutil
import subprocess
from pathlib import Path

PACKAGE = "lomiri-wallpapers-16.04"
WIDTH = 2400


def photos(cache: Path, sample: Path):
    """Two JPEGs of a few hundred kilobytes. Without a package server, the sample image and a mirrored copy."""
    found = sorted(cache.glob("photo-*.jpg"))
    if len(found) >= 2:
        return found[:2]
    cache.mkdir(parents=True, exist_ok=True)
    try:
        large = _unpacked(cache)
    except (OSError, subprocess.SubprocessError, StopIteration):
        print(f"\nno photographs from {PACKAGE}: using {sample.name} and its mirror image")
        return _made(cache, sample)
    for number, path in enumerate(large[:2], 1):
        _vips("vipsthumbnail", path, "--size", f"{WIDTH}x{WIDTH}", "-o", f"{cache}/photo-{number}.jpg[Q=88]")
    shutil.rmtree(cache / "package", ignore_errors=True)
    return sorted(cache.glob("photo-*.jpg"))[:2]


def _unpacked(cache):
    quiet = {"cwd": cache, "check": True, "capture_output": True, "timeout": 120}
    subprocess.run(["apt-get", "download", PACKAGE], **quiet)
    package = next(cache.glob(f"{PACKAGE}_*.deb"))
    subprocess.run(["dpkg", "-x", package.name, "package"], **quiet)
    package.unlink()
    found = sorted((cache / "package").rglob("*.jpg"), key=lambda path: path.stat().st_size, reverse=True)
    if len(found) < 2:
        raise StopIteration
    return found


def _made(cache, sample):
    mirrored = cache / "mirrored.jpg"
    _vips("vips", "flip", sample, mirrored, "horizontal")
    return [sample, mirrored]


def _vips(*arguments):
    subprocess.run([str(argument) for argument in arguments], check=True, capture_output=True, timeout=60)

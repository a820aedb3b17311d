"""The pictures: 12-megapixel JPEGs, including real photographs, and 64 x 64 PNGs."""

import random
import subprocess
from pathlib import Path

import pyvips

LONG, SHORT = 4032, 3024
PHOTO_PACKAGE = "lomiri-wallpapers-16.04"  # camera photographs of up to 16 megapixels, CC BY and BY-SA
SMALLEST_SOURCE = 9_500_000  # pixels; enlarging smaller ones would change the character of photographs
PNG_COUNT = 50


class Inputs:
    """Creates the pictures once; later runs reuse them."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.real = self._real_photos()
        self.photos = self.real + self._made_photos()
        self.pngs = self._pngs()

    @property
    def note(self):
        size = sum(photo.stat().st_size for photo in self.photos) / len(self.photos) / 1e6
        return f"{len(self.photos)} JPEGs of {LONG} x {SHORT} (mean {size:.1f} MB), {len(self.real)} of them real photographs"

    def _real_photos(self):
        done = self.folder / "real.done"
        if not done.exists():
            try:
                self._download()
            except (OSError, subprocess.SubprocessError):
                return []
            done.touch()
        return sorted(self.folder.glob("real-*.jpg"))

    def _download(self):
        """Unpacks the package without installing it."""
        quiet = {"cwd": self.folder, "check": True, "capture_output": True}
        subprocess.run(["apt-get", "download", PHOTO_PACKAGE], **quiet)
        package = next(self.folder.glob(f"{PHOTO_PACKAGE}_*.deb"))
        subprocess.run(["dpkg", "-x", package.name, "package"], **quiet)
        number = 0
        for path in sorted((self.folder / "package").rglob("*.jpg")):
            image = pyvips.Image.new_from_file(str(path))
            if image.width * image.height >= SMALLEST_SOURCE:
                number += 1
                save_photo(image, self.folder / f"real-{number}.jpg")

    def _made_photos(self):
        """Clouds with film grain: soft shapes and noise, similar to photographs."""
        path = self.folder / "made-1.jpg"
        if not path.exists():
            bands = [made_band(seed) for seed in (1, 2, 3)]
            save_photo(bands[0].bandjoin(bands[1:]).copy(interpretation="srgb"), path)
        return [path]

    def _pngs(self):
        source = pyvips.Image.new_from_file(str(self.photos[0]))
        chosen = random.Random(64)
        paths = []
        for number in range(PNG_COUNT):
            path = self.folder / f"small-{number}.png"
            if not path.exists():
                left, top = chosen.randrange(source.width - 64), chosen.randrange(source.height - 64)
                source.crop(left, top, 64, 64).pngsave(str(path))
            paths.append(path)
        return paths


def made_band(seed):
    coarse = pyvips.Image.perlin(LONG, SHORT, cell_size=700, seed=seed) * 70
    fine = pyvips.Image.perlin(LONG, SHORT, cell_size=60, seed=seed + 10) * 25
    grain = pyvips.Image.gaussnoise(LONG, SHORT, sigma=4, seed=seed + 20)
    return (coarse + fine + grain + 120).cast("uchar")


def save_photo(image, path):
    """Crops to the aspect ratio of a phone's picture, portrait or landscape, and compresses like phones do."""
    width, height = (LONG, SHORT) if image.width > image.height else (SHORT, LONG)
    image = image.colourspace("srgb").thumbnail_image(width, height=height, crop="centre", size="both")
    image.jpegsave(str(path), Q=90, subsample_mode="on", strip=True)


def reference(path: Path, edge):
    """The fully decoded picture, resized in one step: the reference for all others."""
    image = pyvips.Image.new_from_file(str(path))
    return image.resize(edge / max(image.width, image.height), kernel="lanczos3")

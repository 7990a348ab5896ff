"""Copy the photographs that scikit-image and scikit-learn carry into a folder.

Usage: python scripts/sample_photos.py FOLDER
"""

from __future__ import annotations

import shutil
import sys
from importlib.resources import files
from pathlib import Path

PHOTOS = {
    "skimage.data": (
        "astronaut.png",
        "brick.png",
        "camera.png",
        "cell.png",
        "chelsea.png",
        "clock_motion.png",
        "coffee.png",
        "coins.png",
        "grass.png",
        "gravel.png",
        "hubble_deep_field.jpg",
        "moon.png",
        "motorcycle_left.png",
        "motorcycle_right.png",
        "retina.jpg",
        "rocket.jpg",
    ),
    "sklearn.datasets.images": ("china.jpg", "flower.jpg"),
}


def copy_samples(folder: Path) -> int:
    """Returns the number of photos copied; those already there are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    copied = 0
    for package, names in PHOTOS.items():
        for name in names:
            target = folder / name
            if not target.exists():
                shutil.copyfile(str(files(package) / name), target)
                copied += 1
    return copied


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(f"{copy_samples(Path(sys.argv[1]))} sample photos copied to {sys.argv[1]}")

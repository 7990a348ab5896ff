"""Real photos, changed as people change them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image

Change = Callable[[Image.Image], Image.Image]


def cropped(left: float, top: float, right: float, bottom: float) -> Change:
    def crop(image: Image.Image) -> Image.Image:
        width, height = image.size
        return image.crop(
            (int(left * width), int(top * height), int(right * width), int(bottom * height))
        )

    return crop


CHANGES: dict[str, Change] = {
    "resized": lambda image: image.reduce(2),
    "in grey": lambda image: image.convert("L"),
    "brighter": lambda image: image.point(lambda level: min(255, int(level * 1.2))),
    "cropped all round": cropped(0.08, 0.08, 0.92, 0.92),
    "cropped at one side": cropped(0.15, 0, 1, 1),
}


def changed(photo: Path, change: str, to: Path) -> Path:
    """A changed copy, as JPEG of a lower quality."""
    with Image.open(photo) as image:
        CHANGES[change](image.convert("RGB")).save(to, quality=60)
    return to

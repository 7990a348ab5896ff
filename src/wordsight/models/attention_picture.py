"""A picture of where the captioner looked at each word (Xu et al. 2015, figure 3)."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from wordsight.models.runtime import Floats

_TILES_A_ROW = 5
_LABEL_HEIGHT = 22
_GAP = 6


def draw_attention(photo: bytes, words: Sequence[str], attention: Floats) -> Image.Image:
    """The photo, then once more for each word, lit where the model looked.

    Args:
        photo: encoded bytes of a small picture.
        words: of the caption.
        attention: float32 `[words, cells]`, the cells of a square grid row by row.
    """
    with Image.open(io.BytesIO(photo)) as opened:
        base = opened.convert("RGB")
    tiles = [(base, "")]
    tiles += [(light(base, look), word) for word, look in zip(words, attention, strict=True)]
    return _lay_out(tiles)


def light(base: Image.Image, look: Floats) -> Image.Image:
    """A photo, darkened where the model did not look; `look` is float32 `[cells]`."""
    side = round(len(look) ** 0.5)
    strength = look.reshape(side, side) / max(float(look.max()), 1e-9)
    small = Image.fromarray((strength * 255).astype(np.uint8))
    mask = small.resize(base.size, Image.Resampling.BICUBIC)
    dark = base.point(lambda value: value * 0.25)
    return Image.composite(base, dark, mask)


def _lay_out(tiles: Sequence[tuple[Image.Image, str]]) -> Image.Image:
    width, height = tiles[0][0].size
    columns = min(_TILES_A_ROW, len(tiles))
    rows = -(-len(tiles) // columns)
    step_x, step_y = width + _GAP, height + _LABEL_HEIGHT + _GAP
    sheet = Image.new("RGB", (columns * step_x + _GAP, rows * step_y + _GAP), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    for i, (tile, word) in enumerate(tiles):
        x, y = _GAP + i % columns * step_x, _GAP + i // columns * step_y
        draw.text((x + 2, y), word, "black", font=font)
        sheet.paste(tile, (x, y + _LABEL_HEIGHT))
    return sheet

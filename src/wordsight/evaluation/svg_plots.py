"""A bar chart as inline SVG, in the colours of the page around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 440, 230, 34, 40, 34
_COLOURS = ("var(--first)", "var(--second)", "var(--third)")
_GAP = 0.25
"""Of a group's width, between it and the next."""


def bar_chart(
    title: str, groups: Sequence[str], series: Mapping[str, Sequence[float]], most: float
) -> str:
    """Bars side by side in each group, at most three of them.

    Args:
        title: what is shown.
        groups: names along the foot.
        series: by name a value for each group, from 0 to `most`.
        most: where the axis ends.
    """
    drawn = [*_grid(most), *_legend(list(series))]
    step = (_WIDTH - _LEFT) / len(groups)
    width = step * (1 - _GAP) / len(series)
    for group, name in enumerate(groups):
        left = _LEFT + step * (group + _GAP / 2)
        for place, (label, values) in enumerate(series.items()):
            hint = f"{name}, {label}: {values[group]:.3g}"
            drawn.append(_bar(left + place * width, width, values[group] / most, place, hint))
        drawn.append(_text(left + step * (1 - _GAP) / 2, _HEIGHT - _BOTTOM + 16, name, "middle"))
    drawn.append(_text((_LEFT + _WIDTH) / 2, _HEIGHT - 4, title, "middle"))
    box = f"0 0 {_WIDTH} {_HEIGHT}"
    return f'<svg viewBox="{box}" role=img aria-label="{escape(title)}">{"".join(drawn)}</svg>'


def _grid(most: float) -> list[str]:
    drawn = []
    for part in range(5):
        y = _y(part / 4)
        drawn.append(f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(_text(_LEFT - 6, y + 4, f"{most * part / 4:.3g}", "end"))
    return drawn


def _legend(names: Sequence[str]) -> list[str]:
    drawn = []
    for place, name in enumerate(names):
        x = _LEFT + place * (_WIDTH - _LEFT) / len(names)
        drawn.append(f'<rect x="{x:.1f}" y="4" width="11" height="11" fill="{_COLOURS[place]}"/>')
        drawn.append(_text(x + 16, 13.5, name, "start"))
    return drawn


def _bar(x: float, width: float, share: float, place: int, hint: str) -> str:
    top = _y(share)
    size = f'width="{width * 0.92:.1f}" height="{max(_y(0) - top, 0):.1f}"'
    return (
        f'<rect x="{x:.1f}" y="{top:.1f}" {size} fill="{_COLOURS[place]}">'
        f"<title>{escape(hint)}</title></rect>"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _y(share: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - share)

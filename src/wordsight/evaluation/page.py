"""What reports in HTML have in common: one file, no scripts, light and dark, narrow and wide."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from wordsight.evaluation.machine import machine

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.45 system-ui, sans-serif;
  --first: light-dark(#1f6b5c, #7fd0be); --second: light-dark(#b45f1b, #f0b47c);
  --third: light-dark(#5a5fb0, #aab0f5) }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 3rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0 2rem }
td, th { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid #8884 }
td:first-child, th:first-child, td.text { text-align: left }
small { opacity: .75 }
figure { margin: 0 }
img { max-width: 100%; display: block; border-radius: .4rem }
figcaption { font-size: .85rem }
svg { width: 100%; max-width: 36rem; display: block; margin: 1rem 0 }
svg text { fill: currentColor; font: 11px system-ui, sans-serif }
svg line { stroke: currentColor; stroke-opacity: .25 }
"""


def write_document(
    path: Path, title: str, protocol: str, parts: Iterable[str], style: str = ""
) -> None:
    """Write a report: its title, what was measured, where and when, then its parts as HTML.

    Raises:
        OSError: it cannot be written.
    """
    name = escape(title)
    lines = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width, initial-scale=1">',
        f"<title>{name}</title><style>{_STYLE}{style}</style><h1>{name}</h1>",
        f"<p>{escape(protocol)}</p><p><small>{escape(machine())}</small></p>",
        *parts,
        "</html>\n",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already; it scrolls where the page is narrow."""
    names = "".join(f"<th>{escape(name)}" for name in head)
    lines = ["<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows]
    return "\n".join([f"<div class=wide><table><tr>{names}", *lines, "</table></div>"])


def picture(jpeg: bytes, alt: str, caption: str) -> str:
    """A figure; `caption` is HTML."""
    data = base64.b64encode(jpeg).decode()
    image = f'<img src="data:image/jpeg;base64,{data}" alt="{escape(alt)}">'
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"

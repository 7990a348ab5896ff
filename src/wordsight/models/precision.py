"""In which arithmetic the models are computed: int8 where the processor has it, else float32."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from wordsight.errors import ModelError
from wordsight.models.device import device

Precision = Literal["int8", "float32"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

_CPU_INFO = Path("/proc/cpuinfo")
_DOT_PRODUCTS = frozenset({"avx512_vnni", "avx_vnni", "asimddp"})
"""Instructions (x86, ARM) that multiply and add int8 exactly. Without them x86 is slower, and
adds in 16 bits, which overflow."""


def form(path: Path, precision: Precision) -> Path:
    """The file of a model that computes so; `path` is the float32 one."""
    return path if precision == "float32" else path.with_stem(f"{path.stem}_{precision}")


def chosen_precision(asked: Precision | None, has_int8: bool) -> Precision:
    """The precision asked for, by an argument or the environment; else the quickest.

    Raises:
        ModelError: there is no such precision, or it cannot be had.
    """
    wish = asked or wished_precision()
    if wish == "int8" and not has_int8:
        raise ModelError("these models have no int8 form; run `wordsight train quantise`")
    if wish == "int8" and not computes_int8():
        raise ModelError("this processor has no exact int8 arithmetic; take float32")
    quickest: Precision = (
        "int8" if has_int8 and computes_int8() and device() == "cpu" else "float32"
    )
    return wish or quickest


def wished_precision() -> Precision | None:
    """What the environment asks for, if it does.

    Raises:
        ModelError: there is no such precision.
    """
    wish = os.environ.get("WORDSIGHT_PRECISION") or None
    if wish not in (None, *PRECISIONS):
        raise ModelError(f"$WORDSIGHT_PRECISION is {wish}; it may be {' or '.join(PRECISIONS)}")
    return wish


@cache
def computes_int8() -> bool:
    """Whether this processor is known to multiply int8 matrices quickly and exactly."""
    if platform.system() == "Darwin":
        return platform.machine() == "arm64"
    return bool(_DOT_PRODUCTS & _flags())


def _flags() -> set[str]:
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return set(value.split())
    return set()

"""Where the models are computed: on an NVIDIA GPU where ONNX Runtime can, else on the processor."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from wordsight.errors import ModelError

Device = Literal["cpu", "cuda"]

_CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"
_GPUS = Path("/proc/driver/nvidia/gpus")


@cache
def device() -> Device:
    """What this process computes on.

    Raises:
        ModelError: `$WORDSIGHT_DEVICE` asks for what cannot be had.
    """
    return chosen_device(_available(), os.environ.get("WORDSIGHT_DEVICE", ""))


def chosen_device(available: Sequence[str], wish: str) -> Device:
    """CUDA where it is among ONNX Runtime's providers, unless the wish is `cpu`.

    Raises:
        ModelError: the wish is for something else, or for what is not available.
    """
    if wish not in ("", "cpu", "cuda"):
        raise ModelError(f"$WORDSIGHT_DEVICE is {wish}; it may be cpu or cuda")
    if wish == "cuda" and _CUDA not in available:
        raise ModelError(f"$WORDSIGHT_DEVICE is cuda, but {_MISSING}")
    return "cuda" if _CUDA in available and wish != "cpu" else "cpu"


def providers(chosen: Device) -> list[str]:
    """ONNX Runtime's names, in the order of preference."""
    return [_CUDA, _CPU] if chosen == "cuda" else [_CPU]


def unused_gpu(gpus: Path = _GPUS) -> str | None:
    """A line about a GPU that is here and that ONNX Runtime cannot use; None if there is none."""
    here = gpus.is_dir() and any(gpus.iterdir())
    return f"there is an NVIDIA GPU, but {_MISSING}" if here and _CUDA not in _available() else None


_MISSING = (
    "ONNX Runtime is without CUDA here; `pip uninstall onnxruntime` and "
    "`pip install onnxruntime-gpu` to use it"
)


@cache
def _available() -> tuple[str, ...]:
    import onnxruntime as ort

    return tuple(ort.get_available_providers())

"""Where the models are computed. No test has a GPU: the choice is what is tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from wordsight.errors import ModelError
from wordsight.models import device as here
from wordsight.models.device import chosen_device, device, providers, unused_gpu

CPU, BOTH = ("CPUExecutionProvider",), ("CUDAExecutionProvider", "CPUExecutionProvider")


def test_a_gpu_is_used_where_it_can_be() -> None:
    assert chosen_device(BOTH, "") == "cuda"
    assert chosen_device(CPU, "") == "cpu"
    assert chosen_device(BOTH, "cpu") == "cpu"
    assert providers("cuda") == list(BOTH)
    assert providers("cpu") == list(CPU)


def test_a_wish_that_cannot_be_granted_is_told() -> None:
    with pytest.raises(ModelError, match="without CUDA"):
        chosen_device(CPU, "cuda")
    with pytest.raises(ModelError, match="it may be cpu or cuda"):
        chosen_device(BOTH, "tpu")


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDSIGHT_DEVICE", "tpu")
    device.cache_clear()
    with pytest.raises(ModelError, match="tpu"):
        device()
    monkeypatch.delenv("WORDSIGHT_DEVICE")
    assert device() == "cpu"


def test_a_gpu_that_lies_idle_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unused_gpu(tmp_path / "none") is None
    assert unused_gpu(tmp_path) is None
    (tmp_path / "0000:41:00.0").mkdir()
    monkeypatch.setattr(here, "_available", lambda: CPU)
    assert "onnxruntime-gpu" in (unused_gpu(tmp_path) or "")
    monkeypatch.setattr(here, "_available", lambda: BOTH)
    assert unused_gpu(tmp_path) is None

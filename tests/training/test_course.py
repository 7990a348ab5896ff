"""Epochs are judged, logged, stopped in time, and resume exactly."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from wordsight.errors import ModelError
from wordsight.training.course import Course, Logbook, Pace
from wordsight.training.telling import Teller


class StoppedError(Exception):
    pass


def course(epochs: int = 6, patience: int = 6) -> Course[nn.Sequential]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    return Course(model, optimizer, Pace(epochs, 4, averaging=0.5, patience=patience))


def losses(model: nn.Sequential, rng: np.random.Generator) -> Iterator[tuple[Tensor, float]]:
    for _ in range(4):
        x = torch.from_numpy(rng.normal(size=(5, 3)).astype(np.float32))
        loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
        yield loss, float(loss.detach())


def judge(model: nn.Sequential) -> dict[str, float]:
    return {"goodness": -float((model(torch.ones(1, 3)).detach() - 3).abs())}


def logbook(folder: Path, begun_with: object = "a") -> Logbook:
    return Logbook(folder, "run", begun_with, Teller(lambda _: None))


def weights(model: nn.Module) -> list[float]:
    return [float(v) for p in model.parameters() for v in p.detach().flatten()]


def stop_in_the_third_epoch(folder: Path) -> None:
    judged = iter([judge, judge])

    def interrupted(model: nn.Sequential) -> dict[str, float]:
        try:
            return next(judged)(model)
        except StopIteration:
            raise StoppedError from None

    with pytest.raises(StoppedError):
        course().run(losses, interrupted, logbook(folder), seed=1)


def test_a_stopped_training_ends_as_if_it_had_not_been_stopped(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    whole = course().run(losses, judge, logbook(tmp_path / "whole"), seed=1)
    stop_in_the_third_epoch(tmp_path / "stopped")
    resumed = course().run(losses, judge, logbook(tmp_path / "stopped"), seed=1)
    assert weights(resumed) == weights(whole)
    logs = [(tmp_path / name / "run.csv").read_text() for name in ("whole", "stopped")]
    assert logs[0] == logs[1]
    assert not (tmp_path / "stopped" / "run.checkpoint").exists()
    assert "<svg" in (tmp_path / "stopped" / "run.svg").read_text()


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    stop_in_the_third_epoch(tmp_path)
    with pytest.raises(ModelError, match="was begun with other settings, words or photos"):
        course().run(losses, judge, logbook(tmp_path, "b"), seed=1)


def test_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    (tmp_path / "run.checkpoint").write_bytes(b"PK no checkpoint")
    with pytest.raises(ModelError, match="is damaged; delete it"):
        course().run(losses, judge, logbook(tmp_path), seed=1)


def test_the_best_epoch_is_kept_and_training_stops_after_it(tmp_path: Path) -> None:
    figures = iter([0.1, 0.9, 0.3, 0.2, 0.4, 0.5])
    seen: list[list[float]] = []

    def told(model: nn.Sequential) -> dict[str, float]:
        seen.append(weights(model))
        return {"goodness": next(figures)}

    best = course(patience=2).run(losses, told, logbook(tmp_path), seed=1)
    with (tmp_path / "run.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["goodness"] for row in rows] == ["0.1", "0.9", "0.3", "0.2"]
    assert weights(best) == seen[1]

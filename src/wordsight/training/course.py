"""The course of a training: epochs that are judged and logged, and resume where they stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

import numpy as np
import torch
from torch import Tensor

from wordsight.errors import ModelError
from wordsight.training.averaging import Model, WeightAverage
from wordsight.training.telling import Row, Teller, draw_curves, write_table

Losses = Callable[[Model, np.random.Generator], Iterator[tuple[Tensor, float]]]
"""One epoch: for each step what to minimise, and the figure that the log shows."""
Judge = Callable[[Model], dict[str, float]]
"""Figures on the development set; the first one decides, larger is better."""

_DECIDING = 2
"""Place of a row's deciding figure, after the epoch and the figure of the training."""


@dataclass(frozen=True)
class Pace:
    """How long and how fast. Training stops after `patience` epochs that were no better."""

    epochs: int
    steps_an_epoch: int
    warm_up: float = 0.1
    clip: float = 1.0
    averaging: float = 0.98
    patience: int = 3


class Logbook:
    """`NAME.csv` with a row an epoch, `NAME.svg` with its curves, and `NAME.checkpoint` while
    a training is unfinished.

    Args:
        folder: where they are.
        name: of the training.
        begun_with: all that the training depends on; a checkpoint of anything else is refused.
        teller: is told of each epoch, in a line.
    """

    def __init__(self, folder: Path, name: str, begun_with: object, teller: Teller) -> None:
        self.name = name
        self.teller = teller
        self._folder = folder
        self._checkpoint = folder / f"{name}.checkpoint"
        self._key = hashlib.sha256(repr(begun_with).encode()).hexdigest()

    def write(self, rows: list[Row], state: dict[str, Any]) -> None:
        write_table(self._folder / f"{self.name}.csv", rows)
        figures = ", ".join(f"{key} {value:.4g}" for key, value in rows[-1].items())
        self.teller.report(f"{self.name}: {figures}")
        unfinished = self._checkpoint.with_suffix(".part")
        torch.save({"key": self._key, "rows": rows, **state}, unfinished)
        unfinished.replace(self._checkpoint)

    def read(self) -> dict[str, Any] | None:
        """What was written last by the same training, if it was not finished.

        Raises:
            ModelError: there is a checkpoint of another training, or it is damaged.
        """
        if not self._checkpoint.exists():
            return None
        advice = "delete it, or name another --cache"
        try:
            state: dict[str, Any] = torch.load(self._checkpoint, weights_only=True)
        except Exception as error:  # unpickling damaged bytes raises anything
            raise ModelError(f"{self._checkpoint} is damaged; {advice}") from error
        if state["key"] != self._key:
            raise ModelError(
                f"{self._checkpoint} was begun with other settings, words or photos; {advice}"
            )
        return state

    def finish(self, rows: list[Row]) -> None:
        draw_curves(self._folder / f"{self.name}.svg", rows)
        self._checkpoint.unlink(missing_ok=True)


class Course(Generic[Model]):
    """Trains `model` at learning rates that rise and fall once (one cycle).

    Args:
        model: starts as it is.
        optimizer: over the model's parameters; its groups' rates are the peaks.
    """

    def __init__(self, model: Model, optimizer: torch.optim.Optimizer, pace: Pace) -> None:
        self._model = model
        self._optimizer = optimizer
        self._pace = pace
        self._average = WeightAverage(model, pace.averaging)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            [group["lr"] for group in optimizer.param_groups],
            total_steps=pace.epochs * pace.steps_an_epoch,
            pct_start=pace.warm_up,
        )
        self._rows: list[Row] = []
        self._best: dict[str, Tensor] = {}

    def run(self, losses: Losses[Model], judge: Judge[Model], logbook: Logbook, seed: int) -> Model:
        """All epochs; gives the averaged weights of the one that was judged best.

        Stopped and started again, it ends as if it had not been stopped.
        """
        rng = np.random.default_rng(seed)
        self._resume(logbook, rng)
        while len(self._rows) < self._pace.epochs and not self._is_past_its_best():
            shown = self._epoch(losses, rng, logbook)
            average = self._average.model.eval()
            row = {"epoch": len(self._rows) + 1, "train": float(np.mean(shown)), **judge(average)}
            self._rows.append(row)
            if self._best_epoch() == len(self._rows) - 1:
                self._best = {k: v.clone() for k, v in average.state_dict().items()}
            logbook.write(self._rows, self._state(rng))
        self._average.model.load_state_dict(self._best)
        logbook.finish(self._rows)
        return self._average.model.eval()

    def _epoch(
        self, losses: Losses[Model], rng: np.random.Generator, logbook: Logbook
    ) -> list[float]:
        self._model.train()
        what = f"{logbook.name}, epoch {len(self._rows) + 1} of {self._pace.epochs}"
        shown = []
        with logbook.teller.counting(what, self._pace.steps_an_epoch) as tick:
            for loss, told in losses(self._model, rng):
                self._step(loss)
                shown.append(told)
                tick(1)
        return shown

    def _step(self, loss: Tensor) -> None:
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), self._pace.clip)
        self._optimizer.step()
        self._schedule.step()
        self._average.update(self._model)

    def _best_epoch(self) -> int:
        """The last of the best, as far as they are alike."""
        judged = [list(row.values())[_DECIDING] for row in self._rows]
        return max(range(len(judged)), key=lambda epoch: (judged[epoch], epoch))

    def _is_past_its_best(self) -> bool:
        rows = self._rows
        return bool(rows) and len(rows) - 1 - self._best_epoch() >= self._pace.patience

    def _state(self, rng: np.random.Generator) -> dict[str, Any]:
        return {
            "model": self._model.state_dict(),
            "average": self._average.state_dict(),
            "best": self._best,
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "torch": torch.get_rng_state(),
            "numpy": rng.bit_generator.state,
        }

    def _resume(self, logbook: Logbook, rng: np.random.Generator) -> None:
        state = logbook.read()
        if state is None:
            return
        for part in ("model", "average", "optimizer", "schedule"):
            getattr(self, f"_{part}").load_state_dict(state[part])
        self._rows, self._best = state["rows"], state["best"]
        torch.set_rng_state(state["torch"])
        rng.bit_generator.state = state["numpy"]
        logbook.teller.report(f"going on after epoch {len(self._rows)}")

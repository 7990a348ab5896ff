"""Exponential moving average of a model's weights, which generalises better than the last."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Model = TypeVar("Model", bound=nn.Module)


class WeightAverage(Generic[Model]):
    """`decay` is the share that each step keeps of the average so far; 1 / (1 - decay) steps
    must be few beside the whole training, or the untrained start stays in it."""

    def __init__(self, model: Model, decay: float) -> None:
        multi_avg_fn = get_ema_multi_avg_fn(decay)
        self._average = AveragedModel(model, multi_avg_fn=multi_avg_fn)

    def update(self, model: Model) -> None:
        self._average.update_parameters(model)

    @property
    def model(self) -> Model:
        return cast(Model, self._average.module)

    def state_dict(self) -> dict[str, Any]:
        return self._average.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._average.load_state_dict(state)

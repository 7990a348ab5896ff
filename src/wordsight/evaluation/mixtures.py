"""Gaussian mixtures, through scikit-learn."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from wordsight.evaluation.clusterers import Partition

Floats = npt.NDArray[np.float32]

_ITERATIONS = 30
_FLOOR = 1e-4
"""Added to variances, which are about 1/d for unit vectors: clusters of copies have none."""


@dataclass(frozen=True)
class GaussianMixture:
    """Normal distributions with covariances of their own; a point is in the likeliest."""

    components: int
    covariance: Literal["diag", "full"]

    @property
    def name(self) -> str:
        kind = "diagonal" if self.covariance == "diag" else "full"
        return f"Gaussian mixture, {kind}"

    @property
    def parameters(self) -> str:
        return f"scikit-learn, {self.components} components, at most {_ITERATIONS} iterations"

    def method(self, points: Floats, seed: int) -> Partition:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture as Fitted

        if len(points) == 1:  # scikit-learn wants two
            return Partition(np.zeros(1, np.int64), {"means": points})
        fitted = Fitted(
            min(self.components, len(points)),
            covariance_type=self.covariance,
            reg_covar=_FLOOR,
            max_iter=_ITERATIONS,
            init_params="k-means++",
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            labels = fitted.fit_predict(points).astype(np.int64)
        kept = {"weights": fitted.weights_, "means": fitted.means_}
        kept["covariances"] = fitted.covariances_
        return Partition(labels, {name: np.asarray(a, np.float32) for name, a in kept.items()})

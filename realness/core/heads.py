"""Fitted heads on frozen features: how likeness to rated images becomes a score, and how sure it is.

`fitting.py` fits them. Here is what all have in common, and the one with a closed form; `ensembles.py` has the others.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from realness.core.kernels import Encoded, Spaces, family_of
from realness.domain.words import RATING_HIGH, RATING_LOW


@dataclass(frozen=True)
class Chosen:
    """What leave-one-out chose.

    Attributes:
        weights: of each family's kernel.
        noise: the variance of the ratings' noise.
        loo_rmse: the leave-one-out error of the Gaussian process with them, in points of the scale.
    """

    weights: Mapping[str, float]
    noise: float
    loo_rmse: float


@dataclass(frozen=True, kw_only=True)
class Head(ABC):
    """A fitted head.

    Attributes:
        name: one of `realness.core.fitting.HEADS`.
        spaces: what the training made of each source.
        placed: the training's samples there.
        chosen: weights and noise.
        counts: `(n,)` how much each rating counted.
        mean, spread: of the ratings: scores are `mean + spread * found`.
        rows: `(n,)` which of the given samples it was fitted to; all of them, unless there were very many.
    """

    name: str
    spaces: Spaces
    placed: Mapping[str, Any]
    chosen: Chosen
    counts: np.ndarray
    mean: float
    spread: float
    rows: np.ndarray

    @property
    def sources(self) -> list[str]:
        """What a sample has to be encoded by."""
        return list(self.placed)

    @abstractmethod
    def predict(self, encoded: Encoded, known: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Scores and their standard deviations, `(n,)` each, on the scale of the ratings.

        Args:
            known: `(n,)` for each sample the row of the training's sample that is left out of its score; -1 for none.

        The deviation is that of a mean opinion score as noisy as the training's.
        """

    @abstractmethod
    def left_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Scores and deviations of the training's own samples, each as if it had been left out.

        What is chosen without ratings (words, scalings), weights and noise are those that were chosen with it.
        """

    @abstractmethod
    def numbers(self) -> dict[str, np.ndarray]:
        """What it has learned beside `placed`, `spaces` and `counts`, as tensors by name."""

    @abstractmethod
    def told(self) -> dict[str, float]:
        """The same, of single numbers."""

    @classmethod
    @abstractmethod
    def restored(cls, common: Mapping[str, Any], numbers: Mapping[str, np.ndarray], told: Mapping[str, Any]) -> Self:
        """From what `numbers` and `told` gave.

        Args:
            common: the attributes that every head has.

        Raises:
            KeyError, ValueError: something is missing, or does not fit.
        """

    def check(self) -> None:
        """Refuse numbers that cannot be a head's.

        Raises:
            ValueError: they are not finite, or do not fit each other.
        """
        count = len(self.counts)
        if any(each.shape[0] != count for each in self.placed.values()) or not (self.counts > 0).all():
            raise ValueError("its samples do not fit each other")
        dense = [getattr(each, "data", each) if hasattr(each, "indptr") else each for each in self.placed.values()]
        scalings = [each for one in self.spaces.scalings.values() for each in (one.centre, one.spread)]
        single = np.array([self.mean, self.spread, self.chosen.noise, *self.chosen.weights.values()])
        numbers = [*dense, *(each for each in scalings if each is not None), *self.numbers().values(), single]
        if not all(np.isfinite(each).all() for each in numbers) or not 0 < self.spread <= RATING_HIGH:
            raise ValueError("its numbers are not finite")
        if not all(0 < each < np.inf for each in self.told().values()):
            raise ValueError("its uncertainty is none")

    def _on_scale(self, found: np.ndarray) -> np.ndarray:
        return np.clip(self.mean + self.spread * found, RATING_LOW, RATING_HIGH)


@dataclass(frozen=True, kw_only=True)
class GaussianProcess(Head):
    """Kernel ridge regression with an uncertainty: `gp`, and with linear kernels `ridge`.

    Attributes:
        coefficients: `(n,)` of the likeness to each training sample.
        scale: of the uncertainty: the variance that leave-one-out found over the one that the process expects.
    """

    coefficients: np.ndarray
    scale: float

    def predict(self, encoded: Encoded, known: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """See `Head`. Samples are left out in closed form."""
        rows = self.spaces.placed(encoded, self.sources)
        likeness = weighted(self.spaces.likeness(rows, self.placed), self.chosen.weights)
        found = likeness @ self.coefficients
        through = likeness @ self._inverse
        explained = np.einsum("nm,nm->n", through, likeness)
        if known is not None:
            at = np.flatnonzero(known >= 0)
            gone, own = known[at], through[at, known[at]]
            found[at] -= own * self.coefficients[gone] / self._inverse[gone, gone]
            explained[at] -= own**2 / self._inverse[gone, gone]
        whole = weighted({name: self._self_likeness(name, rows) for name in self.chosen.weights}, self.chosen.weights)
        variance = np.maximum(whole - explained, 0) + self.chosen.noise
        return self._on_scale(found), self.spread * np.sqrt(self.scale * variance)

    def left_out(self) -> tuple[np.ndarray, np.ndarray]:
        """See `Head`. Each alone, in closed form."""
        diagonal = np.diag(self._inverse)
        targets = np.linalg.solve(self._inverse, self.coefficients)
        deviations = self.spread * np.sqrt(self.scale / diagonal)
        return self._on_scale(targets - self.coefficients / diagonal), deviations

    def numbers(self) -> dict[str, np.ndarray]:
        """See `Head`."""
        return {"coefficients": self.coefficients}

    def told(self) -> dict[str, float]:
        """See `Head`."""
        return {"uncertainty": self.scale}

    @classmethod
    def restored(cls, common: Mapping[str, Any], numbers: Mapping[str, np.ndarray], told: Mapping[str, Any]) -> Self:
        """See `Head`."""
        return cls(**common, coefficients=numbers["coefficients"], scale=float(told["uncertainty"]))

    def check(self) -> None:
        """See `Head`."""
        super().check()
        if self.coefficients.shape != self.counts.shape:
            raise ValueError("its samples do not fit each other")

    def _self_likeness(self, family: str, rows: Mapping[str, Any]) -> np.ndarray:
        """`(n,)`: how alike each sample is to itself."""
        found = []
        for source, each in rows.items():
            if family_of(source) != family:
                continue
            gaussian = source in self.spaces.scalings and not self.spaces.linear
            squares = each.multiply(each).sum(axis=1) if hasattr(each, "multiply") else np.square(each).sum(axis=1)
            found.append(np.ones(each.shape[0]) if gaussian else np.asarray(squares, float).ravel())
        return np.mean(found, axis=0)

    @cached_property
    def _inverse(self) -> np.ndarray:
        """`(n, n)` of the training's noisy likeness."""
        likeness = weighted(self.spaces.likeness(self.placed, self.placed), self.chosen.weights)
        return np.linalg.inv(likeness + np.diag(self.chosen.noise / self.counts))


def weighted(likeness: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """The sum of what each family says, by its weight."""
    return np.sum([weights[family] * each for family, each in likeness.items()], axis=0)

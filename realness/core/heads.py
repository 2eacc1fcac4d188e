"""Heads on frozen features: how likeness to rated images becomes a score. Fitted in seconds on a CPU.

`gp` is a Gaussian process, which is kernel ridge regression with an uncertainty; `ridge` the same with linear kernels;
`svr` a support vector regression on the kernels of `gp`. Image, words and verdict each have a kernel; how much each
counts, and the noise of the ratings, are chosen by leave-one-out on the training alone, in closed form
(Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, 5.4.2).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from scipy.linalg import eigh
from sklearn.svm import SVR

from realness.core.kernels import IMAGE, TEXT, VERDICT, Encoded, Spaces, family_of
from realness.domain.words import RATING_HIGH, RATING_LOW
from realness.errors import InvalidValue

HEADS = ("gp", "svr", "ridge")
TEXT_WEIGHTS = (0.25, 0.5, 1.0, 2.0)
"""How much the text's kernel may count beside the image's, whose weight is 1."""
VERDICT_WEIGHTS = (0.0, 0.1, 0.2, 0.4)
"""How much the verdict's may count beside the text's."""
NOISES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Variances of the ratings' noise, in units of what the kernels explain."""
MOST_CHOSEN_ON = 1500
"""Samples that the choice is made on: it takes the cube of their number."""
MOST = 8000
"""Samples that a head is fitted to; of more, so many are drawn."""
_COST, _TUBE = 1.0, 0.2
_ALIKE = 1e-9


@dataclass(frozen=True)
class Chosen:
    """What leave-one-out chose.

    Attributes:
        weights: of each family's kernel.
        noise: the variance of the ratings' noise.
        loo_rmse: the leave-one-out error, in points of the scale.
    """

    weights: Mapping[str, float]
    noise: float
    loo_rmse: float


@dataclass(frozen=True)
class Head:
    """A fitted head.

    Attributes:
        name: one of `HEADS`.
        spaces: what the training made of each source.
        placed: the training's samples there.
        chosen: weights and noise.
        counts: `(n,)` how much each rating counted.
        coefficients: `(n,)` of the likeness to each training sample.
        mean, spread: of the ratings: scores are `mean + spread * (likeness @ coefficients)`.
        scale: of the uncertainty: the variance that leave-one-out found over the one that the process expects.
        rows: `(n,)` which of the given samples it was fitted to; all of them, unless there were very many.
    """

    name: str
    spaces: Spaces
    placed: Mapping[str, Any]
    chosen: Chosen
    counts: np.ndarray
    coefficients: np.ndarray
    mean: float
    spread: float
    scale: float
    rows: np.ndarray

    @property
    def sources(self) -> list[str]:
        """What a sample has to be encoded by."""
        return list(self.placed)

    def predict(self, encoded: Encoded, known: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Scores and their standard deviations, `(n,)` each, on the scale of the ratings.

        Args:
            known: `(n,)` for each sample the row of the training's sample that is left out of its score, in closed form
                and with the weights and the noise that were chosen with it; -1 for none. A head without a closed form
                (`svr`) leaves none out.

        The deviation is that of a mean opinion score as noisy as the training's; NaN for a head that has none (`svr`).
        """
        rows = self.spaces.placed(encoded, self.sources)
        likeness = _weighted(self.spaces.likeness(rows, self.placed), self.chosen.weights)
        found = likeness @ self.coefficients
        if self.name == "svr":
            return self._on_scale(found), np.full(len(found), np.nan)
        through = likeness @ self._inverse
        explained = np.einsum("nm,nm->n", through, likeness)
        if known is not None:
            at = np.flatnonzero(known >= 0)
            gone, own = known[at], through[at, known[at]]
            found[at] -= own * self.coefficients[gone] / self._inverse[gone, gone]
            explained[at] -= own**2 / self._inverse[gone, gone]
        whole = _weighted({name: self._self_likeness(name, rows) for name in self.chosen.weights}, self.chosen.weights)
        variance = np.maximum(whole - explained, 0) + self.chosen.noise
        return self._on_scale(found), self.spread * np.sqrt(self.scale * variance)

    def _on_scale(self, found: np.ndarray) -> np.ndarray:
        return np.clip(self.mean + self.spread * found, RATING_LOW, RATING_HIGH)

    def left_out(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Scores and deviations of the training's own samples, each as if it alone had been left out.

        Weights and noise are those that were chosen with it. None for a head without a closed form (`svr`).
        """
        if self.name == "svr":
            return None
        diagonal = np.diag(self._inverse)
        targets = np.linalg.solve(self._inverse, self.coefficients)
        deviations = self.spread * np.sqrt(self.scale / diagonal)
        return self._on_scale(targets - self.coefficients / diagonal), deviations

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
        likeness = _weighted(self.spaces.likeness(self.placed, self.placed), self.chosen.weights)
        return np.linalg.inv(likeness + np.diag(self.chosen.noise / self.counts))


def fit(encoded: Encoded, ratings: np.ndarray, counts: np.ndarray, sources: list[str], head: str = "gp") -> Head:
    """Fit a head to rated samples.

    Args:
        ratings: `(n,)` mean opinion scores.
        counts: `(n,)` how much each rating counts, mean 1.
        sources: which vectors to use, `FAMILY:SPEC`.
        head: one of `HEADS`.

    Raises:
        InvalidValue: the head is unknown, or there is no source.
    """
    if head not in HEADS:
        raise InvalidValue(f"--head must be {', '.join(HEADS)}, got {head!r}")
    if not sources:
        raise InvalidValue("CORE needs an image encoder or a text encoder; both are none")
    rows = np.arange(len(ratings))
    if len(ratings) > MOST:
        rows = np.sort(np.random.default_rng(0).choice(len(ratings), MOST, replace=False))
        encoded, ratings, counts = encoded.take(rows), ratings[rows], counts[rows]
    mean = float(np.average(ratings, weights=counts))
    spread = float(np.sqrt(np.average((ratings - mean) ** 2, weights=counts)))
    if spread < _ALIKE:  # one rating for all, as may be in a fold: there is nothing to scale by
        spread = 1.0
    targets = (ratings - mean) / spread
    spaces = Spaces.learned(encoded, sources, linear=head == "ridge")
    placed = spaces.placed(encoded, sources)
    likeness = spaces.likeness(placed, placed)
    chosen = _choose(likeness, targets, counts, spread)
    whole = _weighted(likeness, chosen.weights)
    if head == "svr":
        fitted = SVR(kernel="precomputed", C=_COST, epsilon=_TUBE).fit(whole, targets, sample_weight=counts)
        coefficients = np.zeros(len(targets))
        coefficients[fitted.support_] = fitted.dual_coef_.ravel()
        shift = mean + spread * float(np.ravel(fitted.intercept_)[0])
        return Head(head, spaces, placed, chosen, counts, coefficients, shift, spread, 1.0, rows)
    inverse = np.linalg.inv(whole + np.diag(chosen.noise / counts))
    coefficients = inverse @ targets
    scale = float(np.mean(coefficients**2 / np.diag(inverse)))
    return Head(head, spaces, placed, chosen, counts, coefficients, mean, spread, scale, rows)


def _weighted(likeness: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    return np.sum([weights[family] * each for family, each in likeness.items()], axis=0)


def _choose(likeness: Mapping[str, np.ndarray], targets: np.ndarray, counts: np.ndarray, spread: float) -> Chosen:
    """The weights and the noise with the least leave-one-out error."""
    if len(targets) > MOST_CHOSEN_ON:
        drawn = np.sort(np.random.default_rng(1).choice(len(targets), MOST_CHOSEN_ON, replace=False))
        likeness = {family: each[np.ix_(drawn, drawn)] for family, each in likeness.items()}
        targets, counts = targets[drawn], counts[drawn]
    best: Chosen | None = None
    for weights in _candidates(likeness):
        # With D = diag(counts), K + noise / D = D^-1/2 (D^1/2 K D^1/2 + noise) D^-1/2: one decomposition serves
        # every noise.
        roots = np.sqrt(counts)
        values, vectors = eigh(_weighted(likeness, weights) * np.outer(roots, roots))
        rotated, squares = vectors.T @ (targets * roots), vectors**2
        for noise in NOISES:
            shrunk = 1 / (np.maximum(values, 0) + noise)
            errors = (vectors @ (shrunk * rotated)) / (squares @ shrunk)  # of each, as left out, times its root
            error = float(np.sqrt(np.mean(errors**2))) * spread
            if best is None or error < best.loo_rmse:
                best = Chosen(weights, noise, error)
    if best is None:
        raise InvalidValue("there is nothing to choose from")
    return best


def _candidates(families: Mapping[str, Any]) -> Iterator[dict[str, float]]:
    both = IMAGE in families and TEXT in families
    for text, verdict in product(TEXT_WEIGHTS if both else (1.0,), VERDICT_WEIGHTS if VERDICT in families else (0.0,)):
        weights = {IMAGE: 1.0, TEXT: text, VERDICT: text * verdict}
        yield {family: weights[family] for family in families}

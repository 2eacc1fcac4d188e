"""Fitting a head to rated samples, in seconds on a CPU.

`gp` is a Gaussian process, which is kernel ridge regression with an uncertainty; `ridge` the same with linear kernels.
`svr` is support vector regression on the kernels of `gp`, `mlp` the published two layers on the vectors; these two are
ensembles over folds. Image, words and verdict each have a kernel; how much each counts, and the noise of the
ratings, are chosen by leave-one-out on the training alone, in closed form (Rasmussen and Williams, "Gaussian Processes
for Machine Learning", 2006, 5.4.2).
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
from scipy.linalg import eigh

from realness.core.ensembles import Ensemble, Machines, Networks
from realness.core.heads import Chosen, GaussianProcess, Head, weighted
from realness.core.kernels import IMAGE, TEXT, VERDICT, Encoded, Spaces
from realness.errors import InvalidValue

KINDS: dict[str, type[Head]] = {"gp": GaussianProcess, "svr": Machines, "ridge": GaussianProcess, "mlp": Networks}
HEADS = tuple(KINDS)
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
_ALIKE = 1e-9


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
    check_head(head)
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
    common: dict[str, Any] = {"name": head, "spaces": spaces, "placed": placed, "chosen": chosen, "counts": counts}
    common |= {"mean": mean, "spread": spread, "rows": rows}
    kind = KINDS[head]
    if issubclass(kind, Ensemble):
        return kind.fitted(common, targets)
    inverse = np.linalg.inv(weighted(likeness, chosen.weights) + np.diag(chosen.noise / counts))
    coefficients = inverse @ targets
    scale = float(np.mean(coefficients**2 / np.diag(inverse)))
    return GaussianProcess(**common, coefficients=coefficients, scale=scale)


def check_head(head: str) -> None:
    """Refuse a head that there is none of.

    Raises:
        InvalidValue: it is none of `HEADS`.
    """
    if head not in HEADS:
        raise InvalidValue(f"--head must be {', '.join(HEADS)}, got {head!r}")


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
        values, vectors = eigh(weighted(likeness, weights) * np.outer(roots, roots))
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

"""What tells how well a map finds a place without scikit-learn, which the app's process does not load.

Scores and masks are as in `metrics`: `(H, W)`, higher = more UNREAL; True where it is unreal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from realness.errors import InvalidValue


@dataclass(frozen=True)
class Interval:
    """A mean with its bootstrap interval.

    Attributes:
        mean: over the images.
        low: lower end.
        high: upper end.
        n: how many images.
    """

    mean: float
    low: float
    high: float
    n: int


def auroc(scores: np.ndarray, mask: np.ndarray) -> float:
    """`metrics.pixel_auroc` by ranks (Mann and Whitney): the chance that a pixel inside scores higher than one outside.

    Raises:
        InvalidValue: the mask is all True or all False.
    """
    from scipy.stats import rankdata  # noqa: PLC0415  half of scipy, for those who look at maps

    inside = mask.ravel()
    within, without = int(inside.sum()), int((~inside).sum())
    if not within or not without:
        raise InvalidValue("a mask must have pixels inside and outside; this one covers everything or nothing")
    ranks = rankdata(scores.ravel())
    return float((ranks[inside].sum() - within * (within + 1) / 2) / (within * without))


def pointing(scores: np.ndarray, mask: np.ndarray) -> float:
    """`metrics.pointing_game`: whether the highest score lies in the mask; of several, the share that does."""
    return float(mask[scores == scores.max()].mean())


def bootstrap_interval(
    values: Sequence[float] | np.ndarray, *, confidence: float = 0.95, seed: int = 0, resamples: int = 4000
) -> Interval:
    """The mean over images and the percentile interval of its bootstrap.

    Images made from one photograph are not independent, so with few photographs the interval is too narrow.

    Args:
        values: one for each image.
        confidence: between 0 and 1.
        seed: of the resampling.
        resamples: how many.

    Raises:
        InvalidValue: there are no values, one is not finite, or the confidence is not between 0 and 1.
    """
    known = np.asarray(values, dtype=float)
    if known.ndim != 1 or known.size == 0 or not np.isfinite(known).all():
        raise InvalidValue("an interval needs at least one value, all of them finite")
    if not 0 < confidence < 1:
        raise InvalidValue(f"confidence must be between 0 and 1, got {confidence}")
    drawn = np.random.default_rng(seed).integers(0, known.size, (resamples, known.size))
    low, high = np.quantile(known[drawn].mean(axis=1), ((1 - confidence) / 2, (1 + confidence) / 2))
    return Interval(float(known.mean()), float(low), float(high), known.size)

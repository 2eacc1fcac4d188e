"""How well a map finds a known place. Scores are `(H, W)`, higher = more UNREAL; masks are True where it is unreal.

A realness map is higher where it is real, so `-map` or `1 - map` goes in here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

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


def pixel_auroc(scores: np.ndarray, mask: np.ndarray) -> float:
    """Chance that a pixel inside the mask scores higher than one outside; 0.5 is no better than a coin.

    Args:
        scores: `(H, W)`, finite, higher = more unreal.
        mask: `(H, W)` bool with both values in it.

    Raises:
        InvalidValue: the shapes differ, a score is not finite, or the mask is all True or all False.
    """
    flat, inside = _checked(scores, mask)
    return float(roc_auc_score(inside, flat))


def average_precision(scores: np.ndarray, mask: np.ndarray) -> float:
    """Area under the precision-recall curve, as a sum of steps; the mask's share of the image is chance.

    Raises:
        InvalidValue: as in `pixel_auroc`.
    """
    flat, inside = _checked(scores, mask)
    return float(average_precision_score(inside, flat))


def pointing_game(scores: np.ndarray, mask: np.ndarray) -> float:
    """Whether the highest score lies in the mask: 1 or 0; of several equally high ones, the share that does.

    Zhang et al., "Top-down Neural Attention by Excitation Backprop", 2016, without its 15 pixels of tolerance.

    Raises:
        InvalidValue: as in `pixel_auroc`.
    """
    flat, inside = _checked(scores, mask)
    return float(inside[flat == flat.max()].mean())


def f1_max(scores: np.ndarray, mask: np.ndarray) -> float:
    """The best F1 that any threshold reaches: an upper bound, since the threshold is chosen on the answer.

    Raises:
        InvalidValue: as in `pixel_auroc`.
    """
    flat, inside = _checked(scores, mask)
    precision, recall, _ = precision_recall_curve(inside, flat)
    total = precision + recall
    return float(np.max(np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)))


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


def _checked(scores: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if scores.ndim != 2 or scores.shape != mask.shape or mask.dtype != bool:
        given = f"{scores.shape} and {mask.shape} {mask.dtype}"
        raise InvalidValue(f"scores and a mask of booleans must have one shape (H, W), got {given}")
    if not np.isfinite(scores).all():
        raise InvalidValue("scores must be finite")
    if mask.all() or not mask.any():
        raise InvalidValue("a mask must have pixels inside and outside; this one covers everything or nothing")
    return scores.ravel(), mask.ravel()

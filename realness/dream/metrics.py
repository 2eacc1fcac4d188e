"""How well a map finds a known place. Scores are `(H, W)`, higher = more UNREAL; masks are True where it is unreal.

A realness map is higher where it is real, so `-map` or `1 - map` goes in here.
"""

import numpy as np
from skimage.measure import label
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from realness.dream.ranks import Interval as Interval
from realness.dream.ranks import bootstrap_interval as bootstrap_interval
from realness.errors import InvalidValue


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


def aupro(scores: np.ndarray, mask: np.ndarray, *, limit: float = 0.3) -> float:
    """Area under the per-region overlap against the share of false alarms, up to `limit` of them; 1 is perfect.

    Every connected region of the mask counts alike, however small. Bergmann et al., "MVTec AD", IJCV 2021.

    Raises:
        InvalidValue: as in `pixel_auroc`.
    """
    flat, inside = _checked(scores, mask)
    regions = np.asarray(label(mask, connectivity=2))
    count = int(regions.max())
    order = np.argsort(-flat, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(flat[order])), flat.size - 1)  # equal scores are passed together
    false = np.append(0.0, np.cumsum(~inside[order])[ends] / (~inside).sum())
    sizes = np.bincount(regions.ravel(), minlength=count + 1)[1:]
    each = np.where(inside, 1 / sizes[np.maximum(regions.ravel(), 1) - 1], 0.0)[order]
    overlap = np.append(0.0, np.cumsum(each)[ends] / count)
    at_limit = np.interp(limit, false, overlap)
    kept = false < limit
    area = np.trapezoid(np.append(overlap[kept], at_limit), np.append(false[kept], limit))
    return min(1.0, float(area / limit))


def auc_judd(scores: np.ndarray, reference: np.ndarray) -> float:
    """AUROC of the scores for where a continuous reference is above 0, as saliency benchmarks take fixations.

    Judd et al., "Learning to predict where humans look", 2009; RichHF-18K reports it for its heat maps.

    Raises:
        InvalidValue: as in `pixel_auroc`.
    """
    return pixel_auroc(scores, np.asarray(reference) > 0)


def squared_error(scores: np.ndarray, reference: np.ndarray) -> float:
    """Mean squared difference of two maps in [0, 1] (MSE).

    Raises:
        InvalidValue: the shapes differ or a value is not finite.
    """
    one, other = _two_maps(scores, reference)
    return float(np.mean((one - other) ** 2))


def correlation(scores: np.ndarray, reference: np.ndarray) -> float:
    """Pearson's correlation of two maps (CC); 0 where one of them is constant.

    Raises:
        InvalidValue: as in `squared_error`.
    """
    one, other = (each - each.mean() for each in _two_maps(scores, reference))
    spread = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / spread) if spread > 0 else 0.0


def similarity(scores: np.ndarray, reference: np.ndarray) -> float:
    """Shared mass of two maps, each made to sum to 1 (SIM): 1 when they are the same, 0 when they do not meet.

    Raises:
        InvalidValue: as in `squared_error`, or a map has nothing in it, or a negative value.
    """
    one, other = _shares(scores, reference)
    return float(np.minimum(one, other).sum())


def divergence(scores: np.ndarray, reference: np.ndarray) -> float:
    """Kullback-Leibler divergence of the reference from the scores, each made to sum to 1 (KLD), in nats; 0 is best.

    Raises:
        InvalidValue: as in `similarity`.
    """
    tiny = np.finfo(np.float64).eps
    one, other = _shares(scores, reference)
    return float((other * np.log(tiny + other / (one + tiny))).sum())


def normalised_scanpath(scores: np.ndarray, mask: np.ndarray) -> float:
    """Mean score inside the mask, in standard deviations above the map's mean (NSS); 0 is chance.

    Raises:
        InvalidValue: as in `pixel_auroc`.
    """
    flat, inside = _checked(scores, mask)
    spread = flat.std()
    return float((flat[inside].mean() - flat.mean()) / spread) if spread > 0 else 0.0


def _checked(scores: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if scores.ndim != 2 or scores.shape != mask.shape or mask.dtype != bool:
        given = f"{scores.shape} and {mask.shape} {mask.dtype}"
        raise InvalidValue(f"scores and a mask of booleans must have one shape (H, W), got {given}")
    if not np.isfinite(scores).all():
        raise InvalidValue("scores must be finite")
    if mask.all() or not mask.any():
        raise InvalidValue("a mask must have pixels inside and outside; this one covers everything or nothing")
    return scores.ravel(), mask.ravel()


def _two_maps(scores: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if scores.ndim != 2 or scores.shape != reference.shape or not scores.size:
        raise InvalidValue(f"two maps must have one shape (H, W), got {scores.shape} and {reference.shape}")
    one, other = np.asarray(scores, dtype=float), np.asarray(reference, dtype=float)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise InvalidValue("maps must be finite")
    return one, other


def _shares(scores: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    one, other = _two_maps(scores, reference)
    if min(one.min(), other.min()) < 0 or one.sum() <= 0 or other.sum() <= 0:
        raise InvalidValue("maps compared by their shares must be 0 or more, and not 0 everywhere")
    return one / one.sum(), other / other.sum()

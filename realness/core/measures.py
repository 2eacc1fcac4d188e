"""How well predicted scores agree with people's, as the field reports it, with intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares
from scipy.special import expit
from scipy.stats import rankdata

RESAMPLES = 2000
_CONFIDENCE = (2.5, 97.5)


def srocc(predicted: np.ndarray, rated: np.ndarray) -> float:
    """Spearman's rank correlation; 0 where one side is constant."""
    return float(_correlations(rankdata(predicted), rankdata(rated)))


def plcc(predicted: np.ndarray, rated: np.ndarray) -> float:
    """Pearson's correlation; 0 where one side is constant."""
    return float(_correlations(np.asarray(predicted, float), np.asarray(rated, float)))


def plcc_logistic(predicted: np.ndarray, rated: np.ndarray) -> float:
    """Pearson's correlation after the usual four-parameter logistic mapping (VQEG), which must rise.

    The mapping is fitted to what it is measured on, as is usual; where it fails or would fall, it is `plcc`.
    """
    predicted, rated = np.asarray(predicted, float), np.asarray(rated, float)
    plain, spread = plcc(predicted, rated), predicted.std()
    if plain <= 0 or spread == 0 or rated.std() == 0:
        return plain
    points = (predicted - predicted.mean()) / spread

    def mapped(parameters: np.ndarray) -> np.ndarray:
        low, rise, middle, width = parameters
        return low + rise * expit((points - middle) / np.exp(width))

    found = least_squares(lambda each: mapped(each) - rated, (rated.min(), np.ptp(rated), 0.0, 0.0), max_nfev=2000)
    rises = found.success and found.x[1] > 0
    return max(plain, plcc(mapped(found.x), rated)) if rises else plain


def rmse(predicted: np.ndarray, rated: np.ndarray) -> float:
    """Root of the mean squared error, in points of the rating scale."""
    return float(np.sqrt(np.mean((np.asarray(predicted, float) - rated) ** 2)))


@dataclass(frozen=True)
class Agreement:
    """Figures of one predictor, each the mean over runs (seeds) of the whole set.

    Attributes:
        srocc, plcc, plcc_logistic, rmse: as the functions of the same names.
        ci: bootstrap 95 % interval of `srocc` over images.
        plcc_ci: the same of `plcc`.
        n: images.
    """

    srocc: float
    plcc: float
    plcc_logistic: float
    rmse: float
    ci: tuple[float, float]
    plcc_ci: tuple[float, float]
    n: int

    def as_json(self) -> dict[str, Any]:
        """Rounded to four digits."""
        told = {name: round(getattr(self, name), 4) for name in ("srocc", "plcc", "plcc_logistic", "rmse")}
        return told | {"ci": _rounded(self.ci), "plcc_ci": _rounded(self.plcc_ci), "n": self.n}


def agreement(runs: Sequence[np.ndarray], rated: np.ndarray) -> Agreement:
    """Hold predictions against ratings.

    Args:
        runs: `(n,)` predictions each, of the same images by several seeds.
        rated: `(n,)` mean opinion scores.
    """
    means = {one.__name__: float(np.mean([one(run, rated) for run in runs])) for one in (srocc, plcc, plcc_logistic)}
    return Agreement(
        **means,
        rmse=float(np.mean([rmse(run, rated) for run in runs])),
        ci=_interval(_resampled(runs, rated, rankdata)),
        plcc_ci=_interval(_resampled(runs, rated, np.asarray)),
        n=len(rated),
    )


@dataclass(frozen=True)
class Difference:
    """How much higher one predictor's SROCC is than another's, on the same resampled images.

    Attributes:
        mean: over seeds, on all images.
        ci: bootstrap 95 % interval.
    """

    mean: float
    ci: tuple[float, float]


def difference(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray], rated: np.ndarray) -> Difference:
    """The paired test: the interval of the difference of two SROCCs, images resampled together."""
    mean = float(np.mean([srocc(a, rated) - srocc(b, rated) for a, b in zip(ours, theirs, strict=True)]))
    return Difference(mean, _interval(_resampled(ours, rated, rankdata) - _resampled(theirs, rated, rankdata)))


def _resampled(runs: Sequence[np.ndarray], rated: np.ndarray, ranks: Callable[..., Any]) -> np.ndarray:
    """`(RESAMPLES,)` correlations, the mean over the runs, on images drawn with replacement; always the same draws."""
    drawn = np.random.default_rng(0).integers(0, len(rated), (RESAMPLES, len(rated)))
    options = {"axis": 1} if ranks is rankdata else {}
    ours = ranks(np.asarray(rated, float)[drawn], **options)
    return np.mean([_correlations(ranks(np.asarray(run, float)[drawn], **options), ours) for run in runs], axis=0)


def _correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    one, other = one - one.mean(axis=-1, keepdims=True), other - other.mean(axis=-1, keepdims=True)
    spread = np.sqrt((one**2).sum(axis=-1) * (other**2).sum(axis=-1))
    return np.divide((one * other).sum(axis=-1), spread, out=np.zeros_like(spread), where=spread > 1e-12)


def _interval(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, _CONFIDENCE)
    return float(low), float(high)


def _rounded(span: tuple[float, float]) -> list[float]:
    return [round(span[0], 4), round(span[1], 4)]


def deviations_of(ratings: np.ndarray, rmse: float, asked: np.ndarray | None = None) -> np.ndarray:
    """Standard deviations `(n,)` of what an ensemble says, in points of the scale; NaN for an ensemble of one.

    The members' variance where they disagree, and what a member is off by on samples it has not seen, everywhere.

    Args:
        ratings: `(members, n)`.
        rmse: of the members on samples they have not seen.
        asked: `(members, n)` whose ratings count; None for all.
    """
    if len(ratings) < 2:
        return np.full(ratings.shape[1], np.nan)
    counted = np.ones_like(ratings, bool) if asked is None else asked
    means = np.average(ratings, axis=0, weights=counted)
    variance = (counted * (ratings - means) ** 2).sum(axis=0) / np.maximum(counted.sum(axis=0) - 1, 1)
    return np.sqrt(variance + rmse**2)

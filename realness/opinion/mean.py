"""The mean opinion score of one image."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from realness.errors import InvalidValue

FEW = 5
"""Below this many ratings an interval says little: the votes are shown instead."""
_CONFIDENCE = 0.975


@dataclass(frozen=True)
class MeanOpinion:
    """A mean opinion score, 0 to 100, with the number of ratings and its 95 % interval.

    Attributes:
        low, high: mean -/+ t(0.975, n - 1) sd / sqrt(n), cut to the scale; None below `FEW` ratings.
    """

    mean: float
    n: int
    low: float | None
    high: float | None


def mean_opinion(ratings: Sequence[float]) -> MeanOpinion:
    """The mean of the ratings with its t-interval (ITU-T P.910, 95 %).

    Raises:
        InvalidValue: there is no rating.
    """
    n = len(ratings)
    if n == 0:
        raise InvalidValue("a mean opinion score needs at least one rating")
    mean = statistics.fmean(ratings)
    if n < FEW:
        return MeanOpinion(mean, n, None, None)
    from scipy.special import stdtrit  # noqa: PLC0415  half of scipy, for screens that have many ratings only

    half = float(stdtrit(n - 1, _CONFIDENCE)) * statistics.stdev(ratings) / n**0.5
    return MeanOpinion(mean, n, max(0.0, mean - half), min(100.0, mean + half))

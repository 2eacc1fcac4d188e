"""How careful one reviewer is: the same image rated twice, and images whose answer is known."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Consistency:
    """How near a reviewer comes to the own rating when the image comes again.

    Attributes:
        n: images rated twice.
        difference: how far the two ratings lie apart, the mean of the absolute values; None without a pair.
        deviation: the standard deviation of one rating within this person: that of the differences by the root of 2,
            since each holds the chance of two ratings; None with fewer than two pairs.
    """

    n: int
    difference: float | None
    deviation: float | None


@dataclass(frozen=True)
class Accuracy:
    """How often a reviewer's ratings lie where they are known to belong.

    Attributes:
        n: images with a known answer that were rated.
        right: of these, how many ratings lie inside.
        share: right by n, from 0 to 1; None without one.
    """

    n: int
    right: int
    share: float | None


def repeat_consistency(pairs: Sequence[tuple[float, float]]) -> Consistency:
    """Of pairs of the first rating and the repeated one, 0 to 100."""
    if not pairs:
        return Consistency(0, None, None)
    differences = [again - first for first, again in pairs]
    deviation = statistics.stdev(differences) / 2**0.5 if len(differences) > 1 else None
    return Consistency(len(pairs), statistics.fmean(map(abs, differences)), deviation)


def gold_accuracy(pairs: Sequence[tuple[float, float, float]]) -> Accuracy:
    """Of `(rating, low, high)`: a rating on the edge lies inside."""
    right = sum(low <= rating <= high for rating, low, high in pairs)
    return Accuracy(len(pairs), right, right / len(pairs) if pairs else None)

"""How far reviewers agree: one figure for all, on ratings 0 to 100."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from realness.opinion.panel import Votes

_DRAWS, _SEED = 1000, 0
_MANY, _DRAWS_OF_MANY = 10_000, 200
"""Images from which on fewer draws do: so many images give an interval so narrow that its ends need no third digit."""


@dataclass(frozen=True)
class Interval:
    """A figure with its bootstrap 95 % interval over images."""

    value: float
    low: float
    high: float


def krippendorff(votes: Votes) -> Interval | None:
    """Krippendorff's alpha for interval data: 1 where all agree, 0 as by chance, below 0 where they contradict.

    Of the images that two or more rated; None where there are none, or all ratings are the same.
    """
    return _with_interval(votes, _alpha)


def intraclass(votes: Votes) -> Interval | None:
    """The intraclass correlation ICC(1): the share of one rating's variance that is the image's.

    One-way random effects, with as many ratings of an image as there are (Shrout and Fleiss 1979; for unequal numbers
    Donner 1986). Of the images that two or more rated; None for fewer than two of these, or ratings that are the same.
    """
    return _with_interval(votes, _icc)


def _with_interval(votes: Votes, figure: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]) -> Interval | None:
    ratings = votes.ratings[votes.per_image >= 2]
    if len(ratings) < 2:
        return None
    given = ~np.isnan(ratings)
    counts = given.sum(axis=1).astype(float)
    # About the middle of all ratings: squares of what is left lose nothing.
    centred = np.where(given, ratings - np.nanmean(ratings), 0)
    sums, squares = centred.sum(axis=1), (centred**2).sum(axis=1)
    value = figure(*(each[None] for each in (counts, sums, squares)))[0]
    if not np.isfinite(value):
        return None
    drawn, draws = np.random.default_rng(_SEED), _DRAWS if len(counts) < _MANY else _DRAWS_OF_MANY
    values = np.concatenate(
        [
            figure(*(each[at] for each in (counts, sums, squares)))
            for at in (drawn.integers(0, len(counts), (1, len(counts))) for _ in range(draws))
        ]
    )
    low, high = np.nanpercentile(values, (2.5, 97.5))
    return Interval(float(value), float(low), float(high))


def _alpha(counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Alpha of each draw; all are `(draws, images)`."""
    within = squares - sums**2 / counts
    total = counts.sum(axis=1)
    observed = (2 * counts * within / (counts - 1)).sum(axis=1) / total
    expected = 2 * (squares.sum(axis=1) - sums.sum(axis=1) ** 2 / total) / (total - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 - observed / expected


def _icc(counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """ICC(1) of each draw; all are `(draws, images)`."""
    images, total = counts.shape[1], counts.sum(axis=1)
    between = ((sums**2 / counts).sum(axis=1) - sums.sum(axis=1) ** 2 / total) / (images - 1)
    within = (squares - sums**2 / counts).sum(axis=1) / (total - images)
    usual = (total - (counts**2).sum(axis=1) / total) / (images - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (between - within) / (between + (usual - 1) * within)

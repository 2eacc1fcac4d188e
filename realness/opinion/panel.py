"""Opinion scores of many images by many reviewers, which allow for how each of them rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from realness.errors import InvalidValue

FEWEST_FOR_LIKELIHOOD = 12
"""Ratings of every image from which on the maximum likelihood is looked for: with fewer it hangs on one reviewer."""
_SURE = 0.1
"""Points of the scale: a reviewer who is found to be more consistent has been taken for the truth."""
_ENOUGH, _ROUNDS, _LEAST = 1e-8, 1000, 1e-8


@dataclass(frozen=True)
class Votes:
    """Who rated what how.

    Attributes:
        ratings: `(images, reviewers)`, 0 to 100; NaN where somebody did not rate an image.
        images, reviewers: their ids, in that order.
    """

    ratings: np.ndarray
    images: Sequence[int]
    reviewers: Sequence[int]

    @classmethod
    def of(cls, votes: Sequence[tuple[int, int, float]]) -> Self:
        """From `(image, reviewer, rating)`; of one reviewer's ratings of one image the mean counts."""
        images, at_image = np.unique([one[0] for one in votes], return_inverse=True)
        reviewers, at_reviewer = np.unique([one[1] for one in votes], return_inverse=True)
        sums, counts = np.zeros((2, len(images), len(reviewers)))
        np.add.at(sums, (at_image, at_reviewer), [one[2] for one in votes])
        np.add.at(counts, (at_image, at_reviewer), 1)
        ratings = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
        return cls(ratings, images.tolist(), reviewers.tolist())

    def at_least(self, count: int) -> Self:
        """Of the images that so many reviewers rated."""
        kept = np.flatnonzero(self.per_image >= count).tolist()
        ratings = self.ratings[kept]
        rating = np.flatnonzero((~np.isnan(ratings)).sum(axis=0)).tolist()
        return type(self)(ratings[:, rating], [self.images[at] for at in kept], [self.reviewers[at] for at in rating])

    @property
    def per_image(self) -> np.ndarray:
        """`(images,)`: how many reviewers rated each."""
        return (~np.isnan(self.ratings)).sum(axis=1)

    @property
    def per_reviewer(self) -> np.ndarray:
        """`(reviewers,)`: how many images each has rated."""
        return (~np.isnan(self.ratings)).sum(axis=0)


@dataclass(frozen=True)
class Panel:
    """Opinion scores that allow for the reviewers.

    Attributes:
        scores: `(images,)`, on the scale of the ratings, not cut to it.
        errors: `(images,)` their standard errors; NaN for an image with one rating.
        bias: `(reviewers,)` by how much each rates higher than the others.
        inconsistency: `(reviewers,)` the standard deviation of each one's ratings about the scores, bias apart.
    """

    scores: np.ndarray
    errors: np.ndarray
    bias: np.ndarray
    inconsistency: np.ndarray


def bias_removed(votes: Votes) -> Panel:
    """Mean opinion scores after each reviewer's bias was taken away (ITU-T P.913, 12.4): safe with few ratings, too.

    Raises:
        InvalidValue: there is no rating.
    """
    ratings = _some(votes)
    bias = np.nanmean(ratings - np.nanmean(ratings, axis=1, keepdims=True), axis=0)
    unbiased = ratings - bias
    scores, counts = np.nanmean(unbiased, axis=1), votes.per_image
    off = unbiased - scores[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.sqrt(np.nansum(off**2, axis=1) / (counts - 1) / counts)
    return Panel(scores, errors, bias, np.sqrt(np.nanmean(off**2, axis=0)))


def maximum_likelihood(votes: Votes) -> Panel:
    """The most likely scores when each reviewer has a bias and an inconsistency (ITU-T P.910, annex E).

    Solved by alternating projection: scores are means weighted by consistency, then biases and inconsistencies follow.

    Raises:
        InvalidValue: an image has too few ratings, or the likelihood hangs on one reviewer: use `bias_removed`.
    """
    ratings = _some(votes)
    least = int(votes.per_image.min())
    if least < FEWEST_FOR_LIKELIHOOD:
        raise InvalidValue(
            f"the maximum likelihood (P.910) needs {FEWEST_FOR_LIKELIHOOD} ratings of an image, one has {least}; "
            "take the means without bias (P.913)"
        )
    given = ~np.isnan(ratings)
    scores = np.nanmean(ratings, axis=1)
    bias = np.nanmean(ratings - scores[:, None], axis=0)
    spread = np.zeros(ratings.shape[1])
    for _ in range(_ROUNDS):
        before = scores
        spread = np.nanstd(ratings - scores[:, None] - bias, axis=0)
        weights = given / (spread**2 + _LEAST)
        scores = np.nansum((ratings - bias) * weights, axis=1) / weights.sum(axis=1)
        bias = np.nanmean(ratings - scores[:, None], axis=0)
        if np.linalg.norm(scores - before) < _ENOUGH:
            break
    if spread.min() < _SURE:
        raise InvalidValue(
            "the maximum likelihood (P.910) takes one reviewer for the truth; take the means without bias (P.913)"
        )
    errors = 1 / np.sqrt((given / spread**2).sum(axis=1))
    shift = float(bias.mean())
    return Panel(scores + shift, errors, bias - shift, spread)


def _some(votes: Votes) -> np.ndarray:
    if not len(votes.ratings):
        raise InvalidValue("opinion scores need at least one rating")
    return votes.ratings

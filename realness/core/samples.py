"""What CORE learns from and is measured on: images, their descriptions, people's mean opinion scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from realness.domain import check_rating
from realness.errors import InvalidValue

FEWEST = 20
"""Rated images without which nothing is fitted or measured."""
MOST_OF_MEDIAN = 20
"""How many times the usual number of votes one rating may count, at most: noise is not all that sets ratings apart."""


@dataclass(frozen=True)
class Sample:
    """An image with its description. Models see its pixels and the text, never a name or a flag.

    Attributes:
        sha256: of the image file's bytes.
        file: where they lie.
        text: the description, verdict included.
    """

    sha256: str
    file: Path
    text: str


@dataclass(frozen=True)
class Rated(Sample):
    """A sample with what people thought of it.

    Attributes:
        rating: the mean opinion score, 0 to 100.
        votes: how many ratings it is the mean of; None when unknown.
        name: of the image, for people; no model gets it.
    """

    rating: float
    votes: int | None = None
    name: str = ""

    def __post_init__(self) -> None:
        check_rating(self.rating)


def check_rated(samples: Sequence[Rated]) -> None:
    """Refuse what no model can learn from.

    Raises:
        InvalidValue: there are fewer than `FEWEST` samples, or all have one rating.
    """
    if len(samples) < FEWEST:
        raise InvalidValue(
            f"CORE needs at least {FEWEST} rated images with a description, there are {len(samples)}; "
            "rate more images, or import a data set with opinion scores"
        )
    if np.ptp([one.rating for one in samples]) < 1e-6:
        raise InvalidValue("all images have the same rating, which leaves nothing to learn; rate images that differ")


def weights_of(samples: Sequence[Rated]) -> np.ndarray:
    """How much each rating counts, `(n,)`, mean 1: as its number of votes, where all of them are known."""
    votes = [one.votes for one in samples]
    if any(each is None for each in votes):
        return np.ones(len(samples))
    counts = np.array(votes, float)
    counts = np.minimum(counts, MOST_OF_MEDIAN * np.median(counts))
    return counts / counts.mean()

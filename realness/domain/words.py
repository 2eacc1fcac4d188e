"""The vocabulary: answers in one word, the rating scale, and what counts as text."""

import math
from enum import StrEnum

from realness.errors import InvalidValue

RATING_LOW, RATING_HIGH = 0.0, 100.0
BANDS = ("Bad", "Poor", "Fair", "Good", "Excellent")
MAX_TEXT = 20_000
"""Longest text, in characters, that a description, an explanation or a note may have."""


class Verdict(StrEnum):
    """The answer to "Is anything unrealistic in this image?"."""

    YES = "yes"
    SOMEWHAT = "somewhat"
    NO = "no"


class Judgement(StrEnum):
    """What a reviewer says of a machine's description."""

    ACCURATE = "accurate"
    PARTLY = "partly"
    WRONG = "wrong"
    MISSES = "misses"


class FindingState(StrEnum):
    """What became of a finding in a review."""

    KEPT = "kept"
    DROPPED = "dropped"
    REWORDED = "reworded"
    ADDED = "added"


class ReviewKind(StrEnum):
    """A full review, or a skip or a flag, which are reviews of that kind."""

    REVIEW = "review"
    SKIP = "skip"
    FLAG = "flag"


class ReviewRole(StrEnum):
    """In which role a review was given."""

    REVIEWER = "reviewer"
    ADJUDICATOR = "adjudicator"


class RegionShape(StrEnum):
    """How a region is drawn."""

    BOX = "box"
    POLYGON = "polygon"
    MASK = "mask"


def check_rating(value: float, name: str = "rating") -> float:
    """Return `value` as a float, or raise `InvalidValue` when it is not a finite number from 0 to 100."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidValue(f"{name} must be a number from 0 to 100, got {value!r}")
    if not RATING_LOW <= value <= RATING_HIGH:
        raise InvalidValue(f"{name} must be from 0 to 100, got {value}")
    return float(value)


def check_text(value: str, name: str) -> str:
    """Return `value`, or raise `InvalidValue` when it is no text, is too long or holds what no database
    keeps: a NUL character, half of a surrogate pair.
    """
    if not isinstance(value, str):
        raise InvalidValue(f"{name} must be text, got {type(value).__name__}")
    if len(value) > MAX_TEXT:
        raise InvalidValue(f"{name} has {len(value)} characters; at most {MAX_TEXT} are kept")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidValue(f"{name} holds a NUL character or half a character; remove it")
    return value


def band(rating: float) -> str:
    """The word for a rating of 0 to 100: Bad, Poor, Fair, Good or Excellent."""
    return BANDS[min(4, int(check_rating(rating) // 20))]

"""What people answer, and the studies they answer in."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from realness.domain.sources import Region
from realness.domain.words import FindingState, Judgement, ReviewKind, ReviewRole, Verdict, check_rating, check_text
from realness.errors import InvalidValue


@dataclass(frozen=True)
class ReviewedFinding:
    """A finding as a reviewer left it.

    Attributes:
        state: kept, dropped, reworded or added.
        phrase: the reviewer's words (for kept and dropped: the machine's).
        finding_id: the machine's finding it answers; None when added.
        regions: the places the reviewer marked.
    """

    state: FindingState
    phrase: str
    finding_id: int | None = None
    kind: str | None = None
    regions: tuple[Region, ...] = ()

    def __post_init__(self) -> None:
        if not check_text(self.phrase, "a finding's phrase").strip():
            raise InvalidValue("a finding needs a phrase; drop it instead of emptying it")
        if (self.state is FindingState.ADDED) != (self.finding_id is None):
            raise InvalidValue("an added finding answers no machine finding, every other one does")


@dataclass(frozen=True)
class Submission:
    """What a reviewer's browser sends when a review is submitted, skipped or flagged.

    Attributes:
        submission_id: made by the client, one for each save; a retry carries the same one.
        base_revision: the revision it was based on; 0 for the first.
        rating: the locked one, in a review that was read back; nobody reads that of one to be kept.
        judgement: of the description; None when there is none, or it was skipped or flagged unjudged.
        verdict, explanation: as corrected.
        second_rating: an optional rating after the reveal.
        active_seconds: time spent, idle time excluded.
        reason: why it was skipped or flagged.
        client_at: when the browser says that it was sent; given with any zone, kept in UTC.
        sources: of an adjudication: the ids of the reviews it was taken from; none of them where it is a third one.
        offered: in a review that was read back: the ids of the descriptions that `description_id` was chosen from, in
            the order shown; None where there was no choice. Nobody reads that of one to be kept.
    """

    submission_id: str
    study_id: int
    image_id: int
    base_revision: int
    kind: ReviewKind = ReviewKind.REVIEW
    role: ReviewRole = ReviewRole.REVIEWER
    rating: float | None = None
    description_id: int | None = None
    map_id: int | None = None
    judgement: Judgement | None = None
    verdict: Verdict | None = None
    explanation: str = ""
    findings: tuple[ReviewedFinding, ...] = ()
    second_rating: float | None = None
    active_seconds: float = 0.0
    reason: str = ""
    note: str = ""
    client_at: datetime | None = None
    sources: tuple[int, ...] | None = None
    offered: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if not 8 <= len(self.submission_id) <= 64 or not self.submission_id.replace("-", "").isalnum():
            raise InvalidValue("submission_id must be 8 to 64 letters, digits and dashes")
        if self.base_revision < 0:
            raise InvalidValue(f"base_revision must be 0 or more, got {self.base_revision}")
        for value, name in ((self.rating, "rating"), (self.second_rating, "second rating")):
            if value is not None:
                check_rating(value, name)
        for text, name in ((self.explanation, "explanation"), (self.reason, "reason"), (self.note, "note")):
            check_text(text, name)
        if not math.isfinite(self.active_seconds) or not 0 <= self.active_seconds <= 86_400:
            raise InvalidValue(f"active_seconds must be from 0 to 86400, got {self.active_seconds}")
        if len(self.findings) > 100:
            raise InvalidValue(f"a review has at most 100 findings, got {len(self.findings)}")
        if self.client_at is not None:
            object.__setattr__(self, "client_at", _utc(self.client_at))


def _utc(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise InvalidValue(f"client_at must say its zone, as in 2025-01-01T12:00:00Z; got {value.isoformat()}")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise InvalidValue(f"client_at must be a time of our days, got {value.isoformat()}") from error


MOST_HIDDEN = 50
"""Repeats, or gold images, of each 100 that a person rates, at most."""
ORDERS = ("imported", "random", "informative")
MOST_CHOICES = 4
"""Descriptions of an image to choose from, at most."""


@dataclass(frozen=True)
class StudySettings:
    """How a study is run.

    Attributes:
        blind: rate before anything a machine said is shown.
        overlap: how many people review each image.
        order: one of `ORDERS`. `random` is by reviewer, from `seed`; `informative` begins with the images whose score
            is the least certain, and goes on with those that have none as they were imported.
        seed: for the random order.
        sample: the built-in sample, labelled so on screen.
        hidden_repeats: of each 100 images that a person rates, how many come a second time without a word; 0 to 50.
        gold_share: of each 100 images that a person rates, how many have a rating that counts as right, while there
            are any that this person has not seen; 0 to 50. With 0 they come like all others.
        target: how many images each person is to do; None for as many as there are.
        choices: how many descriptions of an image, each by another describer, a reviewer chooses from; 1 to 4. With 1
            the newest one is shown.
    """

    blind: bool = True
    overlap: int = 1
    order: str = "imported"
    seed: int = 0
    sample: bool = False
    hidden_repeats: int = 0
    gold_share: int = 0
    target: int | None = None
    choices: int = 1

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise InvalidValue(f"order must be {', '.join(ORDERS)}; got {self.order!r}", "order")
        if not 1 <= self.overlap <= 1000:
            raise InvalidValue(f"overlap must be from 1 to 1000, got {self.overlap}", "overlap")
        if not 0 <= self.seed < 2**31:
            raise InvalidValue(f"the seed must be from 0 to {2**31 - 1}, got {self.seed}", "seed")
        for field, name in (("hidden_repeats", "hidden repeats"), ("gold_share", "gold images")):
            share = getattr(self, field)
            if not 0 <= share <= MOST_HIDDEN:
                raise InvalidValue(f"{name} must be from 0 to {MOST_HIDDEN} of each 100 images, got {share}", field)
        if self.target is not None and not 1 <= self.target <= 10**9:
            raise InvalidValue(f"the target must be from 1 to {10**9} images a person, got {self.target}", "target")
        if not 1 <= self.choices <= MOST_CHOICES:
            raise InvalidValue(f"choices must be from 1 to {MOST_CHOICES} descriptions, got {self.choices}", "choices")


@dataclass(frozen=True)
class Study:
    """A set of images with settings.

    Attributes:
        closed: takes no reviews any more.
    """

    id: int
    name: str
    settings: StudySettings
    images: int = 0
    closed: bool = False


@dataclass(frozen=True)
class StudyProgress:
    """How far one reviewer is in one study: counts of images, active time in seconds."""

    images: int
    done: int
    skipped: int
    active_seconds: float
    last_saved_at: datetime | None


@dataclass(frozen=True)
class Lock:
    """A blind rating that is locked: 0 to 100, and when; and whether it is the second one of a hidden repeat."""

    rating: float
    at: datetime
    repeat: bool = False


@dataclass(frozen=True)
class Draft:
    """A review that is not submitted yet, as the browser sent it."""

    body: dict[str, Any]
    base_revision: int
    saved_at: datetime

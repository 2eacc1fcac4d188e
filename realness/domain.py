"""The words of the project as plain data: frozen, validated when made.

Conventions, held everywhere:
    Pixels: the original image after EXIF rotation, origin top left, x to the right, y down, half-open.
    Arrays: maps are `(H, W)` float32, images `(H, W, 3)` uint8 RGB.
    Realness maps: higher = more realistic.
    Ratings: 0 to 100, the RAISE scale (Bad 0-20, Poor 20-40, Fair 40-60, Good 60-80, Excellent 80-100).
    Times: UTC and aware.
"""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import numpy as np

from realness.errors import InvalidValue

RATING_LOW, RATING_HIGH = 0.0, 100.0
BANDS = ("Bad", "Poor", "Fair", "Good", "Excellent")
MAX_TEXT = 20_000
"""Longest text, in characters, that a description, an explanation or a note may have."""
MAX_VOTES = 1_000_000_000


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


def _utc(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise InvalidValue(f"client_at must say its zone, as in 2025-01-01T12:00:00Z; got {value.isoformat()}")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise InvalidValue(f"client_at must be a time of our days, got {value.isoformat()}") from error


def band(rating: float) -> str:
    """The word for a rating of 0 to 100: Bad, Poor, Fair, Good or Excellent."""
    return BANDS[min(4, int(check_rating(rating) // 20))]


@dataclass(frozen=True)
class Region:
    """A place on an image, in original pixels after EXIF rotation, half-open.

    Attributes:
        shape: box, polygon or mask.
        coordinates: box: `(x0, y0, x1, y1)`; polygon: `(x0, y0, x1, y1, x2, y2, …)`, at least three
            points; mask: run lengths over the rows of the image, starting with a run outside.
        size: `(width, height)` of the image; needed for a mask.
    """

    shape: RegionShape
    coordinates: tuple[float, ...]
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        values = self.coordinates
        if not values or any(isinstance(v, bool) or not math.isfinite(v) or v < 0 for v in values):
            raise InvalidValue(f"region coordinates must be finite numbers from 0 on, got {values[:8]}")
        if self.shape is RegionShape.BOX:
            if len(values) != 4 or values[0] >= values[2] or values[1] >= values[3]:
                raise InvalidValue(f"a box needs x0 < x1 and y0 < y1, got {values[:8]}")
        elif self.shape is RegionShape.POLYGON:
            if len(values) < 6 or len(values) % 2:
                raise InvalidValue("a polygon needs at least three points")
        elif self.size is None or sum(values) != self.size[0] * self.size[1]:
            raise InvalidValue("the run lengths of a mask must add up to width x height")


@dataclass(frozen=True)
class Finding:
    """One inconsistency: a phrase, optionally its kind, its place in the text and its regions.

    Attributes:
        phrase: the words, without the verdict.
        kind: one of the planted or described kinds, where known.
        start: offset of the phrase in the explanation, in characters; None when it is not a part of it.
        regions: where it is.
    """

    phrase: str
    kind: str | None = None
    start: int | None = None
    regions: tuple[Region, ...] = ()

    def __post_init__(self) -> None:
        if not check_text(self.phrase, "a finding's phrase").strip():
            raise InvalidValue("a finding needs a phrase")


@dataclass(frozen=True)
class Description:
    """What a machine, or an imported file, said of an image. Never edited.

    Attributes:
        text: the words as they came, verdict included.
        verdict: parsed from the text, or given; None when there is none.
        explanation: the text without the verdict.
        provider: who wrote it: `raise-td`, `planted`, `openai`, …
        model: the model's name, where known.
        prompt_version: the version of the prompt, where known.
        findings: the parts of the explanation.
        planted_wrong: True when it was made inaccurate on purpose (an attention check). Never shown.
    """

    text: str
    verdict: Verdict | None
    explanation: str
    provider: str
    model: str | None = None
    prompt_version: str | None = None
    findings: tuple[Finding, ...] = ()
    planted_wrong: bool = False

    def __post_init__(self) -> None:
        check_text(self.text, "description")
        check_text(self.explanation, "explanation")


@dataclass(frozen=True)
class OpinionScore:
    """An imported mean opinion score of an image.

    Attributes:
        source: the data set it came from.
        rating: 0-100, or None when only a z-score is known.
        z_score: as published, or None.
        votes: how many ratings it is the mean of, 1 to 1,000,000,000, where known.
    """

    source: str
    rating: float | None = None
    z_score: float | None = None
    votes: int | None = None

    def __post_init__(self) -> None:
        if self.rating is None and self.z_score is None:
            raise InvalidValue("an opinion score needs a rating or a z-score")
        if self.rating is not None:
            check_rating(self.rating)
        if self.z_score is not None and not math.isfinite(self.z_score):
            raise InvalidValue(f"a z-score must be a finite number, got {self.z_score}")
        if self.votes is not None:
            whole = isinstance(self.votes, int) and not isinstance(self.votes, bool)
            if not whole or not 1 <= self.votes <= MAX_VOTES:
                raise InvalidValue(f"votes must be a whole number from 1 to {MAX_VOTES}, got {self.votes!r:.40}")


@dataclass(frozen=True)
class ImageFacts:
    """What was read from an image file.

    Attributes:
        sha256: of the file's bytes, 64 hexadecimal digits: the image's identity.
        width, height: in pixels, after EXIF rotation.
        format: Pillow's name of the format (`PNG`, `JPEG`, …).
        size: of the file, in bytes.
    """

    sha256: str
    width: int
    height: int
    format: str
    size: int


@dataclass(frozen=True)
class RealnessMap:
    """A realness map: where an image looks real (high) and where it does not (low).

    Attributes:
        values: the combined map, `(h, w)` float32 in [0, 1], higher = more realistic, at the method's grid.
        raw: the mean cosine similarity behind it, `(h, w)` float32 in [-1, 1], higher = more like the text.
        layers: one map for each finding, `(n, h, w)` float32 in [0, 1], higher = more realistic.
        phrases: the text of each layer, in order.
        method: `dense`, `paper` or `released`.
        clip: the CLIP SPEC it was computed with.
        size: `(width, height)` of the image in pixels.
    """

    values: np.ndarray
    raw: np.ndarray
    layers: np.ndarray
    phrases: tuple[str, ...]
    method: str
    clip: str
    size: tuple[int, int]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.raw.shape != self.values.shape:
            raise InvalidValue(
                f"a map and its raw values must have one shape (h, w), got {self.values.shape} and {self.raw.shape}"
            )
        if self.layers.shape != (len(self.phrases), *self.values.shape):
            raise InvalidValue(
                f"layers must have shape (phrases, h, w), got {self.layers.shape} for {len(self.phrases)} phrases"
            )


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


@dataclass(frozen=True)
class StudySettings:
    """How a study is run.

    Attributes:
        blind: rate before anything a machine said is shown.
        overlap: how many people review each image.
        order: `imported`, or `random`: by reviewer, from `seed`.
        seed: for the random order.
        sample: the built-in sample, labelled so on screen.
    """

    blind: bool = True
    overlap: int = 1
    order: str = "imported"
    seed: int = 0
    sample: bool = False

    def __post_init__(self) -> None:
        if self.order not in ("imported", "random"):
            raise InvalidValue(f"order must be 'imported' or 'random', got {self.order!r}")
        if not 1 <= self.overlap <= 1000:
            raise InvalidValue(f"overlap must be from 1 to 1000, got {self.overlap}")


@dataclass(frozen=True)
class ImportedRecord:
    """One image of an import source with what the source says of it.

    Attributes:
        row: where it stands in the source: `line 7 of image_descriptions.csv`, or the file's name.
        path: the image file on disk, already checked to lie inside the source.
        name: the image's name in the source, relative to it. Never shown to a reviewer.
        description: the text as it stands there, verdict included; None when there is none.
        verdict: when the source gives it apart from the text.
        findings: when the source gives them.
        scores: mean opinion scores.
        regions: with what the source says about them, as findings with regions.
        split: `train`, `test`, …
        is_real: True for a photograph, False for a generated image, None when unknown.
    """

    row: str
    path: Any
    name: str
    description: str | None = None
    verdict: Verdict | None = None
    findings: tuple[Finding, ...] = ()
    provider: str = "import"
    model: str | None = None
    scores: tuple[OpinionScore, ...] = ()
    regions: tuple[Finding, ...] = ()
    split: str | None = None
    generator: str | None = None
    prompt: str | None = None
    is_real: bool | None = None
    planted_wrong: bool = False


@dataclass(frozen=True)
class Skipped:
    """A record that could not be imported: where it stands and why."""

    row: str
    reason: str


@dataclass
class ImportReport:
    """What an import did. Counts are of the source's records that are in the database now."""

    images: int = 0
    descriptions: int = 0
    scores: int = 0
    regions: int = 0
    new: int = 0
    duplicates: int = 0
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True)
class Reviewer:
    """A person who reviews. The pseudonym is what leaves in exports."""

    id: int
    name: str
    pseudonym: str


@dataclass(frozen=True)
class Study:
    """A set of images with settings."""

    id: int
    name: str
    settings: StudySettings
    images: int = 0


@dataclass(frozen=True)
class Progress:
    """How far one reviewer is in one study: counts of images, active time in seconds."""

    images: int
    done: int
    skipped: int
    active_seconds: float
    last_saved_at: datetime | None


@dataclass(frozen=True)
class StoredImage:
    """An image in the database.

    Attributes:
        key: the opaque name by which a browser asks for it.
        path: where its bytes lie: relative to the data folder, or absolute when it was linked.
    """

    id: int
    key: str
    facts: ImageFacts
    path: str


@dataclass(frozen=True)
class StoredDescription:
    """A description in the database, with the ids of its findings in order."""

    id: int
    image_id: int
    description: Description
    finding_ids: tuple[int, ...]


@dataclass(frozen=True)
class StoredMap:
    """Where a realness map lies and what it came from. Layer 0 is the combined map.

    Attributes:
        path: relative to the data folder.
        sha256: of the file's bytes.
        phrases: of the layers after the combined one, in order.
    """

    id: int
    image_id: int
    description_id: int | None
    method: str
    clip: str
    path: str
    sha256: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Lock:
    """A blind rating that is locked: 0 to 100, and when."""

    rating: float
    at: datetime


@dataclass(frozen=True)
class Draft:
    """A review that is not submitted yet, as the browser sent it."""

    body: dict[str, Any]
    base_revision: int
    saved_at: datetime


@dataclass(frozen=True)
class StoredReview:
    """A submitted review: one revision of one reviewer's answer on one image."""

    id: int
    reviewer_id: int
    revision: int
    submission: Submission
    created_at: datetime

"""What machines and files say of an image, and the realness map."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from realness.domain.words import RegionShape, Verdict, check_rating, check_text
from realness.errors import InvalidValue

MAX_VOTES = 1_000_000_000
MAX_NAME = 200
"""Longest name, in characters, of a data set that scores, regions and maps come from."""


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


def check_mark(region: Region) -> None:
    """Refuse a place that somebody marks now and that holds nothing. What was kept before is read as it is.

    Raises:
        InvalidValue: a polygon whose points lie on one line, a mask without a pixel or with half pixels.
    """
    values = region.coordinates
    if region.shape is RegionShape.POLYGON:
        x, y = np.array(values[::2]) - values[0], np.array(values[1::2]) - values[1]
        far = int(np.argmax(x * x + y * y))
        if not np.any(x * y[far] != y * x[far]):
            raise InvalidValue("a polygon needs points that do not lie on one line")
    elif region.shape is RegionShape.MASK:
        if any(value != int(value) for value in values):
            raise InvalidValue("the run lengths of a mask must be whole numbers")
        if sum(values[1::2]) == 0:
            raise InvalidValue("a mask needs at least one pixel")


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


@dataclass(frozen=True, eq=False)
class ReferenceMap:
    """What people marked on an image without a sharp border: a heat map, where regions would be too exact.

    It is no realness map: higher = marked by more people, or more strongly, as the data set has it.

    Attributes:
        phrase: what is marked: `artifact`, …
        values: `(h, w)` uint8, 0 = nobody marked it, 255 = marked most. At the data set's own grid, which lies over the
            whole image whatever its size.
        source: the data set it came from.
    """

    phrase: str
    values: np.ndarray
    source: str

    def __post_init__(self) -> None:
        if not check_text(self.phrase, "a reference map's phrase").strip():
            raise InvalidValue("a reference map needs a phrase")
        if not self.source or len(check_text(self.source, "a reference map's source")) > MAX_NAME:
            raise InvalidValue(f"a reference map needs a source of 1 to {MAX_NAME} characters")
        if self.values.ndim != 2 or self.values.dtype != np.uint8 or not self.values.size:
            raise InvalidValue(
                f"a reference map must be (h, w) uint8, got {self.values.shape} {self.values.dtype.name}"
            )


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
        reference_maps: what people marked without sharp borders.
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
    prompt_version: str | None = None
    scores: tuple[OpinionScore, ...] = ()
    regions: tuple[Finding, ...] = ()
    reference_maps: tuple[ReferenceMap, ...] = ()
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
    """What an import did. Counts are of the source's records that are in the database now; `regions` has the
    reference maps among them.
    """

    images: int = 0
    descriptions: int = 0
    scores: int = 0
    regions: int = 0
    new: int = 0
    duplicates: int = 0
    skipped: list[Skipped] = field(default_factory=list)

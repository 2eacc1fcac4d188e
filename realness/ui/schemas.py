"""What a browser may send. Nothing of it is believed: types here, values again in the domain objects."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from realness.domain import (
    MAX_TEXT,
    FindingState,
    Judgement,
    Region,
    RegionShape,
    ReviewedFinding,
    ReviewKind,
    ReviewRole,
    StoredImage,
    Submission,
    Verdict,
    check_mark,
    check_text,
)
from realness.errors import InvalidValue

MAX_FINDINGS, MAX_REGIONS, MAX_COORDINATES = 100, 100, 100_000
_CHARACTER, _NUMBER, _REGION = 4, 20, 40
"""Bytes of JSON that one may take: a character, a number with its comma, a region without its numbers."""
DRAFT_LIMIT = (
    (2 + 2 * MAX_FINDINGS) * MAX_TEXT * _CHARACTER  # explanation and note; each phrase and the machine's beside it
    + MAX_FINDINGS * MAX_REGIONS * (4 * _NUMBER + _REGION)  # a box each
    + MAX_COORDINATES * _NUMBER  # a brush mask
)
"""Bytes of UTF-8 that a draft may have: those of a review with every text and mark at its longest, one mask among
them."""
MAX_DEPTH = 20
"""How deep a draft may be nested: a form has findings, with regions, with coordinates."""
Key = Annotated[str, Field(pattern=r"^[0-9a-z]{1,64}$")]
Id = Annotated[int, Field(ge=0, le=2**63 - 1)]
_Text = Annotated[str, Field(max_length=MAX_TEXT)]


def _depth(value: Any) -> int:
    """How deep lists and objects lie in one another, counted a level at a time: however deep, it ends."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, (dict, list))]:
        depth += 1
        if depth > MAX_DEPTH:
            break
        level = [part for one in level for part in (one.values() if isinstance(one, dict) else one)]
    return depth


class Body(BaseModel):
    """What is sent: nothing else than its fields, and no number that is none."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class LockBody(Body):
    """Locking a blind rating, 0 to 100."""

    study: Id
    image: Key
    rating: Annotated[float, Field(strict=True)]


class DraftBody(Body):
    """What is typed so far: any JSON object of at most `DRAFT_LIMIT` bytes."""

    study: Id
    image: Key
    base_revision: Id
    body: dict[str, Any]

    @field_validator("body")
    @classmethod
    def _small(cls, body: dict[str, Any]) -> dict[str, Any]:
        if _depth(body) > MAX_DEPTH:
            raise ValueError(f"a draft may be nested at most {MAX_DEPTH} deep")
        try:
            size = len(json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode())
        except UnicodeEncodeError as error:
            raise ValueError("a draft holds half a character; remove it") from error
        if size > DRAFT_LIMIT:
            raise ValueError(f"a draft may have at most {DRAFT_LIMIT // 10**6} MB")
        return body


class RegionBody(Body):
    """A mark on the image, in original pixels."""

    shape: Literal["box", "polygon", "mask"]
    coordinates: Annotated[list[float], Field(max_length=MAX_COORDINATES)]

    def region(self, size: tuple[int, int]) -> Region:
        """As a domain object; `size` is the image's."""
        shape = RegionShape(self.shape)
        region = Region(shape, tuple(self.coordinates), size if shape is RegionShape.MASK else None)
        check_mark(region)
        return region


class FindingBody(Body):
    """A finding as the reviewer left it."""

    state: FindingState
    phrase: _Text
    finding_id: Id | None = None
    kind: Annotated[str, Field(max_length=64)] | None = None
    regions: Annotated[list[RegionBody], Field(max_length=MAX_REGIONS)] = []


def _reviewed(findings: list[FindingBody], image: StoredImage) -> tuple[ReviewedFinding, ...]:
    size = (image.facts.width, image.facts.height)
    for finding in findings:
        check_text(finding.kind or "", "a finding's kind")
    return tuple(
        ReviewedFinding(f.state, f.phrase, f.finding_id, f.kind, tuple(r.region(size) for r in f.regions))
        for f in findings
    )


class ReviewBody(Body):
    """A review, a skip or a flag."""

    submission_id: str
    study: Id
    image: Key
    base_revision: Id
    kind: ReviewKind = ReviewKind.REVIEW
    description_id: Id | None = None
    map_id: Id | None = None
    judgement: Judgement | None = None
    verdict: Verdict | None = None
    explanation: _Text = ""
    findings: Annotated[list[FindingBody], Field(max_length=MAX_FINDINGS)] = []
    second_rating: float | None = None
    active_seconds: float = 0.0
    reason: _Text = ""
    note: _Text = ""
    client_at: datetime | None = None

    def submission(self, image: StoredImage) -> Submission:
        """As a domain object, which checks the values."""
        if self.kind is ReviewKind.FLAG and not self.reason.strip():
            raise InvalidValue("a flag needs a reason; say in a few words what is wrong with the image", "reason")
        findings = _reviewed(self.findings, image)
        same = ("submission_id", "base_revision", "kind", "description_id", "map_id", "judgement", "verdict")
        same += ("explanation", "second_rating", "active_seconds", "reason", "note", "client_at")
        values = {name: getattr(self, name) for name in same}
        return Submission(study_id=self.study, image_id=image.id, findings=findings, **values)


class AdjudicationBody(Body):
    """An adjudication; `base` is the newest one that its author knows of, `sources` the reviews it was taken from."""

    submission_id: str
    study: Id
    image: Key
    base: Id | None
    sources: Annotated[list[Id], Field(max_length=1000)]
    reason: _Text
    description_id: Id | None = None
    map_id: Id | None = None
    judgement: Judgement | None = None
    verdict: Verdict | None = None
    explanation: _Text = ""
    findings: Annotated[list[FindingBody], Field(max_length=MAX_FINDINGS)] = []
    rating: Annotated[float, Field(strict=True)] | None = None
    active_seconds: float = 0.0
    note: _Text = ""
    client_at: datetime | None = None

    def submission(self, image: StoredImage) -> Submission:
        """As a domain object, which checks the values."""
        same = ("submission_id", "reason", "description_id", "map_id", "judgement", "verdict", "explanation", "rating")
        same += ("active_seconds", "note", "client_at")
        return Submission(
            study_id=self.study,
            image_id=image.id,
            base_revision=0,  # the store counts
            role=ReviewRole.ADJUDICATOR,
            sources=tuple(self.sources),
            findings=_reviewed(self.findings, image),
            **{name: getattr(self, name) for name in same},
        )

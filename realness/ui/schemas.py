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
    StoredImage,
    Submission,
    Verdict,
)

DRAFT_LIMIT = 64 * 1024
_Text = Annotated[str, Field(max_length=MAX_TEXT)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class LockBody(_Body):
    """Locking a blind rating, 0 to 100."""

    study: int
    image: str
    rating: Annotated[float, Field(strict=True)]


class DraftBody(_Body):
    """What is typed so far: any JSON object of at most 64 KB."""

    study: int
    image: str
    base_revision: Annotated[int, Field(ge=0)]
    body: dict[str, Any]

    @field_validator("body")
    @classmethod
    def _small(cls, body: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(body)) > DRAFT_LIMIT:
            raise ValueError(f"a draft may have at most {DRAFT_LIMIT // 1024} KB")
        return body


class RegionBody(_Body):
    """A mark on the image, in original pixels."""

    shape: Literal["box", "polygon", "mask"]
    coordinates: Annotated[list[float], Field(max_length=100_000)]

    def region(self, size: tuple[int, int]) -> Region:
        """As a domain object; `size` is the image's."""
        shape = RegionShape(self.shape)
        return Region(shape, tuple(self.coordinates), size if shape is RegionShape.MASK else None)


class FindingBody(_Body):
    """A finding as the reviewer left it."""

    state: FindingState
    phrase: _Text
    finding_id: int | None = None
    kind: Annotated[str, Field(max_length=64)] | None = None
    regions: Annotated[list[RegionBody], Field(max_length=100)] = []


class ReviewBody(_Body):
    """A review, a skip or a flag."""

    submission_id: str
    study: int
    image: str
    base_revision: int
    kind: ReviewKind = ReviewKind.REVIEW
    description_id: int | None = None
    map_id: int | None = None
    judgement: Judgement | None = None
    verdict: Verdict | None = None
    explanation: _Text = ""
    findings: Annotated[list[FindingBody], Field(max_length=100)] = []
    second_rating: float | None = None
    active_seconds: float = 0.0
    reason: _Text = ""
    note: _Text = ""
    client_at: datetime | None = None

    def submission(self, image: StoredImage) -> Submission:
        """As a domain object, which checks the values."""
        size = (image.facts.width, image.facts.height)
        findings = tuple(
            ReviewedFinding(f.state, f.phrase, f.finding_id, f.kind, tuple(r.region(size) for r in f.regions))
            for f in self.findings
        )
        same = ("submission_id", "base_revision", "kind", "description_id", "map_id", "judgement", "verdict")
        same += ("explanation", "second_rating", "active_seconds", "reason", "note", "client_at")
        values = {name: getattr(self, name) for name in same}
        return Submission(study_id=self.study, image_id=image.id, findings=findings, **values)

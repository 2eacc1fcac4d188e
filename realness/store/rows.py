"""Rows to domain objects and back."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ScalarSelect, select

from realness.domain import (
    Finding,
    ImageFacts,
    Judgement,
    Region,
    RegionShape,
    ReviewedFinding,
    ReviewKind,
    ReviewRole,
    StoredImage,
    StoredMap,
    StoredReview,
    Submission,
    Verdict,
)
from realness.store.engine import aware
from realness.store.tables import image_sources, images

Row = Mapping[Any, Any]


def image_name() -> ScalarSelect[str]:
    """An image's name in its first source, beside `images` in a query."""
    c = image_sources.c
    return select(c.name).where(c.image_id == images.c.id).order_by(c.id).limit(1).scalar_subquery()


def region_row(region: Region) -> dict[str, Any]:
    """A region as the columns `shape` and `coordinates`."""
    return {"shape": region.shape.value, "coordinates": list(region.coordinates)}


def region(row: Row, size: tuple[int, int] | None = None) -> Region:
    """A region from its columns; `size` is the image's, needed for a mask."""
    shape = RegionShape(row["shape"])
    return Region(shape, tuple(row["coordinates"]), size if shape is RegionShape.MASK else None)


def finding(row: Row, size: tuple[int, int]) -> Finding:
    """A machine's finding on an image of this size."""
    regions = tuple(region(part, size) for part in row["regions"] or ())
    return Finding(row["phrase"], row["kind"], row["start"], regions)


def stored_image(row: Row) -> StoredImage:
    """An image."""
    facts = ImageFacts(row["sha256"], row["width"], row["height"], row["format"], row["bytes"])
    return StoredImage(row["id"], row["key"], facts, row["path"])


def stored_map(row: Row) -> StoredMap:
    """Where a map lies."""
    names = ("id", "image_id", "description_id", "method", "clip", "path", "sha256")
    return StoredMap(*(row[name] for name in names), phrases=tuple(row["phrases"]))


def stored_review(row: Row, findings: tuple[ReviewedFinding, ...]) -> StoredReview:
    """A review with its findings."""
    submission = Submission(
        submission_id=row["submission_id"],
        study_id=row["study_id"],
        image_id=row["image_id"],
        base_revision=row["revision"] - 1,
        kind=ReviewKind(row["kind"]),
        role=ReviewRole(row["role"]),
        rating=row["rating"],
        description_id=row["description_id"],
        map_id=row["map_id"],
        judgement=Judgement(row["judgement"]) if row["judgement"] else None,
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        explanation=row["explanation"],
        findings=findings,
        second_rating=row["second_rating"],
        active_seconds=row["active_seconds"],
        reason=row["reason"],
        note=row["note"],
        client_at=aware(row["client_at"]),
        sources=None if row["sources"] is None else tuple(row["sources"]),
        offered=None if row["offered"] is None else tuple(row["offered"]),
    )
    created_at = aware(row["created_at"])
    assert created_at is not None  # the column is NOT NULL
    return StoredReview(row["id"], row["reviewer_id"], row["revision"], submission, created_at)

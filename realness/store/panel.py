"""What reviewers answered, as opinion statistics take it: a row a review, nothing of the texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select

from realness.domain import ReviewRole
from realness.store.dialects.said import day_of
from realness.store.engine import Database
from realness.store.rows import image_name
from realness.store.tables import (
    current_reviews,
    descriptions,
    drafts,
    images,
    reviewers,
    studies,
    study_images,
)


class Vote(NamedTuple):
    """One reviewer's current answer on one image; a tuple, since a hundred thousand of them are made at once.

    Attributes:
        reviewer: the pseudonym.
        kind: `review`, `skip` or `flag`.
        rating: 0 to 100; None without one.
        judgement: what was said of the machine's text; None without one.
        planted_wrong: whether that text had been made wrong on purpose.
        active_seconds: spent on it.
        day: when it was saved, `YYYY-MM-DD` in UTC.
    """

    image_id: int
    reviewer: str
    kind: str
    rating: float | None
    judgement: str | None
    planted_wrong: bool
    active_seconds: float
    day: str


@dataclass(frozen=True)
class StudyState:
    """How far a study is.

    Attributes:
        complete: images with as many answers as the study asks for; a flag is one, a skip is none.
        drafts: answers that somebody has begun and not saved.
    """

    study: str
    images: int
    overlap: int
    complete: int
    drafts: int


@dataclass(frozen=True)
class PanelStore:
    """Reads who answered what."""

    database: Database

    def votes(self, study_id: int | None = None) -> list[Vote]:
        """The current answers of reviewers, in order of saving; adjudications are none."""
        c = current_reviews.c
        query = (
            select(
                c.image_id,
                reviewers.c.pseudonym,
                c.kind,
                c.rating,
                c.judgement,
                func.coalesce(descriptions.c.planted_wrong, False),
                c.active_seconds,
                day_of(c.created_at),
            )
            .join(reviewers, reviewers.c.id == c.reviewer_id)
            .outerjoin(descriptions, descriptions.c.id == c.description_id)
            .where(c.role == ReviewRole.REVIEWER.value)
            .order_by(c.id)
        )
        if study_id is not None:
            query = query.where(c.study_id == study_id)
        with self.database.read() as connection:
            return list(map(Vote._make, connection.execute(query)))

    def states(self, study_id: int | None = None) -> list[StudyState]:
        """How far each study is, the newest first."""
        inside = select(func.count()).where(study_images.c.study_id == studies.c.id)
        complete = inside.where(study_images.c.remaining <= 0)
        begun = select(func.count()).where(drafts.c.study_id == studies.c.id)
        counted = (each.scalar_subquery() for each in (inside, complete, begun))
        query = select(studies.c.name, next(counted), studies.c.overlap, *counted).order_by(studies.c.id.desc())
        if study_id is not None:
            query = query.where(studies.c.id == study_id)
        with self.database.read() as connection:
            return [StudyState(*row) for row in connection.execute(query)]

    def places(self, study_id: int, image_ids: Sequence[int]) -> dict[int, tuple[str, str, int]]:
        """Of these images of a study the key, the SHA-256 of the file, and the place in the study, from 1."""
        query = (
            select(images.c.id, images.c.key, images.c.sha256, study_images.c.position)
            .join(study_images, study_images.c.image_id == images.c.id)
            .where(study_images.c.study_id == study_id, images.c.id.in_(image_ids))
        )
        with self.database.read() as connection:
            return {image: (key, sha256, at + 1) for image, key, sha256, at in connection.execute(query)}

    def names(self) -> dict[int, tuple[str, str]]:
        """The name in its source and the SHA-256 of every image."""
        with self.database.read() as connection:
            rows = connection.execute(select(images.c.id, image_name(), images.c.sha256))
            return {image: (name or "", sha256) for image, name, sha256 in rows}

"""What people marked: the findings of the reviews that count, image by image."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, and_, or_, select

from realness.domain import FindingState, ReviewedFinding, ReviewKind, StoredImage, Verdict
from realness.store.adjudications import newest_adjudication
from realness.store.engine import Database
from realness.store.reviews import reviewed_findings
from realness.store.rows import stored_image
from realness.store.tables import current_reviews, images, review_findings, review_regions, studies, study_images


@dataclass(frozen=True)
class Answered:
    """One review that counts.

    Attributes:
        image: what was reviewed.
        verdict: as corrected; None when there was nothing to correct.
        findings: as the reviewer left them, dropped ones included.
    """

    image: StoredImage
    verdict: Verdict | None
    findings: tuple[ReviewedFinding, ...]


def final(rows: FromClause) -> ColumnElement[bool]:
    """Which current reviews stand for an image in its study: the newest adjudication alone, all where there is none."""
    newest = newest_adjudication(rows.c.study_id, rows.c.image_id)
    return or_(newest.is_(None), rows.c.id == newest)


@dataclass(frozen=True)
class RegionStore:
    """Reads what people marked."""

    database: Database

    def marked(self, study_id: int) -> list[int]:
        """The images of a study on which a current review marks a place, in order of import."""
        c = current_reviews.c
        query = (
            select(study_images.c.image_id)
            .join(current_reviews, and_(c.study_id == study_images.c.study_id, c.image_id == study_images.c.image_id))
            .join(review_findings, review_findings.c.review_id == c.id)
            .join(review_regions, review_regions.c.review_finding_id == review_findings.c.id)
            .where(study_images.c.study_id == study_id, c.kind == ReviewKind.REVIEW.value, final(current_reviews))
            .where(review_findings.c.state != FindingState.DROPPED.value)
            .group_by(study_images.c.image_id, study_images.c.position)
            .order_by(study_images.c.position)
        )
        with self.database.read() as connection:
            return list(connection.execute(query).scalars())

    def answered(self, study: str | None = None, image_ids: Sequence[int] | None = None) -> list[Answered]:
        """The current full reviews, in order of saving; where an image was adjudicated in a study, the newest
        adjudication alone.

        Args:
            study: by name; None for all.
            image_ids: of these images only; None for all.
        """
        c = current_reviews.c
        query = (
            select(c.id.label("review_id"), c.verdict, images)
            .join(images, images.c.id == c.image_id)
            .join(studies, studies.c.id == c.study_id)
            .where(c.kind == ReviewKind.REVIEW.value, final(current_reviews))
            .order_by(c.id)
        )
        if study is not None:
            query = query.where(studies.c.name == study)
        if image_ids is not None:
            query = query.where(c.image_id.in_(image_ids))
        with self.database.read() as connection:
            return [
                Answered(
                    stored_image(row),
                    Verdict(row["verdict"]) if row["verdict"] else None,
                    reviewed_findings(connection, row["review_id"], row["id"]),
                )
                for row in connection.execute(query).mappings().all()
            ]

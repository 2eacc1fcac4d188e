"""What people marked: the findings of the reviews that count, image by image."""

from dataclasses import dataclass

from sqlalchemy import and_, exists, select

from realness.domain import ReviewedFinding, ReviewKind, ReviewRole, StoredImage, Verdict
from realness.store.engine import Database
from realness.store.reviews import reviewed_findings
from realness.store.rows import stored_image
from realness.store.tables import current_reviews, images, studies


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


@dataclass(frozen=True)
class RegionStore:
    """Reads what people marked."""

    database: Database

    def answered(self, study: str | None = None, image_id: int | None = None) -> list[Answered]:
        """The current full reviews, in order of saving; where an image was adjudicated in a study, that alone.

        Args:
            study: by name; None for all.
            image_id: of this image only; None for all.
        """
        c, final = current_reviews.c, current_reviews.alias("final")
        same = and_(final.c.study_id == c.study_id, final.c.image_id == c.image_id)
        decided = exists().where(
            same, final.c.role == ReviewRole.ADJUDICATOR.value, final.c.kind == ReviewKind.REVIEW.value
        )
        query = (
            select(c.id.label("review_id"), c.verdict, images)
            .join(images, images.c.id == c.image_id)
            .join(studies, studies.c.id == c.study_id)
            .where(c.kind == ReviewKind.REVIEW.value, (c.role == ReviewRole.ADJUDICATOR.value) | ~decided)
            .order_by(c.id)
        )
        if study is not None:
            query = query.where(studies.c.name == study)
        if image_id is not None:
            query = query.where(c.image_id == image_id)
        with self.database.read() as connection:
            return [
                Answered(
                    stored_image(row),
                    Verdict(row["verdict"]) if row["verdict"] else None,
                    reviewed_findings(connection, row["review_id"], row["id"]),
                )
                for row in connection.execute(query).mappings().all()
            ]

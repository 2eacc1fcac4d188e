"""Who reviews which image: the choice and the lease in one transaction, and the locked blind rating."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, insert, or_, select, update

from realness.domain import Lock, StoredImage, Study, check_rating
from realness.errors import InvalidValue, Locked
from realness.store.engine import Database, aware, now
from realness.store.rows import stored_image
from realness.store.tables import assignments, drafts, images, reviews, study_images, summaries

LEASE = timedelta(minutes=30)
_PRIME = 2_147_483_647


@dataclass(frozen=True)
class AssignmentStore:
    """Hands out images and keeps locked ratings."""

    database: Database

    def next_image(self, study: Study, reviewer_id: int) -> StoredImage | None:
        """The image this reviewer is on, or the next one, leased to them; None when all is done.

        The same person in two tabs gets the same image; two people get the same one only where the
        study's overlap allows it.
        """
        with self.database.write() as connection:
            row = connection.execute(_todo(study, reviewer_id).limit(1)).mappings().first()
            if row is None:
                return None
            _lease(connection, study.id, row["id"], reviewer_id)
        return stored_image(row)

    def ahead(self, study: Study, reviewer_id: int, after: int | None, count: int) -> list[StoredImage]:
        """The images that follow, not leased: for loading ahead."""
        query = _todo(study, reviewer_id).limit(count + 1)
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [stored_image(row) for row in rows if row["id"] != after][:count]

    def open(self, study: Study, key: str, reviewer_id: int) -> StoredImage | None:
        """Lease a certain image of the study, reviewed before or not; None when it is not in the study."""
        query = (
            select(images)
            .join(study_images, study_images.c.image_id == images.c.id)
            .where(study_images.c.study_id == study.id, images.c.key == key)
        )
        with self.database.write() as connection:
            row = connection.execute(query).mappings().first()
            if row is None:
                return None
            _lease(connection, study.id, row["id"], reviewer_id)
        return stored_image(row)

    def lock(self, study_id: int, image_id: int, reviewer_id: int, rating: float) -> Lock:
        """Lock the blind rating (0 to 100). The same rating again is harmless.

        Raises:
            InvalidValue: off the scale, or the image was never given to this reviewer.
            Locked: another rating is locked.
        """
        rating = check_rating(rating)
        with self.database.write() as connection:
            mine = _mine(study_id, image_id, reviewer_id)
            row = connection.execute(select(assignments).where(mine)).first()
            if row is None:
                raise InvalidValue("this image was not opened for a review; reload the page")
            if row.blind_rating is None:
                at = now()
                connection.execute(update(assignments).where(mine).values(blind_rating=rating, rated_at=at))
                return Lock(rating, at)
        if row.blind_rating != rating:
            raise Locked(f"the rating {row.blind_rating:g} was locked before and stays; reload the page to see it")
        return _lock(row.blind_rating, row.rated_at)

    def locked(self, study_id: int, image_id: int, reviewer_id: int) -> Lock | None:
        """The locked rating, or None."""
        query = select(assignments).where(_mine(study_id, image_id, reviewer_id))
        with self.database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None or row.blind_rating is None else _lock(row.blind_rating, row.rated_at)


def _lock(rating: float, at: datetime) -> Lock:
    return Lock(rating, aware(at) or at)


def _mine(study_id: int, image_id: int, reviewer_id: int) -> ColumnElement[bool]:
    column = assignments.c
    return and_(column.study_id == study_id, column.image_id == image_id, column.reviewer_id == reviewer_id)


def _lease(connection: Connection, study_id: int, image_id: int, reviewer_id: int) -> None:
    at = now()
    mine = _mine(study_id, image_id, reviewer_id)
    found = connection.execute(update(assignments).where(mine).values(lease_expires_at=at + LEASE))
    if found.rowcount == 0:
        key = {"study_id": study_id, "image_id": image_id, "reviewer_id": reviewer_id}
        connection.execute(insert(assignments).values(**key, lease_expires_at=at + LEASE, created_at=at))


def _todo(study: Study, reviewer_id: int) -> Select:
    """The study's images this reviewer has not answered and may have: begun ones first, then in order."""
    inside = study_images.c
    here = and_(assignments.c.study_id == study.id, assignments.c.image_id == images.c.id)
    answered = and_(reviews.c.study_id == study.id, reviews.c.image_id == images.c.id)
    draft = exists().where(
        drafts.c.study_id == study.id, drafts.c.image_id == images.c.id, drafts.c.reviewer_id == reviewer_id
    )
    begun = or_(assignments.c.lease_expires_at > now(), assignments.c.blind_rating.is_not(None), draft)
    mine_open = exists().where(here, assignments.c.reviewer_id == reviewer_id, begun)
    others_done = (
        select(func.count(reviews.c.reviewer_id.distinct())).where(answered, reviews.c.kind != "skip").scalar_subquery()
    )
    others_at_it = (
        select(func.count())
        .select_from(assignments)
        .where(
            here,
            assignments.c.reviewer_id != reviewer_id,
            assignments.c.lease_expires_at > now(),
            ~exists().where(  # by the assignment's own columns: SQLAlchemy correlates to the nearest query only
                reviews.c.study_id == assignments.c.study_id,
                reviews.c.image_id == assignments.c.image_id,
                reviews.c.reviewer_id == assignments.c.reviewer_id,
            ),
        )
        .scalar_subquery()
    )
    return (
        select(images)
        .join(study_images, inside.image_id == images.c.id)
        .outerjoin(summaries, summaries.c.image_id == images.c.id)
        .where(inside.study_id == study.id)
        .where(~exists().where(answered, reviews.c.reviewer_id == reviewer_id))
        .where(or_(mine_open, others_done + others_at_it < study.settings.overlap))
        .order_by(mine_open.desc(), *_order(study, reviewer_id))
    )


def _order(study: Study, reviewer_id: int) -> list[ColumnElement]:
    position = study_images.c.position
    if study.settings.order == "imported":
        return [position]
    if study.settings.order == "informative":
        return [(summaries.c.high - summaries.c.low).desc().nulls_last(), summaries.c.score.is_(None), position]
    # A permutation of the positions that the database can compute: multiply by a factor, modulo a prime.
    factor = (study.settings.seed * 7_919 + reviewer_id * 104_729 + 48_271) * 16_807 % _PRIME or 1
    return [((position + 1) * factor) % _PRIME, position]

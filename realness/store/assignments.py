"""Who reviews which image: the choice and the lease in one transaction, and the locked blind rating."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, select, update

from realness.domain import Lock, Reviewer, StoredImage, Study, check_rating
from realness.errors import InvalidValue, Locked, StudyClosed
from realness.store.engine import Database, aware, now
from realness.store.handing import Handed, TakenBack, give, holders, take_back
from realness.store.queues import Taken, following, lease, take
from realness.store.rows import stored_image
from realness.store.tables import assignments, images, repeats, studies, study_images


@dataclass(frozen=True)
class AssignmentStore:
    """Hands out images and keeps locked ratings."""

    database: Database

    def take(self, study: Study, reviewer_id: int, ahead: int = 0) -> Taken:
        """The image this reviewer is on, or the next one, leased to them; see `queues.take`."""
        with self.database.write(person=reviewer_id) as connection:
            return take(connection, study, reviewer_id, ahead)

    def next_image(self, study: Study, reviewer_id: int) -> StoredImage | None:
        """The image alone."""
        given = self.take(study, reviewer_id).given
        return given and given.image

    def ahead(self, study: Study, reviewer_id: int, after: int | None, count: int) -> list[StoredImage]:
        """The images that follow, not leased: for loading ahead."""
        with self.database.read() as connection:
            return following(connection, study, reviewer_id, after, count)

    def open(self, study: Study, key: str, reviewer_id: int) -> StoredImage | None:
        """Lease a certain image of the study, reviewed before or not; None when it is not in the study."""
        query = (
            select(images)
            .join(study_images, study_images.c.image_id == images.c.id)
            .where(study_images.c.study_id == study.id, images.c.key == key)
        )
        with self.database.write(person=reviewer_id) as connection:
            row = connection.execute(query).mappings().first()
            if row is None:
                return None
            lease(connection, study.id, row["id"], reviewer_id)
        return stored_image(row)

    def give(self, study_id: int, image_ids: Sequence[int], to: int, by: int) -> Handed:
        """Give images of the study to a person, who gets them first."""
        with self.database.write() as connection:
            return give(connection, study_id, image_ids, to, by)

    def take_back(self, study_id: int, image_ids: Sequence[int], of: int) -> TakenBack:
        """Take images back that a lead gave to a person, as far as that person has not begun them."""
        with self.database.write() as connection:
            return take_back(connection, study_id, image_ids, of)

    def holders(self, study_id: int) -> list[tuple[Reviewer, int]]:
        """Those to whom images can be given, each with how many were given to them and are not answered yet."""
        with self.database.read() as connection:
            return holders(connection, study_id)

    def lock(self, study_id: int, image_id: int, reviewer_id: int, rating: float) -> Lock:
        """Lock the blind rating (0 to 100). The same rating again is harmless. Where the image is with this person a
        second time, the rating is kept as that of the repeat.

        Raises:
            InvalidValue: off the scale, or the image was never given to this reviewer.
            Locked: another rating is locked.
            StudyClosed: the study takes no ratings any more.
        """
        given = {"rating": check_rating(rating), "at": now(), "study": study_id, "image": image_id, "me": reviewer_id}
        with self.database.keeping((study_id, image_id, reviewer_id), person=reviewer_id) as connection:
            row = connection.execute(_PLACE, given).first()
            if row is None or row.closed_at is not None:
                raise StudyClosed("this study is closed and takes no ratings; choose another one")
            if row.again is not None:
                connection.execute(_RATE_AGAIN, given)
                return Lock(given["rating"], given["at"], repeat=True)
            if row.id is None:
                raise InvalidValue("this image was not opened for a review; reload the page")
            if row.blind_rating is None:
                connection.execute(_RATE, given)
                return Lock(given["rating"], given["at"])
        if row.blind_rating != given["rating"]:
            raise Locked(f"the rating {row.blind_rating:g} was locked before and stays; reload the page to see it")
        return _lock(row.blind_rating, row.rated_at)

    def locked(self, study_id: int, image_id: int, reviewer_id: int) -> Lock | None:
        """The locked rating, or None."""
        with self.database.read() as connection:
            row = connection.execute(_MINE, {"study": study_id, "image": image_id, "me": reviewer_id}).first()
        return None if row is None or row.blind_rating is None else _lock(row.blind_rating, row.rated_at)


def _lock(rating: float, at: datetime) -> Lock:
    return Lock(rating, aware(at) or at)


# ---- the statements, made once: making one takes about as long as running it ----


def _mine(table: Table) -> ColumnElement[bool]:
    c = table.c
    return and_(c.study_id == bindparam("study"), c.image_id == bindparam("image"), c.reviewer_id == bindparam("me"))


_MINE = select(assignments.c.blind_rating, assignments.c.rated_at).where(_mine(assignments))
_again = select(func.max(repeats.c.id)).where(_mine(repeats), repeats.c.rated_at.is_(None)).scalar_subquery()
_PLACE = (
    select(
        studies.c.closed_at,
        assignments.c.id,
        assignments.c.blind_rating,
        assignments.c.rated_at,
        _again.label("again"),
    )
    .outerjoin_from(studies, assignments, _mine(assignments))
    .where(studies.c.id == bindparam("study"))
)
_RATE = update(assignments).where(_mine(assignments)).values(blind_rating=bindparam("rating"), rated_at=bindparam("at"))
_RATE_AGAIN = (
    update(repeats)
    .where(_mine(repeats), repeats.c.rated_at.is_(None))
    .values(rating=bindparam("rating"), rated_at=bindparam("at"))
)

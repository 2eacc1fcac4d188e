"""Studies and the people in them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, true

from realness.domain import Reviewer, ReviewKind, Role, Study, StudyProgress, StudySettings, check_text
from realness.errors import InvalidValue, NotFound
from realness.store.engine import Database, aware, now
from realness.store.tables import current_reviews, images, reviewers, reviews, studies, study_images

LOCAL_REVIEWER = "local"
"""The one reviewer of a workbench without accounts."""


@dataclass(frozen=True)
class Place:
    """An image's place in a study.

    Attributes:
        number: from 1.
        before, after: the keys of the images beside it; None at the ends.
    """

    number: int
    before: str | None
    after: str | None


@dataclass(frozen=True)
class StudyStore:
    """Reads and writes studies, reviewers and progress."""

    database: Database

    def create(self, name: str, settings: StudySettings) -> Study:
        """Make a study.

        Raises:
            InvalidValue: the name is empty, too long or taken.
        """
        name = check_name(name)
        with self.database.write() as connection:
            if not _make(connection, name, settings):
                raise InvalidValue(f"there is a study named {name!r} already; choose another name")
        return self.named(name)

    def ensure(self, name: str, settings: StudySettings) -> Study:
        """The study of this name, made with these settings when there is none.

        Raises:
            InvalidValue: the name is empty or too long.
        """
        name = check_name(name)
        with self.database.write() as connection:
            _make(connection, name, settings)
        return self.named(name)

    def holds(self, study_id: int, image_id: int) -> bool:
        """Whether an image is in a study."""
        query = select(study_images.c.id).where(
            study_images.c.study_id == study_id, study_images.c.image_id == image_id
        )
        with self.database.read() as connection:
            return connection.execute(query).first() is not None

    def place(self, study_id: int, image_id: int) -> Place | None:
        """Where an image is among those of a study, in the order of the import; None when it is not in it."""
        c, position = study_images.c, study_images.c.position
        mine = select(position).where(c.study_id == study_id, c.image_id == image_id)
        keys = select(images.c.key).join(study_images, c.image_id == images.c.id).where(c.study_id == study_id).limit(1)
        with self.database.read() as connection:
            at = connection.execute(mine).scalar()
            if at is None:
                return None
            before = connection.execute(keys.where(position < at).order_by(position.desc())).scalar()
            after = connection.execute(keys.where(position > at).order_by(position)).scalar()
        return Place(at + 1, before, after)

    def named(self, name: str) -> Study:
        """The study of this name.

        Raises:
            NotFound: there is none; the message lists those there are.
        """
        found = self._where(studies.c.name == name)
        if found:
            return found[0]
        names = ", ".join(study.name for study in self.all()) or "none yet"
        raise NotFound(f"there is no study named {name!r}; there are: {names}")

    def by_id(self, study_id: int) -> Study:
        """The study with this id.

        Raises:
            NotFound: there is none.
        """
        found = self._where(studies.c.id == study_id)
        if found:
            return found[0]
        raise NotFound("there is no such study; reload the page to see those there are")

    def all(self) -> list[Study]:
        """Every study, newest first."""
        return self._where(true())

    def _where(self, condition: ColumnElement[bool]) -> list[Study]:
        query = (
            select(studies, func.count(study_images.c.id).label("images"))
            .outerjoin(study_images, study_images.c.study_id == studies.c.id)
            .where(condition)
            .group_by(studies.c.id)
            .order_by(studies.c.id.desc())
        )
        with self.database.read() as connection:
            return [_study(row) for row in connection.execute(query)]

    def local_reviewer(self) -> Reviewer:
        """The one reviewer of a workbench without accounts, made at the first call."""
        query = select(reviewers).where(reviewers.c.name == LOCAL_REVIEWER)
        with self.database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            with self.database.write() as connection:
                row = connection.execute(query).first()
                if row is None:
                    values = {"name": LOCAL_REVIEWER, "pseudonym": "reviewer-1", "role": "admin", "created_at": now()}
                    connection.execute(insert(reviewers).values(values))
                    row = connection.execute(query).one()
        return Reviewer(row.id, row.name, row.pseudonym, Role(row.role))

    def progress(self, study_id: int, reviewer_id: int) -> StudyProgress:
        """How far this reviewer is: skips and flags count as done."""
        mine = (reviews.c.study_id == study_id, reviews.c.reviewer_id == reviewer_id)
        current = current_reviews.c
        with self.database.read() as connection:
            total = connection.execute(
                select(func.count()).select_from(study_images).where(study_images.c.study_id == study_id)
            ).scalar_one()
            done, skipped = connection.execute(
                select(
                    func.count(current.image_id.distinct()),
                    func.count(current.image_id.distinct()).filter(current.kind == ReviewKind.SKIP),
                ).where(current.study_id == study_id, current.reviewer_id == reviewer_id)
            ).one()
            seconds, last = connection.execute(
                select(func.coalesce(func.sum(reviews.c.active_seconds), 0.0), func.max(reviews.c.created_at)).where(
                    *mine
                )
            ).one()
        return StudyProgress(total, done, skipped, seconds, aware(last))


def check_name(name: str) -> str:
    """A study's name, trimmed: 1 to 200 characters on one line."""
    name = check_text(name, "a study's name").strip()
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise InvalidValue("a study's name must have 1 to 200 printable characters")
    return name


def _study(row: Row) -> Study:
    settings = StudySettings(row.blind, row.overlap, row.order_by, row.seed, row.sample)
    return Study(row.id, row.name, settings, row.images)


def _make(connection: Connection, name: str, settings: StudySettings) -> bool:
    """Make a study, unless there is one of that name; whether it was made."""
    if connection.execute(select(studies.c.id).where(studies.c.name == name)).first():
        return False
    values = {"name": name, "blind": settings.blind, "overlap": settings.overlap, "order_by": settings.order}
    values |= {"seed": settings.seed, "sample": settings.sample, "created_at": now()}
    connection.execute(insert(studies).values(values))
    return True

"""Studies."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, insert, select, true

from realness.domain import Study, StudyProgress, StudySettings, check_text
from realness.errors import InvalidValue, NotFound
from realness.store.engine import Database, now
from realness.store.queues import progress
from realness.store.tables import studies, study_images


@dataclass(frozen=True)
class StudyStore:
    """Reads and writes studies and progress."""

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
        query = select(studies).where(condition).order_by(studies.c.id.desc())
        with self.database.read() as connection:
            return [_study(row) for row in connection.execute(query)]

    def progress(self, study_id: int, reviewer_id: int) -> StudyProgress:
        """How far this reviewer is: skips and flags count as done. With a target, that is what is to be done."""
        with self.database.read() as connection:
            return progress(connection, study_id, reviewer_id)


def check_name(name: str) -> str:
    """A study's name, trimmed: 1 to 200 characters on one line."""
    name = check_text(name, "a study's name").strip()
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise InvalidValue("a study's name must have 1 to 200 printable characters")
    return name


def _study(row: Row) -> Study:
    hidden = (row.hidden_repeats, row.gold_share, row.target)
    settings = StudySettings(row.blind, row.overlap, row.order_by, row.seed, row.sample, *hidden)
    return Study(row.id, row.name, settings, row.images, row.closed_at is not None)


def _make(connection: Connection, name: str, settings: StudySettings) -> bool:
    """Make a study, unless there is one of that name; whether it was made."""
    if connection.execute(select(studies.c.id).where(studies.c.name == name)).first():
        return False
    values = {"name": name, "blind": settings.blind, "overlap": settings.overlap, "order_by": settings.order}
    values |= {"seed": settings.seed, "sample": settings.sample, "created_at": now()}
    connection.execute(insert(studies).values(values))
    return True

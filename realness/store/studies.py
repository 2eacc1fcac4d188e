"""Studies."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, insert, or_, select, true, update

from realness.domain import Study, StudyProgress, StudySettings, Verdict, check_line
from realness.errors import InvalidValue, NotFound
from realness.store.engine import Database, now
from realness.store.queues import progress
from realness.store.rows import image_name
from realness.store.tables import assignments, images, queues, studies, study_images, summaries


@dataclass(frozen=True)
class Wanted:
    """Which images of the database a study is to take; None lets all through.

    Attributes:
        of_study: only those of another study.
        limit: so many at most, those imported first.
    """

    split: str | None = None
    generator: str | None = None
    verdict: Verdict | None = None
    of_study: int | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Sources:
    """What images can be chosen by: splits and generators, each with how many images it has, the largest first."""

    images: int
    splits: dict[str, int]
    generators: dict[str, int]


@dataclass(frozen=True)
class AtWork:
    """Who works in a study.

    Attributes:
        people: how many have answered an image.
        begun: how many have one open or begun now.
        most_done: how many the one who did most has done.
    """

    people: int
    begun: int
    most_done: int


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
                raise InvalidValue(f"there is a study named {name!r} already; choose another name", "name")
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

    def change(self, study_id: int, settings: StudySettings) -> Study:
        """Change a study's settings; ratings and reviews stay. `sample` stays as it is.

        Raises:
            NotFound: there is none.
        """
        with self.database.write() as connection:
            before = connection.execute(select(studies).where(studies.c.id == study_id)).first()
            if before is None:
                raise NotFound("there is no such study; reload the page to see those there are")
            values = _values(settings) | {"sample": before.sample}
            connection.execute(update(studies).where(studies.c.id == study_id).values(values))
            if before.overlap != settings.overlap:
                more = study_images.c.remaining + (settings.overlap - before.overlap)
                inside = study_images.c.study_id == study_id
                connection.execute(update(study_images).where(inside).values(remaining=more))
            if (before.order_by, before.seed) != (settings.order, settings.seed):
                connection.execute(update(queues).where(queues.c.study_id == study_id).values(at=0))
        return self.by_id(study_id)

    def close(self, study_id: int, *, closed: bool = True) -> Study:
        """Take no more reviews, or take them again."""
        with self.database.write() as connection:
            at = now() if closed else None
            connection.execute(update(studies).where(studies.c.id == study_id).values(closed_at=at))
        return self.by_id(study_id)

    def take_images(self, study_id: int, wanted: Wanted) -> int:
        """Put images that are in the database into a study, after those it has; how many were not in it.

        Raises:
            InvalidValue: no image is wanted.
        """
        with self.database.write() as connection:
            found = connection.execute(_like(wanted).order_by(images.c.id)).scalars().all()
            if not found:
                raise InvalidValue("no image is like that; look at the filters in Browse, or import some first")
            there = select(study_images.c.image_id).where(study_images.c.study_id == study_id)
            known = set(connection.execute(there).scalars())
            new = [image_id for image_id in found if image_id not in known][: wanted.limit]
            last = select(func.max(study_images.c.position)).where(study_images.c.study_id == study_id)
            begin = connection.execute(last).scalar()
            begin = 0 if begin is None else begin + 1
            rows = [
                {"study_id": study_id, "image_id": image_id, "position": begin + at, "created_at": now()}
                for at, image_id in enumerate(new)
            ]
            if rows:
                connection.execute(insert(study_images), rows)
        self.database.survey(len(rows))
        return len(rows)

    def count_images(self, wanted: Wanted) -> int:
        """How many images of the database a new study would take."""
        with self.database.read() as connection:
            found = connection.execute(select(func.count()).select_from(_like(wanted).subquery())).scalar_one()
        return found if wanted.limit is None else min(found, wanted.limit)

    def sources(self) -> Sources:
        """What images can be chosen by."""
        with self.database.read() as connection:
            total = connection.execute(select(func.count()).select_from(images)).scalar_one()
            splits, generators = (_counted(connection, column) for column in (images.c.split, images.c.generator))
        return Sources(total, splits, generators)

    def complete(self) -> dict[int, int]:
        """How many images of each study have all the answers that it asks for."""
        waiting = select(study_images.c.study_id, func.count()).where(study_images.c.remaining > 0)
        with self.database.read() as connection:
            left = {study: count for study, count in connection.execute(waiting.group_by(study_images.c.study_id))}
            return {row.id: row.images - left.get(row.id, 0) for row in connection.execute(select(studies))}

    def at_work(self, study_id: int) -> AtWork:
        """Who works in a study."""
        c = assignments.c
        done = select(func.count(), func.max(queues.c.done)).where(queues.c.study_id == study_id, queues.c.done > 0)
        begun = select(func.count(c.reviewer_id.distinct())).where(c.study_id == study_id, ~c.answered)
        begun = begun.where(or_(c.blind_rating.is_not(None), c.lease_expires_at > now()))
        with self.database.read() as connection:
            people, most = connection.execute(done).one()
            return AtWork(people, connection.execute(begun).scalar_one(), most or 0)

    def image_names(self, study_id: int) -> list[tuple[str, str]]:
        """The name in its first source and the SHA-256 of every image of a study, in order."""
        query = select(image_name(), images.c.sha256).join(study_images, study_images.c.image_id == images.c.id)
        query = query.where(study_images.c.study_id == study_id).order_by(study_images.c.position)
        with self.database.read() as connection:
            return [(name or "", sha256) for name, sha256 in connection.execute(query)]

    def ids(self, study_id: int, keys: Sequence[str]) -> list[int]:
        """The ids of the images of a study with these keys, in order; keys of others are passed over."""
        query = select(images.c.id).join(study_images, study_images.c.image_id == images.c.id)
        query = query.where(study_images.c.study_id == study_id, images.c.key.in_(keys))
        with self.database.read() as connection:
            return list(connection.execute(query.order_by(study_images.c.position)).scalars())

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
        with self.database.read() as connection:
            row = connection.execute(_BY_ID, {"study": study_id}).first()
        if row is not None:
            return _study(row)
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


_BY_ID = select(studies).where(studies.c.id == bindparam("study"))


def check_name(name: str) -> str:
    """A study's name, trimmed: 1 to 200 characters on one line."""
    return check_line(name, "a study's name", 200, "name")


def _like(wanted: Wanted) -> Select:
    query = select(images.c.id).join(summaries, summaries.c.image_id == images.c.id)
    for column, value in ((images.c.split, wanted.split), (images.c.generator, wanted.generator)):
        if value is not None:
            query = query.where(column == value)
    if wanted.verdict is not None:
        query = query.where(summaries.c.verdict == wanted.verdict.value)
    if wanted.of_study is not None:
        inside = select(study_images.c.image_id).where(study_images.c.study_id == wanted.of_study)
        query = query.where(images.c.id.in_(inside))
    return query


def _counted(connection: Connection, column: ColumnElement[str]) -> dict[str, int]:
    query = select(column, func.count()).where(column.is_not(None)).group_by(column)
    return {row[0]: row[1] for row in connection.execute(query.order_by(func.count().desc(), column))}


_settings = lru_cache(256)(StudySettings)
"""They are validated when they are made, and read with every request."""


def _study(row: Row) -> Study:
    hidden = (row.hidden_repeats, row.gold_share, row.target, row.choices)
    settings = _settings(row.blind, row.overlap, row.order_by, row.seed, row.sample, *hidden)
    return Study(row.id, row.name, settings, row.images, row.closed_at is not None)


def _make(connection: Connection, name: str, settings: StudySettings) -> bool:
    """Make a study, unless there is one of that name; whether it was made."""
    if connection.execute(select(studies.c.id).where(studies.c.name == name)).first():
        return False
    connection.execute(insert(studies).values(name=name, created_at=now(), **_values(settings)))
    return True


def _values(settings: StudySettings) -> dict[str, Any]:
    values = asdict(settings)
    return values | {"order_by": values.pop("order")}

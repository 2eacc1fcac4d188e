"""Removing an image or a person from the database: the one exception to append-only, in one transaction.

What others made stays theirs: of a removed person's reviews the sources of an adjudication tell nothing any more, and
images that the person answered wait for another answer.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, update

from realness.domain import name_key
from realness.errors import CannotWrite, InvalidValue, NotFound
from realness.store import triggers
from realness.store.dialects.said import POSTGRESQL
from realness.store.engine import Database
from realness.store.tables import (
    assignments,
    current_reviews,
    descriptions,
    drafts,
    findings,
    generators,
    image_sources,
    images,
    maps,
    opinion_scores,
    predictions,
    queues,
    reference_maps,
    reference_regions,
    repeats,
    replies,
    review_findings,
    review_regions,
    reviewers,
    reviews,
    sessions,
    studies,
    study_images,
    summaries,
    tag_sets,
    tags,
    views,
)
from realness.store.words import INDEX

_FREE = (tags, study_images, drafts, views, sessions)
"""What may be deleted at any time: its triggers keep the counts."""
_OF_IMAGE = (assignments, repeats, replies, predictions, maps, opinion_scores, reference_regions, reference_maps)
_OF_IMAGE += (summaries, image_sources)
_OF_PERSON = (assignments, repeats, queues)


@dataclass(frozen=True)
class Subject:
    """What is to be removed: an image, or a person.

    Attributes:
        mark: by what it is known outside of the database: an image's SHA-256, a person's pseudonym.
        key: what stays the same wherever it comes from: an image's SHA-256, the key of a person's name.
    """

    kind: str
    id: int
    mark: str
    key: str


@dataclass(frozen=True)
class Held:
    """What the database holds of a subject.

    Attributes:
        rows: by table, how many; tables without any are not named.
        files: paths, as rows have them, of the image and of those of its maps that no other image has.
        texts: the SHA-256 of each description that no other image has.
    """

    rows: dict[str, int]
    files: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def image_named(database: Database, named: str) -> Subject:
    """The image with this SHA-256, or this name in its source.

    Raises:
        NotFound: there is none.
        InvalidValue: several have the name.
    """
    by_name = select(image_sources.c.image_id).where(image_sources.c.name == named)
    query = select(images.c.id, images.c.sha256).where(or_(images.c.sha256 == named.lower(), images.c.id.in_(by_name)))
    with database.read() as connection:
        found = connection.execute(query.order_by(images.c.id)).all()
    if not found:
        raise NotFound(f"there is no image with the SHA-256 or the name {named!r:.200}; exports tell both")
    if len(found) > 1:
        raise InvalidValue(f"{len(found)} images have that name; give the SHA-256, of the first {found[0].sha256}")
    return Subject("image", found[0].id, found[0].sha256, found[0].sha256)


def person_named(database: Database, name: str) -> Subject:
    """The person of this name, in any way of writing it.

    Raises:
        NotFound: there is none.
    """
    query = select(reviewers.c.id, reviewers.c.pseudonym).where(reviewers.c.name_key == name_key(name))
    with database.read() as connection:
        found = connection.execute(query).first()
    if found is None:
        raise NotFound(f"there is nobody named {name!r:.200}; `reviewer list` shows those there are")
    return Subject("person", found.id, found.pseudonym, name_key(name))


def is_there(database: Database, subject: Subject) -> bool:
    """Whether the database still has it."""
    table, mark = (images, "sha256") if subject.kind == "image" else (reviewers, "pseudonym")
    query = select(table.c.id).where(table.c.id == subject.id, table.c[mark] == subject.mark)
    with database.read() as connection:
        return connection.execute(query).first() is not None


def keys(database: Database, kind: str) -> Iterator[tuple[str, str]]:
    """The key of every image (`image`) or person (`person`), and by what `erase` takes it."""
    c, key, named = (images.c, "sha256", "sha256") if kind == "image" else (reviewers.c, "name_key", "name")
    with database.read() as connection:
        yield from ((row[0], row[1]) for row in connection.execute(select(c[key], c[named]).order_by(c.id)))


def held(database: Database, subject: Subject) -> Held:
    """What the database holds of a subject now."""
    with database.read() as connection:
        return _held(connection, subject)


def check(database: Database, subject: Subject) -> None:
    """Refuse what cannot be, before anything is begun.

    Raises:
        InvalidValue: nobody who manages accounts would be left.
        CannotWrite: the disk has no room to write the database anew; of a server's disk nothing is known here.
    """
    with database.read() as connection:
        _check_admins(connection, subject)
    path = database.backend.address.path
    if path is None:
        return
    needed = 2 * path.stat().st_size
    free = shutil.disk_usage(path.absolute().parent).free
    if free < needed:
        raise CannotWrite(
            f"the database is written anew so that nothing stays in it, which takes {needed // 10**6 + 1} MB, and "
            f"{free // 10**6} MB are free; make room"
        )


def remove(database: Database, subject: Subject) -> Held:
    """Delete all that there is of a subject, and bring what is counted up to date; gives what there was.

    Raises:
        InvalidValue: nobody who manages accounts would be left.
    """
    with database.write() as connection:
        there = _held(connection, subject)
        _check_admins(connection, subject)
        answered = _answered(connection, subject)
        rows = _rows(subject)
        for table, condition in rows:
            if table in _FREE:
                connection.execute(delete(table).where(condition))
        triggers.drop(connection)
        if subject.kind == "person":
            _let_go(connection, subject)
        for table, condition in rows:
            if table not in _FREE:
                connection.execute(delete(table).where(condition))
        if subject.kind == "image" and connection.dialect.name != POSTGRESQL:
            connection.exec_driver_sql(f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')")
        _count_anew(connection, subject, answered)
        _drop_unused(connection)
        triggers.recreate(connection)
    return there


def scrub(database: Database) -> None:
    """Write the database anew, so that nothing of what was deleted stays in its files.

    Raises:
        DatabaseProblem: others have it open; what was deleted stays deleted.
    """
    database.close()
    database.backend.scrub()


def _rows(subject: Subject) -> list[tuple[Table, ColumnElement[bool]]]:
    """What is deleted, each after what refers to it."""
    of_image, mine = subject.kind == "image", "image_id" if subject.kind == "image" else "reviewer_id"
    own_reviews = select(reviews.c.id).where(reviews.c[mine] == subject.id)
    own_findings = select(review_findings.c.id).where(review_findings.c.review_id.in_(own_reviews))
    free = [one for one in _FREE if mine in one.c]
    plain = [(table, table.c[mine] == subject.id) for table in (*free, *(_OF_IMAGE if of_image else _OF_PERSON))]
    answers = [
        (review_regions, review_regions.c.review_finding_id.in_(own_findings)),
        (review_findings, review_findings.c.review_id.in_(own_reviews)),
        (reviews, reviews.c[mine] == subject.id),
    ]
    if not of_image:
        return [*answers, *plain, (reviewers, reviewers.c.id == subject.id)]
    said = select(descriptions.c.id).where(descriptions.c.image_id == subject.id)
    texts = [
        (findings, findings.c.description_id.in_(said)),
        (descriptions, descriptions.c.image_id == subject.id),
        (images, images.c.id == subject.id),
    ]
    return [*answers, *plain, *texts]


def _held(connection: Connection, subject: Subject) -> Held:
    counts = {
        table.name: connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()
        for table, condition in _rows(subject)
    }
    rows = {name: number for name, number in counts.items() if number}
    if subject.kind == "person":
        return Held(rows)
    files = [connection.execute(select(images.c.path).where(images.c.id == subject.id)).scalar_one()]
    files += [path for table in (maps, reference_maps) for path in _own(connection, table, "path", subject.id)]
    return Held(rows, tuple(files), tuple(_own(connection, descriptions, "text_sha256", subject.id)))


def _own(connection: Connection, table: Table, column: str, image_id: int) -> Sequence[str]:
    """What a column says of this image and of no other."""
    c = table.c
    found = select(c[column]).where(c.image_id == image_id).distinct()
    others = select(c[column]).where(c.image_id != image_id, c[column].in_(found))
    return connection.execute(found.where(c[column].not_in(others))).scalars().all()


def _check_admins(connection: Connection, subject: Subject) -> None:
    if subject.kind != "person":
        return
    c = reviewers.c
    admin = and_(c.role == "admin", c.password_hash.is_not(None), c.disabled_at.is_(None))
    found = connection.execute(select(c.id).where(admin)).scalars().all()
    if list(found) == [subject.id]:
        raise InvalidValue("nobody who manages accounts would be left; make another admin first")


def _answered(connection: Connection, subject: Subject) -> list[tuple[int, int]]:
    """Studies and people, whose counts change."""
    mine = reviews.c.image_id if subject.kind == "image" else reviews.c.reviewer_id
    query = select(reviews.c.study_id, reviews.c.reviewer_id).where(mine == subject.id).distinct()
    return [(study, who) for study, who in connection.execute(query)]


def _let_go(connection: Connection, subject: Subject) -> None:
    """What others have of the person: images that were given to them, and sources of adjudications."""
    given = update(assignments).where(assignments.c.assigned_by == subject.id)
    connection.execute(given.values(assigned_by=None))
    c = reviews.c
    gone = set(connection.execute(select(c.id).where(c.reviewer_id == subject.id)).scalars())
    resting = select(c.id, c.sources).where(c.sources.is_not(None), c.reviewer_id != subject.id)
    for review, sources in connection.execute(resting).all():
        if gone.intersection(sources):
            left = [one for one in sources if one not in gone]
            connection.execute(update(reviews).where(c.id == review).values(sources=left))


def _count_anew(connection: Connection, subject: Subject, answered: list[tuple[int, int]]) -> None:
    """`queues` and `study_images.remaining`, as their triggers would have them."""
    if subject.kind == "person":
        for study in {study for study, _ in answered}:
            connection.execute(_REMAINING.where(study_images.c.study_id == study))
        return
    for study, who in answered:
        connection.execute(_QUEUE.where(queues.c.study_id == study, queues.c.reviewer_id == who))


def _drop_unused(connection: Connection) -> None:
    """Names of generators, and tags that images bear together, that no image has any more."""
    for table, used in ((generators, summaries.c.generator_id), (tag_sets, study_images.c.tag_set_id)):
        connection.execute(delete(table).where(table.c.id.not_in(select(used).where(used.is_not(None)))))


_mine = and_(reviews.c.study_id == queues.c.study_id, reviews.c.reviewer_id == queues.c.reviewer_id)
_mine = and_(_mine, reviews.c.role == "reviewer")
_c = current_reviews.c
_skips = select(func.count()).where(_c.study_id == queues.c.study_id, _c.reviewer_id == queues.c.reviewer_id)
_skips = _skips.where(_c.role == "reviewer", _c.kind == "skip")
_QUEUE = update(queues).values(
    done=select(func.count(reviews.c.image_id.distinct())).where(_mine).correlate(queues).scalar_subquery(),
    skipped=_skips.correlate(queues).scalar_subquery(),
    active_seconds=select(func.coalesce(func.sum(reviews.c.active_seconds), 0.0))
    .where(_mine)
    .correlate(queues)
    .scalar_subquery(),
    last_saved_at=select(func.max(reviews.c.created_at)).where(_mine).correlate(queues).scalar_subquery(),
)

_here = and_(reviews.c.study_id == study_images.c.study_id, reviews.c.image_id == study_images.c.image_id)
_answers = select(func.count(reviews.c.reviewer_id.distinct())).where(_here, reviews.c.role == "reviewer")
_answers = _answers.where(reviews.c.kind != "skip").correlate(study_images).scalar_subquery()
_overlap = select(studies.c.overlap).where(studies.c.id == study_images.c.study_id).scalar_subquery()
_REMAINING = update(study_images).values(remaining=_overlap - _answers)

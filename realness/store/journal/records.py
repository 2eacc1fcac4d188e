"""What the journal says of a review and of a rating: enough to make it again where the database knows nothing of it.

A few statements a batch, however many reviews are in it: the reviewers wait for this.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, and_, bindparam, or_, select, tuple_

from realness.store.tables import (
    assignments,
    descriptions,
    findings,
    image_sources,
    images,
    maps,
    repeats,
    review_findings,
    review_regions,
    reviewers,
    reviews,
    studies,
    study_images,
)

Told = dict[str, Any]
_IDS = {"id", "study_id", "image_id", "reviewer_id", "review_id", "description_id", "map_id", "review_finding_id"}
_APART = _IDS | {"finding_id", "check_id", "tag_set_id", "sources", "offered", "raw_reply"}
"""Columns that say something in this database alone, or are told otherwise; a machine's raw reply is long."""
_COUNTED = {studies: {"images", "created_at"}, study_images: {"remaining", "created_at"}}
"""Columns that triggers keep, or that nobody misses."""


def _own(table: Table) -> list[Any]:
    """The columns of a table that the journal tells as they are."""
    left_out = _APART | _COUNTED.get(table, set())
    return [column for column in table.columns if column.name not in left_out]


_PERSON = [reviewers.c.pseudonym, reviewers.c.name, reviewers.c.role, reviewers.c.created_at]
_RATED = [assignments.c.blind_rating, assignments.c.rated_at]
_AGAIN = [repeats.c.rating, repeats.c.rated_at]
_PARTS: dict[str, list[Any]] = {
    "study": _own(studies),
    "image": _own(images),
    "who": _PERSON,
    "place": _own(study_images),
    "rated": _RATED,
}
"""What is told of where a review or a rating belongs, in the order of the columns of the statements below."""


class _Read:
    """A statement whose columns are told in parts."""

    def __init__(self, more: Sequence[Any], parts: dict[str, list[Any]]) -> None:
        self.columns = [*more, *(column for part in parts.values() for column in part)]
        self._slices: list[tuple[str, list[str], int, int]] = []
        at = len(more)
        for name, part in parts.items():
            self._slices.append((name, [str(column.name) for column in part], at, at + len(part)))
            at += len(part)

    def parts(self, row: Row) -> dict[str, Told | None]:
        """The parts by name; None for one that is not there: the row of an outer join."""
        return {
            name: None
            if all(value is None for value in row[begin:end])
            else dict(zip(names, row[begin:end], strict=True))
            for name, names, begin, end in self._slices
        }


def _where(query: Select, base: Table) -> Select:
    """Join what a review or an assignment is of."""

    def mine(table: Table) -> Any:
        here = and_(table.c.study_id == base.c.study_id, table.c.image_id == base.c.image_id)
        return here if table is study_images else and_(here, table.c.reviewer_id == base.c.reviewer_id)

    query = query.select_from(base).join(studies, studies.c.id == base.c.study_id)
    query = query.join(images, images.c.id == base.c.image_id).join(reviewers, reviewers.c.id == base.c.reviewer_id)
    query = query.outerjoin(study_images, mine(study_images))
    if base is assignments:
        return query.outerjoin(repeats, and_(mine(repeats), repeats.c.rated_at.is_not(None)))
    return query.outerjoin(assignments, mine(assignments)).outerjoin(maps, maps.c.id == reviews.c.map_id)


def _among(column: Any) -> Any:
    return column.in_(bindparam("ids", expanding=True))


_OF_REVIEW = _Read(
    [
        reviews.c.id,
        reviews.c.image_id,
        reviews.c.description_id,
        reviews.c.sources,
        reviews.c.offered,
        study_images.c.check_id,
    ],
    {"review": _own(reviews), **_PARTS, "map": _own(maps)},
)
_OF_RATING = _Read([images.c.id], {**_PARTS, "again": _AGAIN})
_AFTER = _where(select(*_OF_REVIEW.columns), reviews).where(reviews.c.id > bindparam("last"))
_AFTER = _AFTER.order_by(reviews.c.id).limit(bindparam("most"))
_PLACE = tuple_(assignments.c.study_id, assignments.c.image_id, assignments.c.reviewer_id)
_RATINGS = _where(select(*_OF_RATING.columns), assignments).where(_among(_PLACE)).order_by(assignments.c.id)
_NAMES = select(image_sources.c.image_id, image_sources.c.source, image_sources.c.name)
_NAMES = _NAMES.where(_among(image_sources.c.image_id)).order_by(image_sources.c.id)
_SAID = _Read([descriptions.c.id], {"said": _own(descriptions)})
_DESCRIPTIONS = select(*_SAID.columns).where(_among(descriptions.c.id))
_PART = _Read([findings.c.description_id], {"part": _own(findings)})
_FINDINGS = select(*_PART.columns).where(_among(findings.c.description_id)).order_by(findings.c.position)
_FOUND = _Read(
    [review_findings.c.review_id, review_findings.c.id, findings.c.position], {"found": _own(review_findings)}
)
_ANSWERED = select(*_FOUND.columns).outerjoin(findings, findings.c.id == review_findings.c.finding_id)
_ANSWERED = _ANSWERED.where(_among(review_findings.c.review_id)).order_by(review_findings.c.position)
_MARK = _Read([review_regions.c.review_finding_id], {"mark": _own(review_regions)})
_MARKS = select(*_MARK.columns).where(_among(review_regions.c.review_finding_id)).order_by(review_regions.c.position)
_SUBMISSIONS = select(reviews.c.id, reviews.c.submission_id).where(_among(reviews.c.id))


def reviews_after(connection: Connection, last: int, most: int) -> list[tuple[Told, Told]]:
    """The reviews kept after the one with the id `last`, at most so many, each with who answered."""
    rows = connection.execute(_AFTER, {"last": last, "most": most}).all()
    if not rows:
        return []
    names = _names(connection, {row.image_id for row in rows})
    said = _descriptions(
        connection, {one for row in rows for one in [row.description_id, *(row.offered or ())]} - {None}
    )
    found = _findings(connection, [row.id for row in rows])
    told = []
    for row in rows:
        parts = _OF_REVIEW.parts(row)
        who, review = parts.pop("who") or {}, parts["review"] or {}
        one = {"kind": "review", "through": [row.id, review["submission_id"]], "person": who["pseudonym"], **parts}
        one |= {"names": names.get(row.image_id, []), "description": said.get(row.description_id)}
        one["check"] = row.description_id is not None and row.check_id == row.description_id
        one["offered"] = None if row.offered is None else [said[each] for each in row.offered]
        one["sources"] = None if row.sources is None else _submissions(connection, row.sources)
        told.append((one | {"findings": found.get(row.id, [])}, who))
    return told


def ratings(connection: Connection, places: Iterable[tuple[int, int, int]]) -> Iterator[tuple[Told, Told]]:
    """The locked ratings of images, and those of their hidden repeats, each with who rated.

    Args:
        places: the ids of study, image and reviewer.
    """
    rows = connection.execute(_RATINGS, {"ids": list(places)}).all()
    names = _names(connection, {row.id for row in rows})
    for row in rows:
        parts = _OF_RATING.parts(row)
        who = parts.pop("who") or {}
        yield {"kind": "rating", "person": who["pseudonym"], **parts, "names": names.get(row.id, [])}, who


def all_rated(connection: Connection) -> list[tuple[int, int, int]]:
    """Study, image and reviewer of everything that was rated."""
    c, again = assignments.c, repeats.c
    repeated = and_(again.study_id == c.study_id, again.image_id == c.image_id, again.reviewer_id == c.reviewer_id)
    query = select(c.study_id, c.image_id, c.reviewer_id).outerjoin(repeats, repeated)
    query = query.where(or_(c.blind_rating.is_not(None), again.rated_at.is_not(None)))
    return [(study, image, me) for study, image, me in connection.execute(query)]


def submission_of(connection: Connection, review_id: int) -> str | None:
    """The submission of the review with this id; None where there is none."""
    return connection.execute(select(reviews.c.submission_id).where(reviews.c.id == review_id)).scalar()


def _names(connection: Connection, ids: set[int]) -> dict[int, list[list[str]]]:
    found: dict[int, list[list[str]]] = {}
    for image, source, name in connection.execute(_NAMES, {"ids": list(ids)}):
        found.setdefault(image, []).append([source, name])
    return found


def _descriptions(connection: Connection, ids: set[int]) -> dict[int, Told]:
    if not ids:
        return {}
    found = {
        row.id: (_SAID.parts(row)["said"] or {}) | {"findings": []}
        for row in connection.execute(_DESCRIPTIONS, {"ids": list(ids)})
    }
    for row in connection.execute(_FINDINGS, {"ids": list(ids)}):
        found[row.description_id]["findings"].append(_PART.parts(row)["part"])
    return found


def _findings(connection: Connection, ids: list[int]) -> dict[int, list[Told]]:
    """What each review says of findings, with the place of the machine's finding in its description."""
    found: dict[int, list[Told]] = {}
    marks: dict[int, list[Any]] = {}
    for row in connection.execute(_ANSWERED, {"ids": ids}):
        marks[row.id] = []
        one = (_FOUND.parts(row)["found"] or {}) | {"machine": row[2], "regions": marks[row.id]}
        found.setdefault(row.review_id, []).append(one)
    for row in connection.execute(_MARKS, {"ids": list(marks)}) if marks else ():
        marks[row.review_finding_id].append(_MARK.parts(row)["mark"])
    return found


def _submissions(connection: Connection, ids: list[int]) -> list[str]:
    found = {identifier: told for identifier, told in connection.execute(_SUBMISSIONS, {"ids": ids})}
    return [found[identifier] for identifier in ids]

"""Giving images to people and taking them back, however many at once, inside the caller's transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from realness.domain import Reviewer
from realness.store.dialects.said import added, numbers_of
from realness.store.engine import now
from realness.store.people import reviewer_of
from realness.store.tables import assignments, drafts, reviewers, study_images


@dataclass(frozen=True)
class Handed:
    """What became of images that were given to a person.

    Attributes:
        given: theirs from now on.
        held: given to them before.
        done: answered by them before.
    """

    given: int
    held: int
    done: int


@dataclass(frozen=True)
class TakenBack:
    """What became of images that were taken back: `begun` ones stay with the person."""

    taken: int
    begun: int


def these(image_ids: Sequence[int]) -> Select:
    """The ids as rows: one parameter, however many they are."""
    return select(numbers_of(json.dumps(list(image_ids)))[1])


def give(connection: Connection, study_id: int, image_ids: Sequence[int], to: int, by: int) -> Handed:
    """Give images of the study to a person."""
    c, inside = assignments.c, study_images.c
    mine = [*_of(study_id, to), c.image_id.in_(these(image_ids))]
    count = select(func.count()).select_from(assignments).where(*mine)
    done = connection.execute(count.where(c.answered)).scalar_one()
    held = connection.execute(count.where(~c.answered, c.assigned_by.is_not(None))).scalar_one()
    open_ones = update(assignments).where(*mine, ~c.answered, c.assigned_by.is_(None))
    given = connection.execute(open_ones.values(assigned_by=by)).rowcount
    known = exists().where(*_of(study_id, to), c.image_id == inside.image_id)
    new = select(literal(now(), c.created_at.type), inside.study_id, inside.image_id, literal(to), literal(by))
    new = new.where(inside.study_id == study_id, inside.image_id.in_(these(image_ids)), ~known)
    columns = ["created_at", "study_id", "image_id", "reviewer_id", "assigned_by"]
    given += added(connection, insert(assignments).from_select(columns, new))
    return Handed(given, held, done)


def take_back(connection: Connection, study_id: int, image_ids: Sequence[int], of: int) -> TakenBack:
    """Take back what a lead gave to a person and the person has not begun: neither rated nor typed at nor on screen."""
    c = assignments.c
    given = [*_of(study_id, of), c.image_id.in_(these(image_ids)), c.assigned_by.is_not(None), ~c.answered]
    here = (drafts.c.study_id == study_id, drafts.c.reviewer_id == of, drafts.c.image_id == c.image_id)
    away = or_(c.lease_expires_at.is_(None), c.lease_expires_at <= now())
    untouched = and_(c.blind_rating.is_(None), away, ~exists().where(*here))
    taken = connection.execute(delete(assignments).where(*given, untouched)).rowcount
    begun = connection.execute(select(func.count()).select_from(assignments).where(*given)).scalar_one()
    return TakenBack(taken, begun)


def holders(connection: Connection, study_id: int) -> list[tuple[Reviewer, int]]:
    """Those who can sign in, or the one local reviewer, each with how many given images are open."""
    c = assignments.c
    given = select(func.count()).where(c.reviewer_id == reviewers.c.id, c.study_id == study_id, ~c.answered)
    given = given.where(c.assigned_by.is_not(None)).scalar_subquery()
    query = select(reviewers, given.label("open")).where(reviewers.c.disabled_at.is_(None))
    found = connection.execute(query.order_by(func.lower(reviewers.c.name))).all()
    signing_in = [row for row in found if row.password_hash is not None]
    return [(reviewer_of(row), row.open) for row in signing_in or found]


def _of(study_id: int, reviewer_id: int) -> list[ColumnElement[bool]]:
    return [assignments.c.study_id == study_id, assignments.c.reviewer_id == reviewer_id]

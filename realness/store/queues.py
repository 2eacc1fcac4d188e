"""Which image comes next for a person, chosen and leased inside the caller's transaction.

However many images a study has, a choice reads few rows: `queues` holds where a person is in their own order, a partial
index the images that are still to be answered, and another the images that a person has begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from realness.domain import ReviewKind, StoredImage, Study, StudyProgress
from realness.store import claiming
from realness.store.engine import aware, now
from realness.store.openness import HELD, open_to
from realness.store.orders import RandomOrder, mixed
from realness.store.rows import Row, stored_image
from realness.store.tables import (
    assignments,
    drafts,
    images,
    queues,
    repeats,
    reviews,
    studies,
    study_images,
)

LEASE = timedelta(minutes=30)
_CHUNK, _LARGEST_CHUNK = 16, 1024
_FEW = 1000
"""Open images up to which a random order is sorted, not walked along."""
_REST = 8
"""Images that a person rates between an image and its repeat, at least."""


@dataclass(frozen=True)
class Given:
    """An image that is with a person now.

    Attributes:
        fresh: nothing was begun on it before: there is neither a rating nor a draft.
        repeat: it was rated by this person before, who is not told.
    """

    image: StoredImage
    fresh: bool = False
    repeat: bool = False


def progress(connection: Connection, study_id: int, reviewer_id: int) -> StudyProgress:
    """How far a person is: skips and flags count as done."""
    return progress_of(connection.execute(_PROGRESS, {"study": study_id, "me": reviewer_id}).one())


class Taken(NamedTuple):
    """What a person has before them.

    Attributes:
        given: the image that is with them; None when all is done.
        coming: images that follow, not leased.
        progress: how far they are.
    """

    given: Given | None
    coming: list[StoredImage]
    progress: StudyProgress


def progress_of(row: Any) -> StudyProgress:
    """From a row of `studies` beside `queues`: with a target, that is what is to be done."""
    total = row.images if row.target is None else min(row.target, row.images)
    return StudyProgress(total, row.done or 0, row.skipped or 0, row.active_seconds or 0.0, aware(row.last_saved_at))


def take(connection: Connection, study: Study, reviewer_id: int, ahead: int = 0) -> Taken:
    """The image this person is on, or the next one, leased to them, with `ahead` of those that follow.

    The same person in two tabs gets the same image; two people get the same one only where the study's overlap allows
    it.
    """
    me = {"study": study.id, "me": reviewer_id, "now": now()}
    place = connection.execute(_PROGRESS, me).one()
    progress = progress_of(place)
    begun = _begun(connection, study, me)
    if begun is not None and claiming.needed(connection) and claiming.hold(connection, me, begun.image.id):
        begun = _begun(connection, study, me)  # it may have become another one's, when its time had run out
    if begun is not None:
        if not begun.repeat:
            lease(connection, study.id, begun.image.id, reviewer_id)
        return Taken(begun, following(connection, study, reviewer_id, begun.image.id, ahead), progress)
    if study.settings.target is not None and progress.done >= study.settings.target:
        return Taken(None, [], progress)
    chosen = _repeat(connection, study, me, progress.done - progress.skipped)
    chosen = chosen or _gold(connection, study, me, progress.done)
    find = partial(_coming, connection, study, me, place.at or 0)
    wanted = ahead + (chosen is None)
    coming = find(wanted) if chosen is not None else claiming.first(connection, me, find, wanted)
    if chosen is None and coming:
        (row, passed), *coming = coming
        chosen = Given(stored_image(row), fresh=True)
        _move(connection, me, passed)
    if chosen is not None and not chosen.repeat:
        lease(connection, study.id, chosen.image.id, reviewer_id, fresh=True)
    return Taken(chosen, [stored_image(row) for row, _ in coming], progress)


def following(
    connection: Connection, study: Study, reviewer_id: int, after: int | None, count: int
) -> list[StoredImage]:
    """The images that follow for this person, not leased: for loading ahead."""
    me = {"study": study.id, "me": reviewer_id, "now": now()}
    place = connection.execute(_PLACE, me).first()
    coming = _coming(connection, study, me, place.at if place else 0, count + 1)
    return [stored_image(row) for row, _ in coming if row["id"] != after][:count]


def lease(connection: Connection, study_id: int, image_id: int, reviewer_id: int, *, fresh: bool = False) -> None:
    """Give an image to a person for `LEASE` from now; `fresh` where nothing was begun on it."""
    at = now()
    values = {"study": study_id, "image": image_id, "me": reviewer_id, "until": at + LEASE, "at": at}
    if fresh or connection.execute(_RENEW, values).rowcount == 0:
        connection.execute(_LEASE[connection.dialect.name], values)


def _begun(connection: Connection, study: Study, me: dict[str, Any]) -> Given | None:
    if study.settings.hidden_repeats:
        row = connection.execute(_OPEN_REPEAT, me).mappings().first()
        if row is not None:
            return Given(stored_image(row), repeat=True)
    row = connection.execute(_BEGUN, me).mappings().first()
    return None if row is None else Given(stored_image(row))


def _repeat(connection: Connection, study: Study, me: dict[str, Any], rated: int) -> Given | None:
    """An image that this person rated a while ago, when one is due."""
    share = study.settings.hidden_repeats
    if not share:
        return None
    given = connection.execute(_REPEATS, me).scalar_one()
    if rated * share // 100 <= given:
        return None
    rated_before = connection.execute(_RATED, me).mappings().all()
    if not rated_before:
        return None
    row = rated_before[mixed(study.settings.seed ^ given) % len(rated_before)]
    values = {"study_id": me["study"], "image_id": row["id"], "reviewer_id": me["me"], "created_at": me["now"]}
    connection.execute(insert(repeats).values(values))
    return Given(stored_image(row), repeat=True)


def _gold(connection: Connection, study: Study, me: dict[str, Any], done: int) -> Given | None:
    """An image whose right rating is known, when one is due."""
    share = study.settings.gold_share
    if not share or done * share // 100 <= connection.execute(_GOLD_GIVEN, me).scalar_one():
        return None
    row = connection.execute(_GOLD, me).mappings().first()
    return None if row is None else Given(stored_image(row), fresh=True)


def _coming(
    connection: Connection, study: Study, me: dict[str, Any], at: int, count: int
) -> list[tuple[Row, int | None]]:
    """The images that this person may have, in their order from a place in it on; each with the place after it."""
    if count < 1:
        return []
    me = me | {"count": count, "all": not study.settings.gold_share, "at": at}
    if study.settings.order == "informative":
        return [(row, None) for row in connection.execute(_INFORMATIVE, me).mappings()]
    if study.settings.order == "random":
        return _walk(connection, study, me, at, count)
    found = connection.execute(_FROM, me).mappings().all()
    if len(found) < count and at:
        found = [*found, *connection.execute(_BEFORE, me | {"count": count - len(found)}).mappings()]
    return [(row, row["position"] + 1) for row in found]


def _walk(
    connection: Connection, study: Study, me: dict[str, Any], at: int, count: int
) -> list[tuple[Row, int | None]]:
    """Along the person's random order until enough images are found; where few are left, those are sorted by it."""
    last = connection.execute(_LAST, me).scalar()
    if last is None:
        return []
    order = RandomOrder.of(study.settings.seed, me["me"], last + 1)
    at = at if at <= last else 0
    found: list[tuple[Row, int | None]] = []
    begin, chunk = at, _CHUNK
    while begin < at + order.size and len(found) < count:
        turns = [turn % order.size for turn in range(begin, min(begin + chunk, at + order.size))]
        turn_of = {order.position(turn): turn for turn in turns}
        rows = {row["position"]: row for row in connection.execute(_AT, me | {"positions": list(turn_of)}).mappings()}
        found += [(rows[position], turn + 1) for position, turn in turn_of.items() if position in rows]
        begin += chunk
        if len(found) < count and chunk == _CHUNK:
            few = connection.execute(_OPEN, me | {"count": _FEW + 1}).mappings().all()
            if len(few) <= _FEW:
                return _sorted(few, order, at, count)
        chunk = min(2 * chunk, _LARGEST_CHUNK)
    return found[:count]


def _sorted(rows: Sequence[Row], order: RandomOrder, at: int, count: int) -> list[tuple[Row, int | None]]:
    turns = [(order.turn(row["position"]), row) for row in rows]
    turns.sort(key=lambda one: (one[0] < at, one[0]))
    return [(row, turn + 1) for turn, row in turns[:count]]


def _move(connection: Connection, me: dict[str, Any], at: int | None) -> None:
    if at is not None and connection.execute(_MOVE, me | {"place": at}).rowcount == 0:
        values = {"study_id": me["study"], "reviewer_id": me["me"], "at": at, "created_at": me["now"]}
        connection.execute(insert(queues).values(values))


# ---- the statements, made once: making one takes about as long as running it ----

_inside, _given = study_images.c, assignments.c
_MINE = and_(_given.study_id == bindparam("study"), _given.reviewer_id == bindparam("me"))


def _images(*also: ColumnElement) -> Select:
    joined = study_images.join(images, images.c.id == _inside.image_id)
    return select(images, _inside.position, *also).select_from(joined)


_PLACE = select(queues).where(queues.c.study_id == bindparam("study"), queues.c.reviewer_id == bindparam("me"))
_mine_here = and_(queues.c.study_id == studies.c.id, queues.c.reviewer_id == bindparam("me"))
_PROGRESS = select(studies.c.images, studies.c.target, queues).outerjoin_from(studies, queues, _mine_here)
_PROGRESS = _PROGRESS.where(studies.c.id == bindparam("study"))
_MOVE = (
    update(queues)
    .where(queues.c.study_id == bindparam("study"), queues.c.reviewer_id == bindparam("me"))
    .values(at=bindparam("place"))
)
_RENEW = update(assignments).where(_MINE, _given.image_id == bindparam("image"))
_RENEW = _RENEW.values(lease_expires_at=bindparam("until"))
_NEW_LEASE = {
    "study_id": bindparam("study"),
    "image_id": bindparam("image"),
    "reviewer_id": bindparam("me"),
    "lease_expires_at": bindparam("until"),
    "created_at": bindparam("at"),
}
_LEASE = {
    dialect.__name__.rsplit(".", 1)[-1]: dialect.insert(assignments)
    .values(_NEW_LEASE)
    .on_conflict_do_update(
        index_elements=["study_id", "image_id", "reviewer_id"], set_={"lease_expires_at": bindparam("until")}
    )
    for dialect in (sqlite, postgresql)
}
_drafted = exists().where(
    drafts.c.study_id == _given.study_id,
    drafts.c.image_id == _given.image_id,
    drafts.c.reviewer_id == _given.reviewer_id,
)
_started = or_(_given.blind_rating.is_not(None), _drafted)
_BEGUN = (
    select(images)
    .join(assignments, _given.image_id == images.c.id)
    .where(_MINE, ~_given.answered, or_(_started, HELD))
    .order_by(_started.desc(), _given.id)
    .limit(1)
)
_my_repeats = and_(repeats.c.study_id == bindparam("study"), repeats.c.reviewer_id == bindparam("me"))
_OPEN_REPEAT = select(images).join(repeats, repeats.c.image_id == images.c.id)
_OPEN_REPEAT = _OPEN_REPEAT.where(_my_repeats, repeats.c.rated_at.is_(None)).limit(1)
_REPEATS = select(func.count()).select_from(repeats).where(_my_repeats)
_RATED = (
    select(images)
    .join(reviews, reviews.c.image_id == images.c.id)
    .where(reviews.c.study_id == bindparam("study"), reviews.c.reviewer_id == bindparam("me"))
    .where(reviews.c.revision == 1, reviews.c.kind == ReviewKind.REVIEW.value, reviews.c.role == "reviewer")
    .where(~exists().where(_my_repeats, repeats.c.image_id == reviews.c.image_id))
    .order_by(reviews.c.created_at.desc())
    .limit(4 * _REST)
    .offset(_REST)
)
_GOLD_GIVEN = (
    select(func.count())
    .select_from(study_images)
    .join(assignments, and_(_given.study_id == _inside.study_id, _given.image_id == _inside.image_id))
    .where(_inside.study_id == bindparam("study"), _inside.gold.is_not(None), _given.reviewer_id == bindparam("me"))
)
_GOLD = (
    _images()
    .where(_inside.study_id == bindparam("study"), _inside.gold.is_not(None))
    .where(~exists().where(_MINE, _given.image_id == _inside.image_id).correlate(study_images))
    .order_by(_inside.position)
    .limit(1)
)
_LAST = select(func.max(_inside.position)).where(_inside.study_id == bindparam("study"))
_ordered = _images().where(*open_to()).order_by(_inside.position).limit(bindparam("count"))
_OPEN = _ordered
_FROM = _ordered.where(_inside.position >= bindparam("at"))
_BEFORE = _ordered.where(_inside.position < bindparam("at"))
_AT = _images().where(*open_to(), _inside.position.in_(bindparam("positions", expanding=True)))
_INFORMATIVE = (
    _images()
    .where(*open_to(), _inside.informative.is_not(None))
    .order_by(_inside.informative, _inside.position)
    .limit(bindparam("count"))
)

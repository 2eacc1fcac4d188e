"""Which of the images that come next is taken, where several processes hand out images at once (PostgreSQL).

Who takes an image holds its row of `study_images` from before it is looked at for the last time until the lease is
committed; so two who want the same one look at it one after the other. Images that others hold just now are passed
over, and waited for only where there is nothing else: nobody is told that all is done while another may still let go.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, select

from realness.store.dialects.said import POSTGRESQL
from realness.store.openness import open_to
from realness.store.rows import Row
from realness.store.tables import study_images

_MORE = 8
"""Images that are found beside those that are wanted: others may be taking the first ones."""
Coming = TypeVar("Coming", bound=tuple[Row, int | None])

_one = (study_images.c.study_id == bindparam("study"), study_images.c.image_id == bindparam("image"))
_HOLD = select(study_images.c.id).where(*_one).with_for_update()
_HOLD_IF_FREE = select(study_images.c.id).where(*_one).with_for_update(skip_locked=True)
_STILL_OPEN = select(study_images.c.id).where(*open_to(), study_images.c.image_id == bindparam("image"))


def needed(connection: Connection) -> bool:
    """Whether others may take images while this transaction does."""
    return connection.dialect.name == POSTGRESQL


def hold(connection: Connection, me: dict[str, Any], image_id: int) -> bool:
    """Wait until nobody else is taking this image, and let nobody to the end; whether it is in the study."""
    return connection.execute(_HOLD, me | {"image": image_id}).first() is not None


def first(
    connection: Connection, me: dict[str, Any], find: Callable[[int], list[Coming]], wanted: int
) -> Sequence[Coming]:
    """What `find` finds, at most `wanted`, from the first one on that is this person's now."""
    if not needed(connection):
        return find(wanted)
    me = me | {"all": True}  # what is found is what may be given
    while found := find(wanted + _MORE):
        for waiting in (False, True):
            for at, (row, _) in enumerate(found):
                if _claimed(connection, me | {"image": row["id"]}, waiting=waiting):
                    return found[at : at + wanted]
    return []


def _claimed(connection: Connection, place: dict[str, Any], *, waiting: bool) -> bool:
    """Whether the image is held now and still open. If not, it is let go: who waits for one holds no other."""
    with connection.begin_nested() as attempt:
        held = connection.execute(_HOLD if waiting else _HOLD_IF_FREE, place).first()
        if held is not None and connection.execute(_STILL_OPEN, place).first() is not None:
            return True
        attempt.rollback()
    return False

"""What leads do with many images at once: put tags on them, give them to people, take them back.

The images are named one by one, or by the listing that finds them. A listing is worked through in steps, so that
nobody who saves a review waits long, however many images it finds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from realness.domain import check_line, check_text
from realness.errors import InvalidValue, NotFound
from realness.store import Handed, Listing, TakenBack
from realness.workbench.reviewing import Desk

STEP = 10_000
"""Images of a listing that are changed in one transaction: about a tenth of a second."""
_LONGEST_TAG = 64
_Told = TypeVar("_Told")


@dataclass(frozen=True)
class Choice:
    """Images of a study: by their keys, or those of a listing that come after a place in the study."""

    keys: Sequence[str] = ()
    listing: Listing | None = None
    after: int = -1


@dataclass(frozen=True)
class Tagged:
    """How many tags were put on and taken off."""

    added: int
    removed: int


@dataclass(frozen=True)
class Step(Generic[_Told]):
    """What was done to so many images; `next` is the place after which a listing goes on, None at its end."""

    images: int
    told: _Told
    next: int | None


def check_tag(tag: str) -> str:
    """A tag, trimmed: 1 to 64 characters on one line.

    Raises:
        InvalidValue: it is not.
    """
    return check_line(" ".join(check_text(tag, "a tag").split()), "a tag", _LONGEST_TAG)


def tag(desk: Desk, choice: Choice, add: Sequence[str], remove: Sequence[str]) -> Step[Tagged]:
    """Put tags on images and take others off.

    Raises:
        InvalidValue: a tag is none, or is to be put on and taken off.
        NotFound: no such image is in the study.
    """
    add, remove = [sorted({check_tag(one) for one in each}) for each in (add, remove)]
    if (not add and not remove) or set(add) & set(remove):
        raise InvalidValue("name tags to put on or to take off, none of them twice")
    change = desk.bench.store.tags.change
    return _step(desk, choice, lambda ids: Tagged(*change(desk.study.id, ids, add, remove, desk.reviewer.id)))


def give(desk: Desk, choice: Choice, to: int) -> Step[Handed]:
    """Give images to a person, who gets them before others.

    Raises:
        InvalidValue: the study is closed.
        NotFound: there is no such person, or no such image in the study.
    """
    if desk.study.closed:
        raise InvalidValue(f"the study {desk.study.name!r} is closed; open it again before you give images of it")
    _check_person(desk, to)
    change = desk.bench.store.assignments.give
    return _step(desk, choice, lambda ids: change(desk.study.id, ids, to, desk.reviewer.id))


def take_back(desk: Desk, choice: Choice, of: int) -> Step[TakenBack]:
    """Take images back that were given to a person, as far as that person has not begun them.

    Raises:
        NotFound: no such image is in the study.
    """
    change = desk.bench.store.assignments.take_back
    return _step(desk, choice, lambda ids: change(desk.study.id, ids, of))


def _step(desk: Desk, choice: Choice, change: Callable[[Sequence[int]], _Told]) -> Step[_Told]:
    store = desk.bench.store
    if choice.listing is None:
        ids = store.studies.ids(desk.study.id, choice.keys)
        if not ids:
            raise NotFound("none of these images is in this study; reload the page")
        return Step(len(ids), change(ids), None)
    me = (desk.shown, desk.reviewer.id, choice.listing)
    found = store.browse.matching(*me, leads=desk.reviewer.leads, after=choice.after, most=STEP)
    ids = [image_id for _, image_id in found]
    return Step(len(ids), change(ids), found[-1][0] if len(found) == STEP else None)


def _check_person(desk: Desk, reviewer_id: int) -> None:
    if all(person.id != reviewer_id for person, _ in desk.bench.store.assignments.holders(desk.study.id)):
        raise NotFound("there is nobody like that to give images to; reload the page")

"""What can be laid side by side: the maps of an image, what they are of, and what people marked on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from realness.domain import ReviewKind, StoredDescription, StoredImage, StoredMap
from realness.errors import NotFound
from realness.store import Answered, Place
from realness.workbench.reviewing import Desk


@dataclass(frozen=True)
class MapOfText:
    """A map with the text that it is of.

    Attributes:
        text: the description's explanation; None where it is not known any more.
        current: whether that is what the study shows beside the image.
    """

    map: StoredMap
    text: str | None
    current: bool


@dataclass(frozen=True)
class Compared:
    """An image as one reviewer may compare it.

    Attributes:
        hidden: the reviewer has to rate it first; nothing but the image is told then.
        choosing: it is hidden, since one of its descriptions is to be chosen first.
        people: the reviews that count; None until one's own is in.
    """

    image: StoredImage
    place: Place
    hidden: bool
    maps: Sequence[MapOfText] = ()
    description: StoredDescription | None = None
    people: Sequence[Answered] | None = None
    choosing: bool = False


def compared(desk: Desk, key: str) -> Compared:
    """An image of the study with all that this reviewer may see of it. Opens it for no review.

    Raises:
        NotFound: it is not in this study.
    """
    store = desk.bench.store
    image = store.images.by_key(key)
    place = store.studies.place(desk.study.id, image.id)
    if place is None:
        raise NotFound("there is no such image in this study; reload the page")
    if not desk.may_see(image.id):
        return Compared(image, place, hidden=True)
    if desk.is_choosing(image.id):
        return Compared(image, place, hidden=True, choosing=True)
    shown = desk.told(image.id)
    maps = [_of_text(desk, one, shown) for one in store.maps.of_image(image.id) if desk.tells_nothing(one, shown)]
    return Compared(image, place, False, maps, shown, _people(desk, image.id))


def _of_text(desk: Desk, found: StoredMap, shown: StoredDescription | None) -> MapOfText:
    said = desk.said(found)
    if said is None:
        return MapOfText(found, None, current=False)
    current = shown is not None and said.description.text == shown.description.text
    return MapOfText(found, said.description.explanation, current)


def _people(desk: Desk, image_id: int) -> Sequence[Answered] | None:
    """Others' marks stay hidden until one's own review is in."""
    own = desk.current(image_id)
    reviewed = own is not None and own.submission.kind is ReviewKind.REVIEW
    if not reviewed and not desk.reviewer.sees_all:
        return None
    return desk.bench.store.regions.answered(desk.study.name, [image_id])

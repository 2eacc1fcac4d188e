"""Which descriptions of an image a person chooses from, in a study that shows several, and in which order.

Decided here alone, the same at every reload: the newest of each describer as they were when the rating was locked, and
once there is a review those that it was chosen from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select

from realness.domain import ReviewKind, ReviewRole, StoredDescription
from realness.store.descriptions import DescriptionStore, own_words
from realness.store.engine import Database
from realness.store.orders import mixed
from realness.store.tables import assignments, descriptions, reviews, studies, study_images


@dataclass(frozen=True)
class OfferStore:
    """Reads what a person chooses from."""

    database: Database

    def offered(self, study_id: int, image_id: int, reviewer_id: int) -> list[StoredDescription]:
        """The descriptions that a person chooses from, in the order shown; none where there is no choice."""
        place = {"study": study_id, "image": image_id, "me": reviewer_id}
        said = DescriptionStore(self.database)
        with self.database.together(), self.database.read() as connection:
            found = [said.of_image(image_id, identifier) for identifier in offered(connection, place)]
        return [one for one in found if one is not None]


_DESCRIBER = (descriptions.c.provider, descriptions.c.model, descriptions.c.prompt_version)


def offered(connection: Connection, place: Mapping[str, int]) -> tuple[int, ...]:
    """The ids of the descriptions that a person chooses from, in the order shown; none where there is no choice.

    Where the study shows a wrong text of the image, that one stands in the place of one of them: of the describer that
    it was taken from, if that one is among them, so that it differs in nothing but what it says.

    Args:
        place: the ids `study`, `image` and `me`.
    """
    at = connection.execute(_PLACE, place).one_or_none()
    if at is None:
        return ()
    if at.kind == ReviewKind.REVIEW.value:
        return tuple(at.offered or ())
    shown = connection.execute(_TEXTS, {"image": place["image"], "until": at.rated_at or datetime.max}).all()
    texts = _different(shown)[: at.choices]
    if at.check_id is not None and len(texts) > 1:
        check = connection.execute(_TEXT, {"said": at.check_id}).one()
        texts[_place_of(connection, check, texts, mixed(mixed(at.seed) ^ place["image"]))] = check
    if len(texts) < 2:
        return ()
    key = mixed(mixed(mixed(at.seed) ^ place["image"]) ^ place["me"])
    return tuple(sorted((text.id for text in texts), key=lambda identifier: mixed(key ^ identifier)))


def to_choose() -> Select:
    """The newest description of each describer of all images of which some study lets people choose one; ids."""
    inside = select(study_images.c.image_id).join(studies, studies.c.id == study_images.c.study_id)
    newest = select(func.max(descriptions.c.id)).where(own_words())
    newest = newest.where(descriptions.c.image_id.in_(inside.where(studies.c.choices > 1)))
    return newest.group_by(descriptions.c.image_id, *_DESCRIBER)


def _different(texts: Sequence[Row]) -> list[Row]:
    """Without those that say the same as one before them: they could not be told apart."""
    return list({_words(text): text for text in reversed(texts)}.values())[::-1]


def _words(text: Row) -> tuple[str | None, str]:
    return text.verdict, text.explanation.strip()


def _place_of(connection: Connection, check: Row, texts: Sequence[Row], chance: int) -> int:
    """Which of the texts gives way: one that says the same, else the one whose describer wrote it, else any."""
    source = connection.execute(_TEXT, {"said": int(check.prompt_version.removeprefix("of-"))}).one_or_none()
    for number, text in enumerate(texts):
        if _words(text) == _words(check):
            return number
    for number, text in enumerate(texts):
        if source is not None and text[-3:] == source[-3:]:
            return number
    return chance % len(texts)


_columns = (descriptions.c.id, descriptions.c.verdict, descriptions.c.explanation, *_DESCRIBER)
_TEXT = select(*_columns).where(descriptions.c.id == bindparam("said"))
_newest_of_each = (
    select(func.max(descriptions.c.id))
    .where(descriptions.c.image_id == bindparam("image"), own_words(), descriptions.c.text != "")
    .where(descriptions.c.created_at <= bindparam("until", type_=descriptions.c.created_at.type))
    .group_by(*_DESCRIBER)
)
_TEXTS = select(*_columns).where(descriptions.c.id.in_(_newest_of_each)).order_by(descriptions.c.id.desc())
_mine = (
    select(func.max(reviews.c.id))
    .where(reviews.c.study_id == bindparam("study"), reviews.c.image_id == bindparam("image"))
    .where(reviews.c.reviewer_id == bindparam("me"), reviews.c.role == ReviewRole.REVIEWER.value)
    .scalar_subquery()
)
_PLACE = (
    select(studies.c.choices, studies.c.seed, study_images.c.check_id, assignments.c.rated_at)
    .add_columns(reviews.c.kind, reviews.c.offered)
    .select_from(studies)
    .join(study_images, and_(study_images.c.study_id == studies.c.id, study_images.c.image_id == bindparam("image")))
    .outerjoin(
        assignments,
        and_(
            assignments.c.study_id == studies.c.id,
            assignments.c.image_id == study_images.c.image_id,
            assignments.c.reviewer_id == bindparam("me"),
        ),
    )
    .outerjoin(reviews, reviews.c.id == _mine)
    .where(studies.c.id == bindparam("study"), studies.c.choices > 1)
)

"""Machines' and files' descriptions: never edited, several to an image."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, func, select

from realness.domain import Description, StoredDescription, Verdict
from realness.store.engine import Database
from realness.store.rows import Row, finding
from realness.store.tables import descriptions, findings, images, study_images

CHECK = "check"
"""The provider of a text that a study shows in place of an image's own (`study_images.check_id`), to see who reads."""


def own_words() -> ColumnElement[bool]:
    """Which descriptions are of their image: not those that a study shows as a check."""
    return descriptions.c.provider != CHECK


_CHECK = select(study_images.c.check_id).where(
    study_images.c.study_id == bindparam("study"), study_images.c.image_id == bindparam("image")
)


def answerable() -> ColumnElement[bool]:
    """Which descriptions an answer may speak of, by the parameters `study` and `image`.

    Where that study shows a wrong text of the image it is that one alone, elsewhere any that is the image's own.
    """
    check = _CHECK.scalar_subquery()
    return case((check.is_(None), own_words()), else_=descriptions.c.id == check)


def text_digest(text: str) -> str:
    """The SHA-256 of a description's text, by which maps and repeated descriptions are known."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class DescriptionStore:
    """Reads descriptions; `ImageStore.add` writes them with their images."""

    database: Database

    def newest(self, image_id: int) -> StoredDescription | None:
        """The newest description of an image, or None."""
        with self.database.read() as connection:
            return _load(connection, _NEWEST, {"image": image_id})

    def shown(self, study_id: int, image_id: int) -> StoredDescription | None:
        """What a study shows beside an image: its newest description, or the wrong one it was given as a check."""
        with self.database.read() as connection:
            return _load(connection, _SHOWN, {"study": study_id, "image": image_id})

    def answerable(self, study_id: int, image_id: int, description_id: int) -> StoredDescription | None:
        """A certain description of an image if an answer in this study may speak of it; see `answerable`."""
        asked = {"study": study_id, "image": image_id, "said": description_id}
        with self.database.read() as connection:
            return _load(connection, _ANSWERABLE, asked)

    def of_image(self, image_id: int, description_id: int) -> StoredDescription | None:
        """A certain description of an image, or None when it has no such one."""
        with self.database.read() as connection:
            return _load(connection, _CERTAIN, {"image": image_id, "said": description_id})


_of_image = (
    select(descriptions, images.c.width, images.c.height)
    .join(images, images.c.id == descriptions.c.image_id)
    .where(descriptions.c.image_id == bindparam("image"))
)
_newest = select(func.max(descriptions.c.id)).where(descriptions.c.image_id == bindparam("image"), own_words())
_NEWEST = _of_image.where(descriptions.c.id == _newest.scalar_subquery())
_SHOWN = _of_image.where(descriptions.c.id == func.coalesce(_CHECK.scalar_subquery(), _newest.scalar_subquery()))
_CERTAIN = _of_image.where(descriptions.c.id == bindparam("said"))
_ANSWERABLE = _CERTAIN.where(answerable())
_PARTS = select(findings).where(findings.c.description_id == bindparam("said")).order_by(findings.c.position)


def _load(connection: Connection, query: Select, asked: dict[str, int]) -> StoredDescription | None:
    row = connection.execute(query, asked).mappings().first()
    if row is None:
        return None
    found = connection.execute(_PARTS, {"said": row["id"]}).mappings().all()
    said = _description(row, found)
    return StoredDescription(row["id"], row["image_id"], said, tuple(part["id"] for part in found))


def _description(row: Row, parts: Sequence[Row]) -> Description:
    size = row["width"], row["height"]
    return Description(
        text=row["text"],
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        explanation=row["explanation"],
        provider=row["provider"],
        model=row["model"] or None,
        prompt_version=row["prompt_version"] or None,
        findings=tuple(finding(part, size) for part in parts),
        planted_wrong=row["planted_wrong"],
    )

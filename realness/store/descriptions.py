"""Machines' and files' descriptions: never edited, several to an image."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, select

from realness.domain import Description, StoredDescription, Verdict
from realness.store.engine import Database
from realness.store.rows import Row, finding
from realness.store.tables import descriptions, findings, images, study_images

CHECK = "check"
"""The provider of a text that a study shows in place of an image's own (`study_images.check_id`), to see who reads."""


def own_words() -> ColumnElement[bool]:
    """Which descriptions are of their image: not those that a study shows as a check."""
    return descriptions.c.provider != CHECK


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
            return _load(connection, and_(descriptions.c.image_id == image_id, own_words()))

    def shown(self, study_id: int, image_id: int) -> StoredDescription | None:
        """What a study shows beside an image: its newest description, or the wrong one it was given as a check."""
        check = select(study_images.c.check_id)
        check = check.where(study_images.c.study_id == study_id, study_images.c.image_id == image_id)
        with self.database.read() as connection:
            wrong = connection.execute(check).scalar()
            said = descriptions.c.id == wrong if wrong is not None else own_words()
            return _load(connection, and_(descriptions.c.image_id == image_id, said))

    def of_image(self, image_id: int, description_id: int) -> StoredDescription | None:
        """A certain description of an image, or None when it has no such one."""
        mine = and_(descriptions.c.image_id == image_id, descriptions.c.id == description_id)
        with self.database.read() as connection:
            return _load(connection, mine)


def _load(connection: Connection, condition: ColumnElement[bool]) -> StoredDescription | None:
    query = (
        select(descriptions, images.c.width, images.c.height)
        .join(images, images.c.id == descriptions.c.image_id)
        .where(condition)
        .order_by(descriptions.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    parts = select(findings).where(findings.c.description_id == row["id"]).order_by(findings.c.position)
    found = connection.execute(parts).mappings().all()
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

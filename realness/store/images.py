"""Images, where they came from, and what files say of them: descriptions, opinion scores, regions."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, func, insert, select, update

from realness.domain import Description, Finding, ImageFacts, OpinionScore, StoredImage, StoredReferenceMap
from realness.errors import NotFound
from realness.store.descriptions import text_digest
from realness.store.engine import Database, now
from realness.store.rows import image_name, region_row, stored_image
from realness.store.tables import (
    descriptions,
    findings,
    image_sources,
    images,
    opinion_scores,
    reference_maps,
    reference_regions,
    study_images,
)


@dataclass(frozen=True)
class NewImage:
    """One image that is to be in the database, with everything its source says of it.

    Attributes:
        path: where the bytes lie: relative to the data folder, or absolute when linked.
        source: the data set's or folder's name.
        name: the image's name inside it.
        regions_of: the data set that the regions are of, where it is not `source`.
    """

    facts: ImageFacts
    path: str
    source: str
    name: str
    split: str | None = None
    generator: str | None = None
    prompt: str | None = None
    is_real: bool | None = None
    description: Description | None = None
    scores: tuple[OpinionScore, ...] = ()
    regions: tuple[Finding, ...] = ()
    regions_of: str = ""
    reference_maps: tuple[StoredReferenceMap, ...] = ()


@dataclass(frozen=True)
class ImageStore:
    """Reads and writes images and what is known of them."""

    database: Database

    def add(self, study_id: int, new: Iterable[NewImage]) -> tuple[int, int]:
        """Put images into the database and the study, in one transaction. Twice is the same as once.

        Returns:
            How many images were not known before, and how many were.
        """
        fresh = known = 0
        with self.database.write() as connection:
            for record in new:
                image_id, is_new = _image(connection, record)
                fresh, known = fresh + is_new, known + (not is_new)
                _ensure(connection, image_sources, image_id=image_id, source=record.source, name=record.name)
                _into_study(connection, study_id, image_id)
                if record.description is not None:
                    add_description(connection, image_id, record.description)
                for score in record.scores:
                    _opinion(connection, image_id, score)
                for finding in record.regions:
                    _regions(connection, image_id, record.regions_of or record.source, finding)
                for reference in record.reference_maps:
                    _reference_map(connection, image_id, reference)
        self.database.survey(fresh)
        return fresh, known

    def by_key(self, key: str) -> StoredImage:
        """The image a browser asks for by its opaque key.

        Raises:
            NotFound: there is none.
        """
        return self._one(_BY_KEY, key)

    def by_id(self, image_id: int) -> StoredImage:
        """The image with this id.

        Raises:
            NotFound: there is none.
        """
        return self._one(_BY_ID, image_id)

    def name(self, image_id: int) -> str | None:
        """The image's name in its first source."""
        with self.database.read() as connection:
            return connection.execute(select(image_name()).where(images.c.id == image_id)).scalar()

    def known(self, sha256: str) -> bool:
        """Whether there is an image with these bytes."""
        with self.database.read() as connection:
            return connection.execute(_BY_CONTENT, {"named": sha256}).first() is not None

    def _one(self, query: Select, named: str | int) -> StoredImage:
        with self.database.read() as connection:
            row = connection.execute(query, {"named": named}).mappings().first()
        if row is None:
            raise NotFound("there is no such image; it may have been removed")
        return stored_image(row)

    def counts(self) -> dict[str, int]:
        """How many images, descriptions and opinion scores there are."""
        with self.database.read() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (images, descriptions, opinion_scores)
            }


_BY_KEY = select(images).where(images.c.key == bindparam("named"))
_BY_CONTENT = select(images.c.id).where(images.c.sha256 == bindparam("named"))
_BY_ID = select(images).where(images.c.id == bindparam("named"))


def _image(connection: Connection, record: NewImage) -> tuple[int, bool]:
    facts = record.facts
    row = connection.execute(select(images).where(images.c.sha256 == facts.sha256)).mappings().first()
    told = {"split": record.split, "generator": record.generator, "prompt": record.prompt, "is_real": record.is_real}
    if row is None:
        values = {"sha256": facts.sha256, "width": facts.width, "height": facts.height, "format": facts.format}
        values |= {"bytes": facts.size, "path": record.path, "key": secrets.token_hex(16), "created_at": now()}
        return connection.execute(insert(images).values(values | told).returning(images.c.id)).scalar_one(), True
    changed: dict[str, Any] = {name: v for name, v in told.items() if v is not None and row[name] is None}
    if _is_better(record.path, row["path"]):
        changed["path"] = record.path
    if changed:
        connection.execute(update(images).where(images.c.id == row["id"]).values(changed))
    return row["id"], False


def _is_better(new: str, old: str) -> bool:
    """A file that was read just now is better than one that was linked long ago; a copy of ours than any link."""
    return new != old and (Path(old).is_absolute() or not Path(new).is_absolute())


def _into_study(connection: Connection, study_id: int, image_id: int) -> None:
    here = select(study_images.c.id).where(study_images.c.study_id == study_id, study_images.c.image_id == image_id)
    if connection.execute(here).first() is None:
        last = select(func.max(study_images.c.position)).where(study_images.c.study_id == study_id)
        position = connection.execute(last).scalar()
        values = {"study_id": study_id, "image_id": image_id, "position": 0 if position is None else position + 1}
        connection.execute(insert(study_images).values(created_at=now(), **values))


def add_description(
    connection: Connection, image_id: int, description: Description, made: Mapping[str, Any] | None = None
) -> int:
    """Add a description and its findings, unless the same words of the same writer are there. Gives the id.

    Args:
        made: how a describer made it: the columns `parameters`, `raw_reply`, `input_tokens`, …
    """
    key = {"image_id": image_id, "provider": description.provider, "model": description.model or ""}
    key |= {"prompt_version": description.prompt_version or "", "text_sha256": text_digest(description.text)}
    values = {"text": description.text, "verdict": description.verdict, "explanation": description.explanation}
    values |= {"planted_wrong": description.planted_wrong, **(made or {})}
    description_id, is_new = _ensure(connection, descriptions, values, **key)
    for position, finding in enumerate(description.findings if is_new else ()):
        row = {"description_id": description_id, "position": position, "phrase": finding.phrase}
        row |= {"kind": finding.kind, "start": finding.start, "created_at": now()}
        row["regions"] = [region_row(region) for region in finding.regions] or None
        connection.execute(insert(findings).values(row))
    return description_id


def _opinion(connection: Connection, image_id: int, score: OpinionScore) -> None:
    values = {"rating": score.rating, "z_score": score.z_score, "votes": score.votes}
    score_id, is_new = _ensure(connection, opinion_scores, values, image_id=image_id, source=score.source)
    told = {name: value for name, value in values.items() if value is not None}
    if not is_new and told:  # the second of two files that are joined: the z-score in one, the rating in the other
        connection.execute(update(opinion_scores).where(opinion_scores.c.id == score_id).values(told))


def _regions(connection: Connection, image_id: int, source: str, finding: Finding) -> None:
    for region in finding.regions:
        row = region_row(region)
        digest = hashlib.sha256(json.dumps([finding.phrase, finding.kind, row]).encode()).hexdigest()
        values = {"phrase": finding.phrase, "kind": finding.kind, **row}
        _ensure(connection, reference_regions, values, image_id=image_id, source=source, digest=digest)


def _reference_map(connection: Connection, image_id: int, reference: StoredReferenceMap) -> None:
    values = {"path": reference.path, "sha256": reference.sha256}
    key = {"image_id": image_id, "source": reference.source, "phrase": reference.phrase}
    map_id, is_new = _ensure(connection, reference_maps, values, **key)
    if not is_new:  # as it was imported last, so that importing again mends a file that was lost
        connection.execute(update(reference_maps).where(reference_maps.c.id == map_id).values(values))


def _ensure(connection: Connection, table: Table, values: dict[str, Any] | None = None, **key: Any) -> tuple[int, bool]:
    """The id of the row with this key, made with `values` when it is not there; and whether it is new."""
    query = select(table.c.id).where(*(table.c[name] == value for name, value in key.items()))
    found = connection.execute(query).scalar()
    if found is not None:
        return found, False
    row = {**key, **(values or {}), "created_at": now()}
    return connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one(), True

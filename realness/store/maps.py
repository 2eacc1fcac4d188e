"""Realness maps of images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import and_, bindparam, exists, func, insert, select, update

from realness.domain import StoredDescription, StoredImage, StoredMap
from realness.errors import NotFound
from realness.store.descriptions import DescriptionStore, own_words, text_digest
from realness.store.engine import Database, now
from realness.store.offers import to_choose
from realness.store.rows import stored_image, stored_map
from realness.store.tables import descriptions, images, maps, study_images

MAP_VERSION = 3
"""Goes up when the same image, text, method and weights would give another map."""


_ANY_TEXT = select(maps).where(maps.c.image_id == bindparam("image"))
_ANY_TEXT = _ANY_TEXT.order_by((maps.c.method == "dense").desc(), maps.c.id.desc()).limit(1)
_OF_TEXT = _ANY_TEXT.where(maps.c.text_sha256 == bindparam("text"))


@dataclass(frozen=True)
class MapTask:
    """A map that is missing: of which image, for which description."""

    image: StoredImage
    description: StoredDescription


@dataclass(frozen=True)
class MapStore:
    """Reads and writes where maps lie and what they came from. A map is of an image and a text, whoever said it."""

    database: Database

    def of_text(self, image_id: int, text: str | None = None) -> StoredMap | None:
        """The newest map of an image, for this text if one is given; `dense` goes before the others."""
        query, asked = (_ANY_TEXT, {}) if text is None else (_OF_TEXT, {"text": text_digest(text)})
        with self.database.read() as connection:
            row = connection.execute(query, {"image": image_id, **asked}).mappings().first()
        return None if row is None else stored_map(row)

    def of_image(self, image_id: int) -> list[StoredMap]:
        """All maps of an image, `dense` first, then the newest first; of those that are the same but for the version of
        the method or its weights the newest alone.
        """
        same = (maps.c.text_sha256, maps.c.method, maps.c.clip)
        newest = select(func.max(maps.c.id)).where(maps.c.image_id == image_id).group_by(*same)
        query = select(maps).where(maps.c.id.in_(newest)).order_by((maps.c.method == "dense").desc(), maps.c.id.desc())
        with self.database.read() as connection:
            return [stored_map(row) for row in connection.execute(query).mappings()]

    def by_id(self, map_id: int) -> StoredMap:
        """The map with this id.

        Raises:
            NotFound: there is none.
        """
        with self.database.read() as connection:
            row = connection.execute(select(maps).where(maps.c.id == map_id)).mappings().first()
        if row is None:
            raise NotFound("there is no such map; reload the page")
        return stored_map(row)

    def missing(
        self, method: str, clip: str, weights: str, limit: int | None = None, study_id: int | None = None
    ) -> list[MapTask]:
        """What is left to compute: descriptions without such a map, of each image the newest, what a study shows in its
        place, and where a study lets people choose that of each describer; in order of import.
        """
        newest = select(func.max(descriptions.c.id)).where(own_words()).group_by(descriptions.c.image_id)
        shown = newest.union_all(
            select(study_images.c.check_id).where(study_images.c.check_id.is_not(None)), to_choose()
        )
        same = and_(maps.c.method == method, maps.c.clip == clip, maps.c.weights == weights)
        done = exists().where(
            maps.c.image_id == images.c.id,
            maps.c.text_sha256 == descriptions.c.text_sha256,
            same,
            maps.c.version == MAP_VERSION,
        )
        query = (
            select(images, descriptions.c.id.label("said"))
            .join(descriptions, descriptions.c.image_id == images.c.id)
            .where(descriptions.c.id.in_(shown), descriptions.c.text != "", ~done)
            .order_by(images.c.id, descriptions.c.id)
            .limit(limit)
        )
        if study_id is not None:
            query = query.where(
                images.c.id.in_(select(study_images.c.image_id).where(study_images.c.study_id == study_id))
            )
        with self.database.read() as connection:
            found = [(stored_image(row), row["said"]) for row in connection.execute(query).mappings()]
        return list(self._tasks(found))

    def _tasks(self, found: Sequence[tuple[StoredImage, int | None]]) -> Iterator[MapTask]:
        said = DescriptionStore(self.database)
        for image, identifier in found:
            description = said.newest(image.id) if identifier is None else said.of_image(image.id, identifier)
            if description is not None:
                yield MapTask(image, description)

    def add(
        self,
        task: MapTask,
        *,
        method: str,
        clip: str,
        weights: str,
        path: str,
        sha256: str,
        phrases: tuple[str, ...],
    ) -> None:
        """Keep where a map lies and what it came from; the same map twice is kept once, as it was computed last."""
        key = {"image_id": task.image.id, "method": method, "clip": clip, "weights": weights, "version": MAP_VERSION}
        key["text_sha256"] = text_digest(task.description.description.text)
        values = {"description_id": task.description.id, "phrases": list(phrases), "path": path, "sha256": sha256}
        with self.database.write() as connection:
            there = select(maps.c.id).where(*(maps.c[name] == value for name, value in key.items()))
            found = connection.execute(there).scalar()
            if found is None:
                connection.execute(insert(maps).values(**key, **values, created_at=now()))
            else:
                again = {"path": path, "sha256": sha256, "phrases": list(phrases)}
                connection.execute(update(maps).where(maps.c.id == found).values(again))

    def lost(self, method: str, clip: str, weights: str, files: Path, study_id: int | None = None) -> list[MapTask]:
        """What is left to compute again: images whose kept map's file is no longer in the folder `files`.

        Only maps of the newest description: nobody is shown another.
        """
        same = (maps.c.method == method, maps.c.clip == clip, maps.c.weights == weights, maps.c.version == MAP_VERSION)
        query = select(images, maps.c.path.label("map_path"), maps.c.text_sha256.label("map_text"))
        query = query.join(maps, maps.c.image_id == images.c.id).where(*same)
        if study_id is not None:
            query = query.where(
                images.c.id.in_(select(study_images.c.image_id).where(study_images.c.study_id == study_id))
            )
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(images.c.id)).mappings().all()
        gone = [row for row in rows if not (files / row["map_path"]).is_file()]
        texts = {(row["id"], row["map_text"]) for row in gone}
        tasks = self._tasks([(stored_image(row), None) for row in gone])
        return [task for task in tasks if (task.image.id, text_digest(task.description.description.text)) in texts]

    def without_any(self, study_id: int) -> int:
        """How many described images of a study have no map at all."""
        described = exists().where(descriptions.c.image_id == study_images.c.image_id, descriptions.c.text != "")
        mapped = exists().where(maps.c.image_id == study_images.c.image_id)
        query = select(func.count()).select_from(study_images).where(study_images.c.study_id == study_id)
        with self.database.read() as connection:
            return connection.execute(query.where(described, ~mapped)).scalar_one()

    def count(self) -> int:
        """How many maps there are."""
        with self.database.read() as connection:
            return connection.execute(select(func.count()).select_from(maps)).scalar_one()

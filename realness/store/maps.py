"""What machines said of an image: its description and its maps."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import and_, exists, func, insert, select

from realness.domain import Description, StoredDescription, StoredImage, StoredMap, Verdict
from realness.errors import NotFound
from realness.store.engine import Database, now
from realness.store.rows import finding, stored_image, stored_map
from realness.store.tables import descriptions, findings, images, maps, study_images

MAP_VERSION = 1
"""Goes up when the same image, text, method and weights would give another map."""


@dataclass(frozen=True)
class MapTask:
    """A map that is missing: of which image, for which description."""

    image: StoredImage
    description: StoredDescription


@dataclass(frozen=True)
class MapStore:
    """Reads descriptions, reads and writes maps."""

    database: Database

    def description(self, image_id: int) -> StoredDescription | None:
        """The newest description of an image, or None."""
        query = select(descriptions).where(descriptions.c.image_id == image_id).order_by(descriptions.c.id.desc())
        with self.database.read() as connection:
            row = connection.execute(query.limit(1)).mappings().first()
            if row is None:
                return None
            parts = select(findings).where(findings.c.description_id == row["id"]).order_by(findings.c.position)
            found = connection.execute(parts).mappings().all()
        description = Description(
            text=row["text"],
            verdict=Verdict(row["verdict"]) if row["verdict"] else None,
            explanation=row["explanation"],
            provider=row["provider"],
            model=row["model"] or None,
            prompt_version=row["prompt_version"] or None,
            findings=tuple(finding(part) for part in found),
            planted_wrong=row["planted_wrong"],
        )
        return StoredDescription(row["id"], image_id, description, tuple(part["id"] for part in found))

    def of_image(self, image_id: int, description_id: int | None = None) -> StoredMap | None:
        """The newest map of an image, for this description if one is named; `dense` goes before the others."""
        query = select(maps).where(maps.c.image_id == image_id)
        if description_id is not None:
            query = query.where(maps.c.description_id == description_id)
        query = query.order_by((maps.c.method == "dense").desc(), maps.c.id.desc()).limit(1)
        with self.database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else stored_map(row)

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
        """What is left to compute: images whose newest description has no such map yet, in order of import."""
        newest = select(func.max(descriptions.c.id)).group_by(descriptions.c.image_id)
        same = and_(maps.c.method == method, maps.c.clip == clip, maps.c.weights == weights)
        done = exists().where(
            maps.c.image_id == images.c.id,
            maps.c.text_sha256 == descriptions.c.text_sha256,
            same,
            maps.c.version == MAP_VERSION,
        )
        query = (
            select(images)
            .join(descriptions, descriptions.c.image_id == images.c.id)
            .where(descriptions.c.id.in_(newest), descriptions.c.text != "", ~done)
            .order_by(images.c.id)
            .limit(limit)
        )
        if study_id is not None:
            query = query.where(
                images.c.id.in_(select(study_images.c.image_id).where(study_images.c.study_id == study_id))
            )
        with self.database.read() as connection:
            found = [stored_image(row) for row in connection.execute(query).mappings()]
        return list(self._tasks(found))

    def _tasks(self, found: list[StoredImage]) -> Iterator[MapTask]:
        for image in found:
            description = self.description(image.id)
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
        """Keep where a map lies and what it came from; the same map twice is kept once."""
        key = {"image_id": task.image.id, "method": method, "clip": clip, "weights": weights, "version": MAP_VERSION}
        key["text_sha256"] = hashlib.sha256(task.description.description.text.encode()).hexdigest()
        values = {"description_id": task.description.id, "phrases": list(phrases), "path": path, "sha256": sha256}
        with self.database.write() as connection:
            there = select(maps.c.id).where(*(maps.c[name] == value for name, value in key.items()))
            if connection.execute(there).first() is None:
                connection.execute(insert(maps).values(**key, **values, created_at=now()))

    def count(self) -> int:
        """How many maps there are."""
        with self.database.read() as connection:
            return connection.execute(select(func.count()).select_from(maps)).scalar_one()

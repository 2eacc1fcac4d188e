"""What data sets say of where an image looks unreal: the regions and heat maps that maps are measured against."""

from dataclasses import dataclass

from sqlalchemy import exists, select

from realness.domain import Finding, Region, StoredImage, StoredReferenceMap
from realness.store.engine import Database
from realness.store.rows import region, stored_image
from realness.store.tables import images, reference_maps, reference_regions, study_images


@dataclass(frozen=True)
class ReferenceFinding:
    """A phrase and its places, as one data set has them.

    Attributes:
        source: the data set it came from.
        finding: phrase and kind, with every region of that phrase: at least one.
    """

    source: str
    finding: Finding


@dataclass(frozen=True)
class ReferenceStore:
    """Reads reference regions and reference maps; `ImageStore.add` writes them."""

    database: Database

    def regions_of(self, image_id: int) -> list[ReferenceFinding]:
        """The regions of an image, one finding for each source, phrase and kind, in order of import.

        Coordinates are in the image's pixels; boxes and polygons may reach over its right and lower edge.
        """
        size = select(images.c.width, images.c.height).where(images.c.id == image_id)
        rows = select(reference_regions).where(reference_regions.c.image_id == image_id)
        found: dict[tuple[str, str, str | None], list[Region]] = {}
        with self.database.read() as connection:
            told = connection.execute(size).first()
            for row in connection.execute(rows.order_by(reference_regions.c.id)).mappings():
                place = region(row, None if told is None else (told.width, told.height))
                found.setdefault((row["source"], row["phrase"], row["kind"]), []).append(place)
        return [
            ReferenceFinding(source, Finding(phrase, kind, regions=tuple(places)))
            for (source, phrase, kind), places in found.items()
        ]

    def maps_of(self, image_id: int) -> list[StoredReferenceMap]:
        """The reference maps of an image, in order of import."""
        query = select(reference_maps).where(reference_maps.c.image_id == image_id).order_by(reference_maps.c.id)
        with self.database.read() as connection:
            return [
                StoredReferenceMap(row["source"], row["phrase"], row["path"], row["sha256"])
                for row in connection.execute(query).mappings()
            ]

    def images_with_any(self, study_id: int | None = None) -> list[StoredImage]:
        """The images that have a reference region or a reference map, in order of import.

        Args:
            study_id: of this study only, in its order; None for all.
        """
        query = select(images).where(
            exists().where(reference_regions.c.image_id == images.c.id)
            | exists().where(reference_maps.c.image_id == images.c.id)
        )
        if study_id is None:
            query = query.order_by(images.c.id)
        else:
            query = query.join(study_images, study_images.c.image_id == images.c.id)
            query = query.where(study_images.c.study_id == study_id).order_by(study_images.c.position)
        with self.database.read() as connection:
            return [stored_image(row) for row in connection.execute(query).mappings()]

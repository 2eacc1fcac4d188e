"""Tags: words that leads put on images of a study."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, func, insert, literal, select

from realness.store.dialects.said import added as rows_added
from realness.store.engine import Database, now
from realness.store.handing import these
from realness.store.tables import study_images, tags


@dataclass(frozen=True)
class TagStore:
    """Reads and writes tags. Which tags an image bears together is kept by a trigger."""

    database: Database

    def all(self, study_id: int) -> dict[str, int]:
        """Every tag of a study with the number of its images."""
        query = select(tags.c.tag, func.count()).where(tags.c.study_id == study_id).group_by(tags.c.tag)
        with self.database.read() as connection:
            return {tag: count for tag, count in connection.execute(query.order_by(tags.c.tag))}

    def change(
        self, study_id: int, image_ids: Sequence[int], add: Sequence[str], remove: Sequence[str], by: int
    ) -> tuple[int, int]:
        """Put tags on images of the study and take others off; how many were put on and taken off."""
        c, inside = tags.c, study_images.c
        added = removed = 0
        with self.database.write() as connection:
            for tag in remove:
                off = delete(tags).where(c.study_id == study_id, c.tag == tag, c.image_id.in_(these(image_ids)))
                removed += connection.execute(off).rowcount
            for tag in add:
                has = exists().where(c.study_id == study_id, c.image_id == inside.image_id, c.tag == tag)
                told = (literal(now(), c.created_at.type), inside.study_id, inside.image_id, literal(tag), literal(by))
                new = select(*told).where(inside.study_id == study_id, inside.image_id.in_(these(image_ids)), ~has)
                columns = ["created_at", "study_id", "image_id", "tag", "reviewer_id"]
                added += rows_added(connection, insert(tags).from_select(columns, new))
        return added, removed

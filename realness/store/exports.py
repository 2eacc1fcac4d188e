"""What leaves: reviews and descriptions, streamed, and the manifests of exports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, insert, select

from realness.store.descriptions import own_words
from realness.store.engine import Database, now
from realness.store.leaving import ExportFilter, counted, descriptions_leaving, reviews_leaving
from realness.store.tables import descriptions, drafts, exports, images, reviews, studies, study_images

HUMAN, MACHINE, BOTH = "human", "machine", "both"
SOURCES = (HUMAN, MACHINE, BOTH)
"""Whose words leave: people's reviews, machines' descriptions as they are, or both."""
_MOST_LISTED = 200


@dataclass(frozen=True)
class ExportStore:
    """Streams what leaves and keeps manifests."""

    database: Database

    def leaving(
        self, wanted: ExportFilter, columns: Sequence[str], excluded: dict[str, int], source: str = HUMAN
    ) -> Iterator[list[Any]]:
        """Current reviews in order of saving, descriptions in order of import, each as the asked columns.

        One read transaction, so an export is one state of the database. What is left out is counted by
        reason in `excluded` while it streams.

        Args:
            columns: those of an export, and `image_path`, `image_format`, `said` (the findings of the description that
                was reviewed) and `offered` (the texts that were shown beside the chosen one).
        """
        with self.database.read() as connection:
            for human in _sides(source):
                leaving = reviews_leaving if human else descriptions_leaving
                yield from leaving(connection, wanted, columns, excluded)

    def drafts_left(self, study: str | None) -> int:
        """How many drafts wait, in one study or in all: they are not answers and never leave."""
        query = select(func.count()).select_from(drafts.join(studies, studies.c.id == drafts.c.study_id))
        if study is not None:
            query = query.where(studies.c.name == study)
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def unanswered(self, study: str | None) -> int:
        """How many images of one study, or of all, nobody has answered."""
        here = study_images.c
        answered = exists().where(reviews.c.study_id == here.study_id, reviews.c.image_id == here.image_id)
        query = select(func.count()).select_from(study_images).where(~answered)
        if study is not None:
            query = query.where(here.study_id == select(studies.c.id).where(studies.c.name == study).scalar_subquery())
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def counts(self, wanted: ExportFilter, source: str = HUMAN) -> tuple[int, dict[str, int]]:
        """How many reviews and descriptions `leaving` would give, and how many it would leave out by reason."""
        rows, excluded = 0, {}
        with self.database.read() as connection:
            for human in _sides(source):
                found, reasons = counted(connection, wanted, human=human)
                rows += found
                excluded |= {reason: excluded.get(reason, 0) + number for reason, number in reasons.items()}
        return rows, excluded

    def made(self) -> list[Mapping[str, Any]]:
        """The manifests that were kept, newest first."""
        query = select(exports).order_by(exports.c.id.desc()).limit(_MOST_LISTED)
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def splits(self) -> list[str]:
        """Every split that an image has."""
        query = select(images.c.split).where(images.c.split.is_not(None)).distinct().order_by(images.c.split)
        with self.database.read() as connection:
            return list(connection.execute(query).scalars())

    def generators(self) -> list[str]:
        """Every model and provider whose descriptions could leave."""
        c = descriptions.c
        found: set[str] = set()
        with self.database.read() as connection:
            for both in connection.execute(select(c.model, c.provider).where(own_words()).distinct()):
                found |= {name for name in both if name}
        return sorted(found)

    def remember(self, manifest: Mapping[str, Any]) -> None:
        """Keep an export's manifest."""
        names = ("format", "rows", "excluded", "filters", "sha256")
        with self.database.write() as connection:
            connection.execute(insert(exports).values(created_at=now(), **{name: manifest[name] for name in names}))


def _sides(source: str) -> tuple[bool, ...]:
    """The streams of a source: True for that of reviews, False for that of descriptions."""
    return {HUMAN: (True,), MACHINE: (False,), BOTH: (True, False)}[source]

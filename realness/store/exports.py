"""What leaves: the current reviews with everything they answered, streamed, and the manifests of exports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select

from realness.domain import ReviewKind
from realness.store.engine import Database, now
from realness.store.regions import final
from realness.store.rows import Row
from realness.store.tables import (
    current_reviews,
    descriptions,
    drafts,
    exports,
    findings,
    image_sources,
    images,
    maps,
    opinion_scores,
    review_findings,
    review_regions,
    reviewers,
    reviews,
    studies,
)

_MOST_LISTED = 200


@dataclass(frozen=True)
class ExportFilter:
    """Which reviews leave.

    Attributes:
        study: by name; None for all.
        split: of the image; None for all.
        skips: take skips and flags along.
    """

    study: str | None = None
    split: str | None = None
    skips: bool = False


@dataclass(frozen=True)
class ExportStore:
    """Streams current reviews and keeps manifests."""

    database: Database

    def reviews(self, wanted: ExportFilter, excluded: dict[str, int]) -> Iterator[Mapping[str, Any]]:
        """Current reviews with machine text, image and provenance, one mapping each, in order of saving.

        One read transaction, so an export is one state of the database. What is left out is counted by
        reason in `excluded` while it streams.
        """
        c = current_reviews.c
        query = (
            select(
                current_reviews,
                final(current_reviews).label("final"),
                *(images.c[name].label(f"image_{name}") for name in ("sha256", "width", "height", "split")),
                *(images.c[name].label(f"image_{name}") for name in ("generator", "prompt", "is_real")),
                studies.c.name.label("study"),
                reviewers.c.pseudonym.label("reviewer"),
                *(
                    descriptions.c[name].label(f"machine_{name}")
                    for name in (
                        "verdict",
                        "text",
                        "explanation",
                        "provider",
                        "model",
                        "prompt_version",
                        "planted_wrong",
                    )
                ),
                maps.c.method.label("map_method"),
                maps.c.clip.label("map_clip"),
            )
            .join(images, images.c.id == c.image_id)
            .join(studies, studies.c.id == c.study_id)
            .join(reviewers, reviewers.c.id == c.reviewer_id)
            .outerjoin(descriptions, descriptions.c.id == c.description_id)
            .outerjoin(maps, maps.c.id == c.map_id)
            .order_by(c.id)
        )
        with self.database.read() as connection:
            for row in connection.execution_options(yield_per=500).execute(query).mappings():
                reason = _left_out(row, wanted)
                if reason:
                    excluded[reason] = excluded.get(reason, 0) + 1
                else:
                    yield dict(row) | self._parts(connection, row)

    def _parts(self, connection: Connection, row: Row) -> dict[str, Any]:
        of_image = image_sources.c.image_id == row["image_id"]
        name = connection.execute(select(image_sources.c.name).where(of_image).order_by(image_sources.c.id)).scalar()
        opinion = select(opinion_scores).where(opinion_scores.c.image_id == row["image_id"])
        opinion = opinion.order_by(opinion_scores.c.rating.is_(None), opinion_scores.c.id).limit(1)
        return {
            "image_name": name,
            "findings": _findings(connection, row["id"]),
            "sources": _sources(connection, row["sources"] or []),
            "opinion": connection.execute(opinion).mappings().first(),
        }

    def drafts_left(self, study: str | None) -> int:
        """How many drafts wait, in one study or in all: they are not answers and never leave."""
        query = select(func.count()).select_from(drafts.join(studies, studies.c.id == drafts.c.study_id))
        if study is not None:
            query = query.where(studies.c.name == study)
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def counts(self, wanted: ExportFilter) -> tuple[int, dict[str, int]]:
        """How many current reviews `reviews` would give, and how many it would leave out by reason."""
        c = current_reviews.c
        study, split = studies.c.name.label("study"), images.c.split.label("image_split")
        query = select(study, split, c.kind, func.count().label("reviews")).group_by(study, split, c.kind)
        query = query.join(images, images.c.id == c.image_id).join(studies, studies.c.id == c.study_id)
        rows, excluded = 0, {}
        with self.database.read() as connection:
            for group in connection.execute(query).mappings():
                reason = _left_out(group, wanted)
                if reason:
                    excluded[reason] = excluded.get(reason, 0) + group["reviews"]
                else:
                    rows += group["reviews"]
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

    def remember(self, manifest: Mapping[str, Any]) -> None:
        """Keep an export's manifest."""
        names = ("format", "rows", "excluded", "filters", "sha256")
        with self.database.write() as connection:
            connection.execute(insert(exports).values(created_at=now(), **{name: manifest[name] for name in names}))


def _left_out(row: Row, wanted: ExportFilter) -> str | None:
    if wanted.study is not None and row["study"] != wanted.study:
        return "other study"
    if wanted.split is not None and row["image_split"] != wanted.split:
        return "other split"
    if not wanted.skips and row["kind"] != ReviewKind.REVIEW:
        return "skipped" if row["kind"] == ReviewKind.SKIP else "flagged"
    return None


def _sources(connection: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The reviews that an adjudication was taken from, by pseudonym and revision."""
    query = select(reviewers.c.pseudonym.label("reviewer"), reviews.c.revision)
    query = query.join(reviews, reviews.c.reviewer_id == reviewers.c.id).where(reviews.c.id.in_(ids))
    return [dict(row) for row in connection.execute(query.order_by(reviews.c.id)).mappings()] if ids else []


def _findings(connection: Connection, review_id: int) -> list[dict[str, Any]]:
    said: ColumnElement = findings.c.phrase.label("machine_phrase")
    query = (
        select(review_findings, said)
        .outerjoin(findings, findings.c.id == review_findings.c.finding_id)
        .where(review_findings.c.review_id == review_id)
        .order_by(review_findings.c.position)
    )
    found = []
    for row in connection.execute(query).mappings().all():
        marks = select(review_regions.c.shape, review_regions.c.coordinates).where(
            review_regions.c.review_finding_id == row["id"]
        )
        regions = [dict(mark) for mark in connection.execute(marks.order_by(review_regions.c.position)).mappings()]
        names = ("state", "phrase", "machine_phrase", "kind")
        found.append({name: row[name] for name in names} | {"regions": regions})
    return found

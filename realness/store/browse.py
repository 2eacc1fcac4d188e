"""Listing images with what one reviewer may see of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, and_, case, cast, func, literal, null, or_, select
from sqlalchemy.sql import Subquery

from realness.domain import Study
from realness.errors import InvalidValue
from realness.store.engine import Database
from realness.store.tables import (
    assignments,
    current_reviews,
    descriptions,
    drafts,
    findings,
    images,
    maps,
    opinion_scores,
    study_images,
)

FACETS = ("status", "verdict", "origin", "split")
SORTS = ("imported", "newest", "rating_low", "rating_high", "mos_low", "mos_high")


@dataclass(frozen=True)
class Listing:
    """Which images to list.

    Attributes:
        chosen: facet to the values that are let through; a facet without values lets all through.
        search: words that must all occur in the description.
        sort: one of `SORTS`.
        page: from 1 on.
        per: images a page, 1 to 100.
    """

    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    search: str = ""
    sort: str = "imported"
    page: int = 1
    per: int = 15

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise InvalidValue(f"sort must be one of {', '.join(SORTS)}, got {self.sort!r}")
        if set(self.chosen) - set(FACETS):
            raise InvalidValue(f"filters are {', '.join(FACETS)}, got {', '.join(sorted(self.chosen))}")
        if self.page < 1 or not 1 <= self.per <= 100:
            raise InvalidValue("page must be 1 or more, and 1 to 100 images fit on one")


@dataclass(frozen=True)
class Listed:
    """One page of a listing: rows as mappings, the number found, of how many, and counts by facet value."""

    rows: list[Mapping[str, Any]]
    total: int
    of: int
    facets: dict[str, dict[str, int]]


@dataclass(frozen=True)
class BrowseStore:
    """Lists images."""

    database: Database

    def page(self, study: Study, reviewer_id: int, listing: Listing) -> Listed:
        """One page of the study's images as this reviewer may see them.

        In a blind study an image whose rating this reviewer has not locked has no verdict, no map, no opinion
        score, and is found by no search: `hidden` is true.
        """
        rows = _rows(study, reviewer_id).subquery()
        chosen = [rows.c[name].in_(list(values)) for name, values in listing.chosen.items() if values]
        found = select(rows).where(*chosen, *_search(rows, listing.search))
        page = found.order_by(*_sort(rows, listing.sort)).limit(listing.per).offset((listing.page - 1) * listing.per)
        with self.database.read() as connection:
            total = connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()
            facets = {name: self._facet(connection, rows, name, listing) for name in FACETS}
            of = connection.execute(select(func.count()).select_from(rows)).scalar_one()
            return Listed([dict(row) for row in connection.execute(page).mappings()], total, of, facets)

    def _facet(self, connection: Any, rows: Subquery, name: str, listing: Listing) -> dict[str, int]:
        """Counts by value under the other filters, so that a choice shows what it would add."""
        others = [rows.c[other].in_(list(v)) for other, v in listing.chosen.items() if v and other != name]
        query = select(rows.c[name], func.count()).where(*others, *_search(rows, listing.search)).group_by(rows.c[name])
        return {value: count for value, count in connection.execute(query) if value is not None}

    def ratings(self, study_id: int, image_ids: Sequence[int]) -> dict[int, list[float]]:
        """The blind ratings of everyone's current reviews, by image."""
        c = current_reviews.c
        query = select(c.image_id, c.rating).where(
            c.study_id == study_id, c.image_id.in_(image_ids), c.rating.is_not(None)
        )
        with self.database.read() as connection:
            found: dict[int, list[float]] = {}
            for image_id, rating in connection.execute(query.order_by(c.id)):
                found.setdefault(image_id, []).append(rating)
        return found


def _first_opinion(column: ColumnElement) -> ScalarSelect:
    """A column of an image's opinion score; of several, the first that has a rating."""
    mine = select(column).where(opinion_scores.c.image_id == images.c.id, opinion_scores.c.rating.is_not(None))
    return mine.order_by(opinion_scores.c.id).limit(1).scalar_subquery()


def _rows(study: Study, reviewer_id: int) -> Select:
    """Every image of the study with the columns that filters, sorting and cards need."""
    review, lease = current_reviews.alias("mine"), assignments.alias("lease")
    other = descriptions.alias("other")  # not correlated with the description that is joined
    newest = select(func.max(other.c.id)).where(other.c.image_id == images.c.id).scalar_subquery()
    has_draft = select(drafts.c.id).where(
        drafts.c.study_id == study.id, drafts.c.image_id == images.c.id, drafts.c.reviewer_id == reviewer_id
    )
    seen: ColumnElement[bool] = lease.c.blind_rating.is_not(None) if study.settings.blind else literal(True)
    status = case(
        (review.c.kind == "review", "reviewed"),
        (review.c.kind == "skip", "skipped"),
        (review.c.kind == "flag", "flagged"),
        (or_(has_draft.exists(), lease.c.blind_rating.is_not(None)), "draft"),
        else_="todo",
    )
    origin = case((images.c.is_real.is_(True), "photograph"), (images.c.is_real.is_(False), "generated"))
    score, source = (_first_opinion(column) for column in (opinion_scores.c.rating, opinion_scores.c.source))
    shown_map = (
        select(maps.c.id)
        .where(maps.c.image_id == images.c.id, maps.c.text_sha256 == descriptions.c.text_sha256)
        .order_by((maps.c.method == "dense").desc(), maps.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            images.c.id,
            images.c.key,
            images.c.width,
            images.c.height,
            study_images.c.position,
            status.label("status"),
            case((seen, origin), else_=null()).label("origin"),
            images.c.split.label("split"),
            (~seen).label("hidden"),
            lease.c.blind_rating.label("rating"),
            case((seen, func.coalesce(review.c.verdict, descriptions.c.verdict)), else_=null()).label("verdict"),
            case((seen, descriptions.c.id), else_=null()).label("description_id"),
            case((seen, score), else_=null()).label("opinion"),
            case((seen, source), else_=null()).label("opinion_source"),
            case((seen, shown_map), else_=null()).label("map_id"),
            review.c.created_at.label("reviewed_at"),
        )
        .select_from(study_images)
        .join(images, images.c.id == study_images.c.image_id)
        .outerjoin(descriptions, descriptions.c.id == newest)
        .outerjoin(
            review,
            and_(
                review.c.study_id == study.id,
                review.c.image_id == images.c.id,
                review.c.reviewer_id == reviewer_id,
                review.c.role == "reviewer",
            ),
        )
        .outerjoin(
            lease,
            and_(lease.c.study_id == study.id, lease.c.image_id == images.c.id, lease.c.reviewer_id == reviewer_id),
        )
        .where(study_images.c.study_id == study.id)
    )


def _search(rows: Subquery, words: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for word in words.split()[:20]:
        pattern = f"%{word.replace('~', '~~').replace('%', '~%').replace('_', '~_')}%"
        said = select(descriptions.c.id).where(
            descriptions.c.id == rows.c.description_id, descriptions.c.text.like(pattern, escape="~")
        )
        found = select(findings.c.id).where(
            findings.c.description_id == rows.c.description_id,
            cast(findings.c.kind, String).like(pattern, escape="~"),
        )
        conditions.append(or_(said.exists(), found.exists()))
    return conditions


def _sort(rows: Subquery, sort: str) -> list[ColumnElement]:
    order = {
        "imported": rows.c.position.asc(),
        "newest": rows.c.reviewed_at.desc().nulls_last(),
        "rating_low": rows.c.rating.asc().nulls_last(),
        "rating_high": rows.c.rating.desc().nulls_last(),
        "mos_low": rows.c.opinion.asc().nulls_last(),
        "mos_high": rows.c.opinion.desc().nulls_last(),
    }[sort]
    return [order, rows.c.position.asc()]

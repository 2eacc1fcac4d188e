"""Listing images with what one reviewer may see of them.

Two passes over narrow rows (`summaries`), however many images a study has: one counts by every facet at once, one
sorts and gives the ids of a page. Only the images of that page are looked up in full.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    exists,
    func,
    select,
)
from sqlalchemy.sql import Subquery

from realness.domain import Study
from realness.errors import InvalidValue, NotAllowed
from realness.store.counting import FACETS, Counts, counted_by_facet, searched
from realness.store.dialects.said import words_of
from realness.store.engine import Database
from realness.store.facets import FOR_LEADS, WORDS, Parts, rating_reviews
from realness.store.tables import (
    current_reviews,
    descriptions,
    generators,
    images,
    maps,
    opinion_scores,
    study_images,
    summaries,
    tag_sets,
)

SORTS = ("imported", "newest", "rating_low", "rating_high", "mos_low", "mos_high")
SORTS += ("score_low", "score_high", "disagreement", "uncertainty")


@dataclass(frozen=True)
class Listing:
    """Which images to list.

    Attributes:
        chosen: facet to the values that are let through; a facet without values lets all through.
        search: words that must all occur in the description.
        sort: one of `SORTS`. `disagreement`: the score farthest from the opinion first; `uncertainty`: the widest
            interval of a score first.
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
class Scored:
    """An image with a score and an opinion of people, both of which a reviewer may see.

    Attributes:
        image: its key, the SHA-256 of its file, and its place in the study, from 1.
        score, low, high: what CORE said, and its 95 % interval where it knows one.
        opinion: the imported opinion score; None without one.
        ratings: of the current reviews in the study, where the reviewer's own is among them.
    """

    image: tuple[str, str, int]
    score: float
    low: float | None
    high: float | None
    opinion: float | None
    ratings: tuple[float, ...]


@dataclass(frozen=True)
class BrowseStore:
    """Lists images."""

    database: Database
    _counts: Counts = field(default_factory=Counts)

    def page(self, study: Study, reviewer_id: int, listing: Listing, *, leads: bool = False) -> Listed:
        """One page of the study's images as this reviewer may see them.

        In a blind study an image whose rating this reviewer has not locked has no verdict, no map, no opinion
        score, no score of CORE, no tags, and is found by no search: `hidden` is true.

        Args:
            leads: whether the reviewer leads: the facets `FOR_LEADS`, and everybody's flags, are told.

        Raises:
            NotAllowed: one of the facets `FOR_LEADS` is asked for by who does not lead.
        """
        parts = Parts(study, reviewer_id, leads=leads)
        rows = _rows(parts).subquery()
        page = select(rows.c.id).where(*_found(rows, listing, leads)).order_by(*_sort(rows, listing.sort))
        page = page.limit(listing.per).offset((listing.page - 1) * listing.per)
        version = self.database.version()  # before the reading: a commit in between makes it count again
        key = (study.id, reviewer_id, study.settings.blind, leads, listing.search)
        with self.database.read() as connection:
            counted = self._counts.of(key, version)
            if counted is None:
                counted = counted_by_facet(connection, parts, listing.search)
                self._counts.keep(key, version, counted)
            of = counted.total
            if listing.search:
                of = connection.execute(
                    select(func.count()).select_from(study_images).where(study_images.c.study_id == study.id)
                ).scalar_one()
            rows = _in_full(connection, parts, connection.execute(page).scalars().all())
        total, facets = counted.under(listing.chosen)
        return Listed(rows, total, of, facets)

    def following(
        self, study: Study, reviewer_id: int, listing: Listing, after: int, *, leads: bool = False
    ) -> list[Mapping[str, Any]]:
        """The images found that come after a place in the study, in order of import, as many as fit on a page: rows as
        those of `page`, each with its `position`. Nothing is counted, so a page costs the same wherever it lies.

        Args:
            after: the place of the last image of the page before; -1 for the first page.

        Raises:
            InvalidValue: another order is asked for.
            NotAllowed: as `page`.
        """
        if listing.sort != "imported":
            raise InvalidValue("what comes after a place is in the order of import; leave the sort out")
        with self.database.together():
            found = self.matching(study, reviewer_id, listing, leads=leads, after=after, most=listing.per)
            with self.database.read() as connection:
                return _in_full(connection, Parts(study, reviewer_id, leads=leads), [image for _, image in found])

    def matching(
        self, study: Study, reviewer_id: int, listing: Listing, *, leads: bool = False, after: int = -1, most: int
    ) -> list[tuple[int, int]]:
        """The place in the study and the id of at most `most` images that are found, on whatever page: those that come
        after a place, in order of import.
        """
        rows = _rows(Parts(study, reviewer_id, leads=leads)).subquery()
        query = select(rows.c.position, rows.c.id).where(*_found(rows, listing, leads), rows.c.position > after)
        with self.database.read() as connection:
            return [(at, image) for at, image in connection.execute(query.order_by(rows.c.position).limit(most))]

    def ratings(self, study_id: int, image_ids: Sequence[int]) -> dict[int, list[float]]:
        """The blind ratings of everyone's current reviews, by image."""
        with self.database.read() as connection:
            return _ratings(connection, study_id, current_reviews.c.image_id.in_(image_ids))

    def scored(self, study: Study, reviewer_id: int, most: int) -> tuple[list[Scored], int]:
        """The images of the study whose score and whose opinion this reviewer may see, in order of import.

        Returns:
            At most `most` of them, drawn at random but always the same; and how many there are.
        """
        rows = _rows(Parts(study, reviewer_id)).subquery()
        query = (
            select(rows.c.id, rows.c.position, rows.c.status, rows.c.score, rows.c.low, rows.c.high, rows.c.opinion)
            .where(rows.c.score.is_not(None))
            .order_by(rows.c.position)
        )
        with self.database.read() as connection:
            ratings = _ratings(connection, study.id)
            found = [
                row
                for row in connection.execute(query)
                if row.opinion is not None or (row.status == "reviewed" and row.id in ratings)
            ]
            drawn = sorted(random.Random(0).sample(range(len(found)), min(most, len(found))))
            chosen = [found[at] for at in drawn]
            named = select(images.c.id, images.c.key, images.c.sha256)
            named = named.where(images.c.id.in_([row.id for row in chosen]))
            keys = {image: (key, sha256) for image, key, sha256 in connection.execute(named)}
        people = {row.id: tuple(ratings.get(row.id, ())) for row in chosen if row.status == "reviewed"}
        listed = [
            Scored((*keys[row.id], row.position + 1), row.score, row.low, row.high, row.opinion, people.get(row.id, ()))
            for row in chosen
        ]
        return listed, len(found)


def _ratings(connection: Connection, study_id: int, *only: ColumnElement[bool]) -> dict[int, list[float]]:
    c = current_reviews.c
    query = select(c.image_id, c.rating).where(c.study_id == study_id, rating_reviews(), *only)
    found: dict[int, list[float]] = {}
    for image_id, rating in connection.execute(query.order_by(c.id)):
        found.setdefault(image_id, []).append(rating)
    return found


def _rows(parts: Parts) -> Select:
    """Every image of the study with what filters and sorting need: joins by key alone."""
    return select(
        study_images.c.image_id.label("id"),
        study_images.c.position,
        *(parts.facet(name).label(name) for name in WORDS),
        summaries.c.split,
        parts.generator_id.label("generator_id"),
        parts.tag_set_id.label("tag_set_id"),
        parts.lease.c.blind_rating.label("rating"),
        parts.seen_only(summaries.c.description_id).label("description_id"),
        parts.seen_only(summaries.c.opinion).label("opinion"),
        parts.seen_only(summaries.c.score).label("score"),
        parts.seen_only(summaries.c.low).label("low"),
        parts.seen_only(summaries.c.high).label("high"),
        parts.seen_only(func.abs(summaries.c.score - parts.opinion)).label("disagreement"),
        parts.review.c.created_at.label("reviewed_at"),
    ).select_from(parts.joined)


def _found(rows: Subquery, listing: Listing, leads: bool) -> list[ColumnElement[bool]]:
    """What an image of `_rows` has to fulfil to be found."""
    found = searched(rows.c.description_id, listing.search)
    for name, values in listing.chosen.items():
        if not values:
            continue
        if name in FOR_LEADS and not leads:
            raise NotAllowed(f"the filter {name!r} is for those who lead studies; take it away")
        if name == "generator":
            named = select(generators.c.id).where(generators.c.name.in_(list(values)))
            found.append(rows.c.generator_id.in_(named))
        elif name == "tags":
            each, tag = words_of(tag_sets.c.tags)
            bearing = select(tag_sets.c.id).where(exists().select_from(each).where(tag.in_(list(values))))
            found.append(rows.c.tag_set_id.in_(bearing))
        else:
            found.append(rows.c[name].in_(list(values)))
    return found


def _in_full(connection: Connection, parts: Parts, ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """These images in this order, with all that their cards show."""
    full = connection.execute(_cards(parts, ids)).mappings()
    by_id = {row["id"]: {**row, "tags": json.loads(row["tags"] or "[]")} for row in full}
    return [by_id[each] for each in ids]


def _cards(parts: Parts, ids: Sequence[int]) -> Select:
    """These images with all that their cards show."""
    source = (
        select(opinion_scores.c.source)
        .where(opinion_scores.c.image_id == images.c.id, opinion_scores.c.rating.is_not(None))
        .order_by(opinion_scores.c.id)
        .limit(1)
        .scalar_subquery()
    )
    shown_text = func.coalesce(study_images.c.check_id, summaries.c.description_id)
    shown_map = (
        select(maps.c.id)
        .where(maps.c.image_id == images.c.id, maps.c.text_sha256 == descriptions.c.text_sha256)
        .order_by((maps.c.method == "dense").desc(), maps.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        _rows(parts)
        .add_columns(
            images.c.key,
            images.c.width,
            images.c.height,
            (~parts.seen).label("hidden"),
            tag_sets.c.tags,
            parts.seen_only(source).label("opinion_source"),
            parts.seen_only(shown_map).label("map_id"),
        )
        .join(images, images.c.id == study_images.c.image_id)
        .outerjoin(descriptions, descriptions.c.id == shown_text)
        .outerjoin(tag_sets, tag_sets.c.id == parts.tag_set_id)
        .where(study_images.c.image_id.in_(ids))
    )


def _sort(rows: Subquery, sort: str) -> list[ColumnElement]:
    c = rows.c
    order = {
        "imported": None,
        "newest": c.reviewed_at.desc(),
        "rating_low": c.rating.asc(),
        "rating_high": c.rating.desc(),
        "mos_low": c.opinion.asc(),
        "mos_high": c.opinion.desc(),
        "score_low": c.score.asc(),
        "score_high": c.score.desc(),
        "disagreement": c.disagreement.desc(),
        "uncertainty": (c.high - c.low).desc(),
    }[sort]
    return [c.position.asc()] if order is None else [order.nulls_last(), c.position.asc()]

"""Listing images with what one reviewer may see of them.

Two passes over narrow rows (`summaries`), however many images a study has: one counts by every facet at once, one
sorts and gives the ids of a page. Only the images of that page are looked up in full.
"""

import random
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    literal,
    select,
    union,
)
from sqlalchemy.sql import Subquery

from realness.domain import Study
from realness.errors import InvalidValue
from realness.store.engine import Database
from realness.store.facets import WORDS, Parts, Untouched, rating_reviews
from realness.store.tables import (
    assignments,
    current_reviews,
    descriptions,
    drafts,
    images,
    maps,
    opinion_scores,
    reviews,
    study_images,
    summaries,
)
from realness.store.words import matching

_MANY = 16
"""Splits above this number are not counted by number but by name."""
_FEW = 10_000
"""Images that a reviewer has begun, up to which they are counted apart from the others."""
FACETS = ("status", "agreement", "verdict", "origin", "split")
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
    _counts: "_Counts" = field(default_factory=lambda: _Counts())

    def page(self, study: Study, reviewer_id: int, listing: Listing) -> Listed:
        """One page of the study's images as this reviewer may see them.

        In a blind study an image whose rating this reviewer has not locked has no verdict, no map, no opinion
        score, no score of CORE, and is found by no search: `hidden` is true.
        """
        rows = _rows(study, reviewer_id).subquery()
        chosen = [rows.c[name].in_(list(values)) for name, values in listing.chosen.items() if values]
        found = select(rows.c.id).where(*chosen, *_search(rows.c.description_id, listing.search))
        page = found.order_by(*_sort(rows, listing.sort))
        page = page.limit(listing.per).offset((listing.page - 1) * listing.per)
        version = self.database.version()  # before the reading: a commit in between makes it count again
        with self.database.read() as connection:
            counted = self._counts.of((study.id, reviewer_id, listing.search), version)
            if counted is None:
                counted = _counted(connection, study, reviewer_id, listing.search)
                self._counts.keep((study.id, reviewer_id, listing.search), version, counted)
            of = counted.total()
            if listing.search:
                of = connection.execute(
                    select(func.count()).select_from(study_images).where(study_images.c.study_id == study.id)
                ).scalar_one()
            ids = connection.execute(page).scalars().all()
            full = connection.execute(_cards(study, reviewer_id, ids)).mappings()
            by_id = {row["id"]: dict(row) for row in full}
        total, facets = _facets(counted, listing.chosen)
        return Listed([by_id[each] for each in ids], total, of, facets)

    def ratings(self, study_id: int, image_ids: Sequence[int]) -> dict[int, list[float]]:
        """The blind ratings of everyone's current reviews, by image."""
        with self.database.read() as connection:
            return _ratings(connection, study_id, current_reviews.c.image_id.in_(image_ids))

    def scored(self, study: Study, reviewer_id: int, most: int) -> tuple[list[Scored], int]:
        """The images of the study whose score and whose opinion this reviewer may see, in order of import.

        Returns:
            At most `most` of them, drawn at random but always the same; and how many there are.
        """
        rows = _rows(study, reviewer_id).subquery()
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


class _Counts:
    """The counts of the last listings, good until something is written: pages, sorts and filters share them."""

    KEPT = 16

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple, tuple[int, Counter[tuple]]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: tuple, version: int) -> Counter[tuple] | None:
        with self._lock:
            kept = self._kept.get(key)
        return kept[1] if kept and kept[0] == version else None

    def keep(self, key: tuple, version: int, counted: Counter[tuple]) -> None:
        with self._lock:
            self._kept[key] = (version, counted)
            self._kept.move_to_end(key)
            while len(self._kept) > self.KEPT:
                self._kept.popitem(last=False)


def _ratings(connection: Connection, study_id: int, *only: ColumnElement[bool]) -> dict[int, list[float]]:
    c = current_reviews.c
    query = select(c.image_id, c.rating).where(c.study_id == study_id, rating_reviews(), *only)
    found: dict[int, list[float]] = {}
    for image_id, rating in connection.execute(query.order_by(c.id)):
        found.setdefault(image_id, []).append(rating)
    return found


def _rows(study: Study, reviewer_id: int) -> Select:
    """Every image of the study with what filters and sorting need: joins by key alone."""
    parts = Parts(study, reviewer_id)
    return select(
        study_images.c.image_id.label("id"),
        study_images.c.position,
        *(parts.facet(name).label(name) for name in WORDS),
        summaries.c.split,
        parts.lease.c.blind_rating.label("rating"),
        parts.seen_only(summaries.c.description_id).label("description_id"),
        parts.seen_only(summaries.c.opinion).label("opinion"),
        parts.seen_only(summaries.c.score).label("score"),
        parts.seen_only(summaries.c.low).label("low"),
        parts.seen_only(summaries.c.high).label("high"),
        parts.seen_only(func.abs(summaries.c.score - parts.opinion)).label("disagreement"),
        parts.review.c.created_at.label("reviewed_at"),
    ).select_from(parts.joined)


def _cards(study: Study, reviewer_id: int, ids: Sequence[int]) -> Select:
    """These images with all that their cards show."""
    parts = Parts(study, reviewer_id)
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
        _rows(study, reviewer_id)
        .add_columns(
            images.c.key,
            images.c.width,
            images.c.height,
            (~parts.seen).label("hidden"),
            parts.seen_only(source).label("opinion_source"),
            parts.seen_only(shown_map).label("map_id"),
        )
        .join(images, images.c.id == study_images.c.image_id)
        .outerjoin(descriptions, descriptions.c.id == shown_text)
        .where(study_images.c.image_id.in_(ids))
    )


def _counted(connection: Connection, study: Study, reviewer_id: int, search: str) -> Counter[tuple]:
    """How many images have each combination of facet values, in the order of `FACETS`.

    While this reviewer has begun few images, all are counted as if untouched, which takes half as long, and those few
    are put right.
    """
    begun = [
        select(table.c.image_id).where(table.c.study_id == study.id, table.c.reviewer_id == reviewer_id)
        for table in (assignments, reviews, drafts)
    ]
    touched = union(*begun).subquery()
    some = connection.execute(select(func.count()).select_from(select(touched).limit(_FEW + 1).subquery())).scalar_one()
    split = summaries.c.split
    inside = select(split).distinct().where(split.is_not(None)).limit(_MANY + 1)
    splits = [each for each in connection.execute(inside).scalars() if each is not None]
    parts, untouched = Parts(study, reviewer_id), Untouched(study, reviewer_id)
    if some > _FEW:
        return _combinations(connection, parts, splits, search)
    counted = _combinations(connection, untouched, splits, search)
    if some:
        these = study_images.c.image_id.in_(select(touched.c.image_id))
        counted.subtract(_combinations(connection, untouched, splits, search, these))
        counted.update(_combinations(connection, parts, splits, search, these))
    return +counted


def _combinations(
    connection: Connection, parts: Parts, splits: Sequence[str], search: str, *only: ColumnElement[bool]
) -> Counter[tuple]:
    """Counted in one pass, grouped by one number: grouping by the words of all facets takes twice as long."""
    split = summaries.c.split
    known: dict[str, Sequence[str]] = WORDS | ({"split": splits} if 0 < len(splits) <= _MANY else {})
    code: ColumnElement[int] = literal(0)
    for name, words in known.items():
        numbers = {word: number for number, word in enumerate(words, 1)}
        number = case(numbers, value=split, else_=0) if name == "split" else parts.facet(name, numbered=True)
        code = code * (len(words) + 1) + number
    grouped = [code.label("code"), *([split] if len(splits) > _MANY else [])]
    searched = _search(parts.seen_only(summaries.c.description_id), search)
    query = select(func.count(), *grouped).select_from(parts.joined).where(*searched, *only).group_by(*grouped)
    found: Counter[tuple] = Counter()
    for count, number, *rest in connection.execute(query):
        values: dict[str, Any] = {"split": rest[0] if rest else None}
        for name, words in reversed(known.items()):
            number, at = divmod(number, len(words) + 1)
            values[name] = words[at - 1] if at else None
        found[tuple(values[name] for name in FACETS)] += count
    return found


def _facets(counted: Counter[tuple], chosen: Mapping[str, Sequence[str]]) -> tuple[int, dict[str, dict[str, int]]]:
    """How many images are found; and counts by value under the other filters, so that a choice shows its effect."""
    total, facets = 0, {name: Counter[str]() for name in FACETS}
    for values, count in counted.items():
        barred = [
            name for name, value in zip(FACETS, values, strict=True) if chosen.get(name) and value not in chosen[name]
        ]
        total += count if not barred else 0
        for name, value in zip(FACETS, values, strict=True):
            if value is not None and barred in ([], [name]):
                facets[name][value] += count
    return total, {name: dict(sorted(counts.items())) for name, counts in facets.items()}


def _search(description_id: ColumnElement[int], said: str) -> list[ColumnElement[bool]]:
    return [description_id.in_(found) for found in matching(said)]


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

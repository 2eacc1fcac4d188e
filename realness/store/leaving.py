"""What leaves, streamed in one transaction: current reviews and machines' descriptions.

A row's own columns come of one statement; what belongs to it (findings, marks, sources) is fetched for a thousand rows
at a time. So a million reviews leave in constant memory, and no statement runs once for each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, and_, case, exists, func, literal, null, or_, select
from sqlalchemy import type_coerce as coerce

from realness.domain import ReviewKind, ReviewRole
from realness.store.descriptions import own_words
from realness.store.leaving_parts import PARTS
from realness.store.regions import final
from realness.store.rows import image_name
from realness.store.tables import (
    current_reviews,
    descriptions,
    images,
    maps,
    opinion_scores,
    reviewers,
    reviews,
    studies,
    study_images,
)

CHUNK = 1000
"""Rows whose parts are fetched at once."""
_HIDDEN = ("_reason", "_review", "_description")
"""What a row needs to be sorted out and put together, before its columns."""
_MACHINE = ("verdict", "text", "explanation", "provider", "model", "prompt_version", "planted_wrong")


@dataclass(frozen=True)
class ExportFilter:
    """What leaves.

    Attributes:
        study: by name; None for all.
        split: of the image; None for all.
        skips: take skips and flags along.
        since, until: the first and the last day (UTC) of reviews, and of descriptions where those leave.
        generator: model or provider of the machine's text that was reviewed, or that leaves.
        min_reviews: only images with so many current reviews in the study.
        adjudicated: only what was adjudicated.
    """

    study: str | None = None
    split: str | None = None
    skips: bool = False
    since: date | None = None
    until: date | None = None
    generator: str | None = None
    min_reviews: int = 0
    adjudicated: bool = False


def reviews_leaving(
    connection: Connection, wanted: ExportFilter, columns: Sequence[str], excluded: dict[str, int]
) -> Iterator[list[Any]]:
    """Current reviews, the asked columns of each, in order of saving; what is left out is counted by reason."""
    yield from _rows(connection, _reviews(wanted, columns), columns, excluded)


def descriptions_leaving(
    connection: Connection, wanted: ExportFilter, columns: Sequence[str], excluded: dict[str, int]
) -> Iterator[list[Any]]:
    """Machines' descriptions, the newest of each provider, model and prompt, in order of import; else as above."""
    yield from _rows(connection, _descriptions(wanted, columns), columns, excluded)


def counted(connection: Connection, wanted: ExportFilter, *, human: bool) -> tuple[int, dict[str, int]]:
    """How many reviews, or descriptions, would leave and how many would not, by reason."""
    of = (_reviews if human else _descriptions)(wanted, ()).order_by(None).subquery()
    reason = of.c["_reason"]
    found = connection.execute(select(reason, func.count()).group_by(reason)).all()
    counts = {reason: number for reason, number in found}
    return counts.pop(None, 0), counts


def _rows(
    connection: Connection, query: Select, columns: Sequence[str], excluded: dict[str, int]
) -> Iterator[list[Any]]:
    result = connection.execution_options(yield_per=CHUNK).execute(query)
    parts = [(columns.index(name), fetch) for name, fetch in PARTS.items() if name in columns]
    times = [columns.index(name) for name in ("created_at", "client_at") if name in columns]
    for chunk in result.partitions(CHUNK):
        kept = []
        for row in chunk:
            if row[0] is None:
                kept.append(row)
            else:
                excluded[row[0]] = excluded.get(row[0], 0) + 1
        values = [list(row[len(_HIDDEN) :]) for row in kept]
        for place in times:
            for each in values:
                each[place] = _iso(each[place])
        for place, fetch in parts:
            fetch(connection, kept, values, place)
        yield from values


def _reviews(wanted: ExportFilter, columns: Sequence[str]) -> Select:
    c = current_reviews.c
    known: dict[str, ColumnElement] = {c.name: c for c in current_reviews.c} | _IMAGE | _OPINION
    known |= {("machine_" if name in _MACHINE[:3] else "") + name: descriptions.c[name] for name in _MACHINE}
    known |= {"study": studies.c.name, "reviewer": reviewers.c.pseudonym, "final": final(current_reviews)}
    known |= {"map_method": maps.c.method, "map_clip": maps.c.clip, "source": literal("human")}
    known |= {name: coerce(c[name], String) for name in ("created_at", "client_at")}
    known |= {"findings": null(), "said": null(), "sources": c.sources, "offered": c.offered}
    return (
        select(
            _review_reason(wanted).label("_reason"),
            c.id.label("_review"),
            c.description_id.label("_description"),
            *(known[name].label(name) for name in columns),
        )
        .join(images, images.c.id == c.image_id)
        .join(studies, studies.c.id == c.study_id)
        .join(reviewers, reviewers.c.id == c.reviewer_id)
        .outerjoin(descriptions, descriptions.c.id == c.description_id)
        .outerjoin(maps, maps.c.id == c.map_id)
        .outerjoin(opinion_scores, opinion_scores.c.id == _opinion())
        .order_by(c.id)
    )


def _descriptions(wanted: ExportFilter, columns: Sequence[str]) -> Select:
    c = descriptions.c
    known: dict[str, ColumnElement] = {name: null() for name in columns} | _IMAGE | _OPINION
    known |= {("machine_" if name in _MACHINE[:3] else "") + name: c[name] for name in _MACHINE}
    known |= {"study": literal(wanted.study, String), "kind": literal("description"), "source": literal("machine")}
    known |= {name: literal("") for name in ("explanation", "reason", "note")}
    known |= {"created_at": coerce(c.created_at, String), "final": literal(True), "revision": null()}
    return (
        select(
            _description_reason(wanted).label("_reason"),
            null().label("_review"),
            c.id.label("_description"),
            *(known[name].label(name) for name in columns),
        )
        .join(images, images.c.id == c.image_id)
        .outerjoin(opinion_scores, opinion_scores.c.id == _opinion())
        .order_by(c.id)
    )


def _opinion() -> ColumnElement[int]:
    """The opinion score of an image that is told: the first with a rating."""
    scores = opinion_scores.alias("scores").c
    first = select(scores.id).where(scores.image_id == images.c.id).order_by(scores.rating.is_(None), scores.id)
    return first.limit(1).correlate(images).scalar_subquery()


_IMAGE: dict[str, ColumnElement] = {
    "image_sha256": images.c.sha256,
    "image_name": image_name(),
    "image_path": images.c.path,
    "image_format": images.c.format,
    **{name: images.c[name] for name in ("width", "height", "split", "generator", "prompt", "is_real")},
}
_OPINION = {f"opinion_{name}": opinion_scores.c[name] for name in ("rating", "z_score", "source")}


# ---- why one is left out: the first reason that holds, NULL where none does ----


def _review_reason(wanted: ExportFilter) -> ColumnElement[Any]:
    c = current_reviews.c
    reasons: list[tuple[ColumnElement[bool], str]] = []
    if wanted.study is not None:
        reasons.append((studies.c.name != wanted.study, "other study"))
    reasons += _shared_reasons(wanted, c.created_at)
    if not wanted.skips:
        reasons += [(c.kind == kind.value, said) for kind, said in _PASSED_OVER.items()]
    if wanted.min_reviews:
        reasons.append((~_has_reviews(wanted.min_reviews, c.image_id, c.study_id), "too few reviews"))
    if wanted.adjudicated:
        stands = and_(c.role == ReviewRole.ADJUDICATOR.value, final(current_reviews))
        reasons.append((~stands, "not adjudicated"))
    return _first(reasons)


def _description_reason(wanted: ExportFilter) -> ColumnElement[Any]:
    c = descriptions.c
    newer = descriptions.alias("newer").c
    same = [newer[name] == c[name] for name in ("image_id", "provider", "model", "prompt_version")]
    reasons: list[tuple[ColumnElement[bool], str]] = [(or_(~own_words(), c.planted_wrong), "wrong on purpose")]
    study = select(studies.c.id).where(studies.c.name == wanted.study).scalar_subquery()
    if wanted.study is not None:
        here = and_(study_images.c.study_id == study, study_images.c.image_id == c.image_id)
        reasons.append((~exists().where(here), "other study"))
    reasons += _shared_reasons(wanted, c.created_at)
    if wanted.min_reviews:
        within = None if wanted.study is None else study
        reasons.append((~_has_reviews(wanted.min_reviews, c.image_id, within), "too few reviews"))
    if wanted.adjudicated:
        decided = and_(reviews.c.image_id == c.image_id, reviews.c.role == ReviewRole.ADJUDICATOR.value)
        if wanted.study is not None:
            decided = and_(decided, reviews.c.study_id == study)
        reasons.append((~exists().where(decided), "not adjudicated"))
    reasons.append((exists().where(*same, newer.id > c.id, ~newer.planted_wrong), "older text"))
    return _first(reasons)


def _shared_reasons(wanted: ExportFilter, at: ColumnElement[datetime]) -> list[tuple[ColumnElement[bool], str]]:
    reasons: list[tuple[ColumnElement[bool], str]] = []
    if wanted.split is not None:
        reasons.append((func.coalesce(images.c.split, "") != wanted.split, "other split"))
    if wanted.since is not None:
        reasons.append((at < _midnight(wanted.since), "other time"))
    if wanted.until is not None:
        reasons.append((at >= _midnight(wanted.until + timedelta(days=1)), "other time"))
    if wanted.generator is not None:
        said = (func.coalesce(descriptions.c[name], "") != wanted.generator for name in ("model", "provider"))
        reasons.append((and_(*said), "other generator"))
    return reasons


_PASSED_OVER = {ReviewKind.SKIP: "skipped", ReviewKind.FLAG: "flagged"}


def _first(reasons: Sequence[tuple[ColumnElement[bool], str]]) -> ColumnElement[Any]:
    return case(*reasons) if reasons else null()


def _has_reviews(number: int, image: ColumnElement[int], study: ColumnElement[int] | None) -> ColumnElement[bool]:
    """Whether an image has so many full reviews, in this study or in any one."""
    c = current_reviews.alias("counted").c
    here = and_(c.image_id == image, c.kind == ReviewKind.REVIEW.value, c.role == ReviewRole.REVIEWER.value)
    if study is not None:
        here = and_(here, c.study_id == study)
    return exists(select(c.study_id).where(here).group_by(c.study_id).having(func.count() >= number))


def _midnight(day: date) -> datetime:
    return datetime(
        day.year, day.month, day.day
    )  # as SQLite keeps times: naive, meant as UTC; so does a session on PostgreSQL


def _iso(stored: str | datetime | None) -> str | None:
    """A time as the database gives it, in ISO 8601 with its zone; SQLite's by its letters, quicker than by calendar."""
    if isinstance(stored, datetime):
        return stored.isoformat()
    return None if stored is None else f"{stored.removesuffix('.000000').replace(' ', 'T')}+00:00"

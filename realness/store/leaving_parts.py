"""What belongs to the rows that leave, fetched for many rows at once: findings with marks, sources, texts beside."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from realness.store.tables import descriptions, findings, review_findings, review_regions, reviewers, reviews

REVIEW, DESCRIPTION = 1, 2
"""Where a row has the ids of its review and of its description; its columns come after them."""
_Rows = Sequence[Any]


def _fill_findings(connection: Connection, rows: _Rows, values: list[list[Any]], place: int) -> None:
    ids = [row[REVIEW] for row in rows if row[REVIEW] is not None]
    found: dict[int, list[dict[str, Any]]] = {}
    if ids:
        c = review_findings.c
        query = select(c.review_id, c.id, c.state, c.phrase, findings.c.phrase, c.kind)
        query = query.outerjoin(findings, findings.c.id == c.finding_id).where(c.review_id.in_(ids))
        marks = _marks(connection, ids)
        for review, identifier, state, phrase, said, kind in connection.execute(
            query.order_by(c.review_id, c.position)
        ):
            found.setdefault(review, []).append(
                {
                    "state": state,
                    "phrase": phrase,
                    "machine_phrase": said,
                    "kind": kind,
                    "regions": marks.get(identifier, []),
                }
            )
    said_of = _said(connection, [row[DESCRIPTION] for row in rows if row[REVIEW] is None])
    for row, each in zip(rows, values, strict=True):
        each[place] = found.get(row[REVIEW], []) if row[REVIEW] is not None else said_of.get(row[DESCRIPTION], [])


def _marks(connection: Connection, review_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    c = review_regions.c
    query = select(c.review_finding_id, c.shape, c.coordinates)
    query = query.join(review_findings, review_findings.c.id == c.review_finding_id)
    query = query.where(review_findings.c.review_id.in_(review_ids)).order_by(c.review_finding_id, c.position)
    found: dict[int, list[dict[str, Any]]] = {}
    for finding, shape, coordinates in connection.execute(query).all():
        found.setdefault(finding, []).append({"shape": shape, "coordinates": coordinates})
    return found


def _said(connection: Connection, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The findings of descriptions, as a review's are told."""
    found: dict[int, list[dict[str, Any]]] = {}
    if ids:
        c = findings.c
        query = select(c.description_id, c.phrase, c.kind, c.regions).where(c.description_id.in_(ids))
        for said, phrase, kind, regions in connection.execute(query.order_by(c.description_id, c.position)).all():
            found.setdefault(said, []).append(
                {"state": None, "phrase": phrase, "machine_phrase": phrase, "kind": kind, "regions": regions or []}
            )
    return found


def _fill_said(connection: Connection, rows: _Rows, values: list[list[Any]], place: int) -> None:
    found = _said(connection, list({row[DESCRIPTION] for row in rows if row[DESCRIPTION] is not None}))
    for row, each in zip(rows, values, strict=True):
        each[place] = found.get(row[DESCRIPTION], [])


def _fill_sources(connection: Connection, _rows: _Rows, values: list[list[Any]], place: int) -> None:
    """The reviews that an adjudication was taken from, by pseudonym and revision."""
    ids = {one for each in values for one in each[place] or ()}
    found: dict[int, dict[str, Any]] = {}
    if ids:
        query = select(reviews.c.id, reviewers.c.pseudonym, reviews.c.revision)
        query = query.join(reviewers, reviewers.c.id == reviews.c.reviewer_id).where(reviews.c.id.in_(ids))
        found = {one: {"reviewer": name, "revision": revision} for one, name, revision in connection.execute(query)}
    for each in values:
        each[place] = [found[one] for one in sorted(each[place] or ())]


def _fill_offered(connection: Connection, rows: _Rows, values: list[list[Any]], place: int) -> None:
    """The texts that were shown beside the chosen one, each with its findings."""
    beside = [
        [one for one in each[place] or () if one != row[DESCRIPTION]] for row, each in zip(rows, values, strict=True)
    ]
    ids = {one for each in beside for one in each}
    texts: dict[int, Mapping[str, Any]] = {}
    if ids:
        c = descriptions.c
        said = _said(connection, list(ids))
        query = select(c.id, c.verdict, c.explanation, c.provider, c.model, c.prompt_version).where(c.id.in_(ids))
        texts = {row["id"]: {**row, "said": said.get(row["id"], [])} for row in connection.execute(query).mappings()}
    for each, chosen in zip(values, beside, strict=True):
        each[place] = [texts[one] for one in chosen if one in texts]


PARTS: dict[str, Callable[[Connection, _Rows, list[list[Any]], int], None]] = {
    "findings": _fill_findings,
    "said": _fill_said,
    "sources": _fill_sources,
    "offered": _fill_offered,
}
"""By the column that each fills; called with the rows, the values of each, and the column's place in them."""

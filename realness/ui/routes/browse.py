"""Browse: one page of images, filtered, sorted and searched."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from realness.ui import payload
from realness.ui.routes.needs import Bench, Who, desk_in
from realness.ui.schemas import Id
from realness.workbench.bench import Workbench
from realness.workbench.listings import LONGEST_SEARCH, listing_of
from realness.workbench.reviewing import Desk

router = APIRouter()
_MOST_VALUES = 500
"""Values of a facet that are told, the most frequent ones."""
_AS_WRITTEN = ("generator", "tags")


@router.get("/api/browse")
def browse(
    bench: Bench,
    who: Who,
    request: Request,
    study: Id,
    q: Annotated[str, Query(max_length=LONGEST_SEARCH)] = "",
    sort: str = "imported",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    per: Annotated[int, Query(ge=1, le=100)] = 15,
    after: Annotated[int | None, Query(ge=-1, lt=2**63)] = None,
) -> dict[str, Any]:
    """One page of images with what this reviewer may see of them; with `after`, a place in the study, those that come
    after it in order of import, and no counts.
    """
    at = desk_in(bench, who, study)
    listing = listing_of(request.query_params.multi_items(), page=page, per=per)
    if after is not None:
        rows = bench.store.browse.following(at.shown, at.reviewer.id, listing, after, leads=at.reviewer.leads)
        return {"items": _cards(bench, at, rows), "after": rows[-1]["position"] if len(rows) == per else None}
    listed = bench.store.browse.page(at.shown, at.reviewer.id, listing, leads=at.reviewer.leads)
    return {
        "total": listed.total,
        "of": listed.of,
        "page": page,
        "pages": max(1, -(-listed.total // per)),
        "facets": {name: _facet(name, found) for name, found in listed.facets.items()},
        "scores": bench.store.predictions.any(),
        "items": _cards(bench, at, listed.rows),
    }


def _cards(bench: Workbench, at: Desk, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    ratings = bench.store.browse.ratings(at.study.id, [row["id"] for row in rows])
    return [payload.card(at, row, _visible(at, row, ratings)) for row in rows]


def _facet(name: str, found: dict[str, int]) -> list[dict[str, Any]]:
    """The values of a facet with their counts: in the order of the words, but the most frequent ones if many."""
    most = sorted(found, key=lambda value: -found[value])[:_MOST_VALUES] if len(found) > _MOST_VALUES else list(found)
    labels = {value: value if name in _AS_WRITTEN else value.replace("_", " ").capitalize() for value in most}
    return [{"value": value, "label": label, "count": found[value]} for value, label in labels.items()]


def _visible(at: Desk, row: Any, ratings: dict[int, list[float]]) -> list[float]:
    """Others' ratings stay hidden until one's own review is in."""
    return ratings.get(row["id"], []) if row["status"] == "reviewed" or at.reviewer.sees_all else []

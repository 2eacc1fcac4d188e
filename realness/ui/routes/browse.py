"""Browse: one page of images, filtered, sorted and searched."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from realness.store import Listing
from realness.store.browse import FACETS
from realness.ui import payload
from realness.ui.routes.needs import Bench, Who, desk_in
from realness.ui.schemas import Id
from realness.workbench.reviewing import Desk

router = APIRouter()


@router.get("/api/browse")
def browse(
    bench: Bench,
    who: Who,
    request: Request,
    study: Id,
    q: Annotated[str, Query(max_length=200)] = "",
    sort: str = "imported",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    per: Annotated[int, Query(ge=1, le=100)] = 15,
) -> dict[str, Any]:
    """One page of images with what this reviewer may see of them."""
    at = desk_in(bench, who, study)
    chosen = {name: request.query_params.getlist(name) for name in FACETS}
    listed = bench.store.browse.page(at.shown, at.reviewer.id, Listing(chosen, q, sort, page, per))
    ratings = bench.store.browse.ratings(study, [row["id"] for row in listed.rows])
    facets = {
        name: [
            {"value": value, "label": value.replace("_", " ").capitalize(), "count": n} for value, n in found.items()
        ]
        for name, found in listed.facets.items()
    }
    return {
        "total": listed.total,
        "of": listed.of,
        "page": page,
        "pages": max(1, -(-listed.total // per)),
        "facets": facets,
        "scores": bench.store.predictions.any(),
        "items": [payload.card(at, row, _visible(at, row, ratings)) for row in listed.rows],
    }


def _visible(at: Desk, row: Any, ratings: dict[int, list[float]]) -> list[float]:
    """Others' ratings stay hidden until one's own review is in."""
    return ratings.get(row["id"], []) if row["status"] == "reviewed" or at.reviewer.sees_all else []

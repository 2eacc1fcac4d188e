"""Adjudicating, for those who lead studies: which images wait, the reviews of one, and keeping a decision."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from realness.errors import Conflict
from realness.store import Which
from realness.ui import payload
from realness.ui.routes.needs import Bench, Lead, desk_in
from realness.ui.schemas import AdjudicationBody, Id
from realness.workbench.adjudicating import adjudicate, disputes, opened

router = APIRouter()
_Key = Annotated[str, Query(max_length=100)]


@router.get("/api/adjudicate")
def listed(bench: Bench, lead: Lead, study: Id, which: Which = Which.TODO, offset: Id = 0) -> dict[str, Any]:
    """Images with several reviews or a flag, those that differ most first, and how many there are of each kind."""
    return payload.disputes(disputes(desk_in(bench, lead, study), which, offset))


@router.get("/api/adjudicate/image")
def one_image(bench: Bench, lead: Lead, study: Id, image: _Key) -> dict[str, Any]:
    """One image with all of its reviews and adjudications."""
    at = desk_in(bench, lead, study)
    return payload.case(at, opened(at, image))


@router.post("/api/adjudications")
def submit(bench: Bench, lead: Lead, body: AdjudicationBody) -> Any:
    """Keep an adjudication. Where it was overtaken, the answer brings the image as it is now."""
    at = desk_in(bench, lead, body.study)
    image = bench.store.images.by_key(body.image)
    try:
        saved = adjudicate(at, body.submission(image), image, body.base)
    except Conflict as error:
        there = payload.case(at, opened(at, body.image))
        return JSONResponse({"error": str(error), "kind": "conflict", "case": there}, status_code=409)
    return {"id": saved.id, "revision": saved.revision, "saved_at": saved.created_at.isoformat()}

"""The hot paths, beside Gradio's queue: reviews, drafts, lists and files, as JSON and bytes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from realness import __version__
from realness.errors import Conflict, Locked, NotFound
from realness.store import Listing
from realness.store.browse import FACETS
from realness.ui import payload
from realness.ui.schemas import DraftBody, Id, LockBody, ReviewBody
from realness.workbench import Workbench, files
from realness.workbench.insights import insights as found_insights
from realness.workbench.learning import Learning
from realness.workbench.reviewing import Desk, Item, desk

router = APIRouter()
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def _bench(request: Request) -> Workbench:
    return request.app.state.bench


def _learning(request: Request) -> Learning:
    return request.app.state.learning


Bench = Annotated[Workbench, Depends(_bench)]
Learns = Annotated[Learning, Depends(_learning)]


def _desk(bench: Workbench, study: int) -> Desk:
    found = desk(bench, study)
    if found is None:
        raise NotFound("there is no study yet; import a folder first")
    return found


def _shown(at: Desk, item: Item | None) -> dict[str, Any]:
    ahead = at.ahead(item.image if item else None)
    return {"study": payload.study(at), "item": payload.item(at, item), "ahead": [payload.image(one) for one in ahead]}


@router.get("/api/start")
def start(bench: Bench, request: Request, study: Id | None = None) -> dict[str, Any]:
    """Who reviews, which studies there are, and which one is open."""
    reviewer = bench.store.studies.local_reviewer()
    first = request.app.state.study
    if study is None and first is not None:
        study = bench.store.studies.named(first).id
    at = desk(bench, study)
    studies = [payload.study(Desk(bench, one, reviewer)) for one in bench.store.studies.all()]
    who = {"name": reviewer.name, "initials": reviewer.name[:2].upper()}
    return {"reviewer": who, "version": __version__, "studies": studies, "study": payload.study(at) if at else None}


@router.get("/api/next")
def next_item(bench: Bench, study: Id) -> dict[str, Any]:
    """The image this reviewer is on, or the next one."""
    at = _desk(bench, study)
    return _shown(at, at.next())


@router.get("/api/item")
def one_item(bench: Bench, study: Id, image: str) -> dict[str, Any]:
    """A certain image."""
    at = _desk(bench, study)
    return _shown(at, at.open(image))


@router.get("/api/last")
def last_item(bench: Bench, study: Id) -> dict[str, Any]:
    """What was submitted last, to be undone."""
    at = _desk(bench, study)
    return _shown(at, at.last())


@router.post("/api/lock")
def lock(bench: Bench, body: LockBody) -> Any:
    """Lock the blind rating and reveal."""
    at = _desk(bench, body.study)
    try:
        locked, reveal = at.lock(body.image, body.rating)
    except Locked as error:
        there = payload.item(at, at.open(body.image)) or {}
        answer = {"error": str(error), "kind": "locked", "locked": there["locked"], "reveal": there["reveal"]}
        return JSONResponse(answer, status_code=409)
    return {"locked": payload.lock(locked), "reveal": payload.reveal(at, reveal)}


@router.put("/api/draft")
def draft(bench: Bench, body: DraftBody) -> dict[str, Any]:
    """Keep what is typed so far."""
    saved = _desk(bench, body.study).save_draft(body.image, body.base_revision, body.body)
    return {"saved_at": saved.saved_at.isoformat()}


@router.post("/api/reviews")
def submit(bench: Bench, body: ReviewBody) -> Any:
    """Keep a review."""
    at = _desk(bench, body.study)
    image = bench.store.images.by_key(body.image)
    try:
        saved = at.submit(body.submission(image))
    except Conflict as error:
        theirs = at.current(image.id)
        answer = {"error": str(error), "kind": "conflict", "theirs": payload.review(theirs) if theirs else None}
        return JSONResponse(answer, status_code=409)
    return {"revision": saved.revision, "saved_at": saved.created_at.isoformat(), "study": payload.study(at)}


@router.get("/api/browse")
def browse(
    bench: Bench,
    request: Request,
    study: Id,
    q: Annotated[str, Query(max_length=200)] = "",
    sort: str = "imported",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    per: Annotated[int, Query(ge=1, le=100)] = 15,
) -> dict[str, Any]:
    """One page of images with what this reviewer may see of them."""
    at = _desk(bench, study)
    chosen = {name: request.query_params.getlist(name) for name in FACETS}
    listed = bench.store.browse.page(at.study, at.reviewer.id, Listing(chosen, q, sort, page, per))
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
        "items": [payload.card(at, row, _own_first(row, ratings)) for row in listed.rows],
    }


def _own_first(row: Any, ratings: dict[int, list[float]]) -> list[float]:
    """Others' ratings stay hidden until one's own review is in."""
    return ratings.get(row["id"], []) if row["status"] == "reviewed" else []


@router.get("/api/insights")
def insights(bench: Bench, learning: Learns, study: Id) -> dict[str, Any]:
    """CORE against people, as far as this reviewer may see it."""
    return payload.insights(found_insights(_desk(bench, study)), learning.told)


@router.get("/api/learning")
def learning_state(learning: Learns) -> dict[str, Any]:
    """How far learning from the ratings is."""
    return learning.told.as_json()


@router.post("/api/learning", status_code=202)
def start_learning(learning: Learns) -> dict[str, Any]:
    """Train CORE on all ratings so far and score all images, unless that is going on already."""
    return learning.start().as_json()


@router.delete("/api/learning")
def stop_learning(learning: Learns) -> dict[str, Any]:
    """Stop it; the model and the scores that are there stay."""
    return learning.cancel().as_json()


@router.get("/files/image/{key}")
def image_file(bench: Bench, key: str) -> FileResponse:
    """The display copy of an image."""
    path = files.display_file(bench, bench.store.images.by_key(key))
    return FileResponse(path, headers=_FOREVER, media_type=files.media_type(path))


@router.get("/files/thumb/{key}")
def thumbnail_file(bench: Bench, key: str) -> FileResponse:
    """The thumbnail of an image."""
    path = files.thumbnail_file(bench, bench.store.images.by_key(key))
    return FileResponse(path, headers=_FOREVER, media_type=files.media_type(path))


@router.get("/files/mapped/{study}/{map_id}/{colour_map}")
def mapped_thumbnail_file(bench: Bench, study: Id, map_id: Id, colour_map: str) -> FileResponse:
    """The thumbnail of an image with its map over it, for who may see that map in this study."""
    stored = _desk(bench, study).visible_map(map_id)
    path = files.mapped_thumbnail_file(bench, bench.store.images.by_id(stored.image_id), stored, colour_map)
    return FileResponse(path, headers=_FOREVER, media_type=files.media_type(path))


@router.get("/files/map/{study}/{map_id}/{layer}")
def map_layer(bench: Bench, study: Id, map_id: Id, layer: Id) -> Response:
    """One layer of a map as a grey PNG, for who may see it in this study; layer 0 is the combined one."""
    stored = _desk(bench, study).visible_map(map_id)
    if not 0 <= layer <= len(stored.phrases):
        raise NotFound("this map has no such layer; reload the page")
    return Response(files.layer_png(bench, stored, layer), media_type="image/png", headers=_FOREVER)

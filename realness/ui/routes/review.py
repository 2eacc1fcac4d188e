"""Reviewing: what is next, the lock, drafts, submitting, undo."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from realness import __version__
from realness.domain import Role
from realness.errors import Conflict, Locked, StudyClosed
from realness.ui import payload
from realness.ui.line import in_line
from realness.ui.routes.needs import Bench, Who, desk_in
from realness.ui.schemas import DraftBody, Id, LockBody, ReviewBody
from realness.workbench.reviewing import Desk, Turn, desk, desk_at

router = APIRouter()


def _json(answer: dict[str, Any]) -> Response:
    """The answer as it is: FastAPI would look into every part of it first."""
    return Response(orjson.dumps(answer), media_type="application/json")


def _shown(at: Desk, turn: Turn) -> dict[str, Any]:
    shown = {"study": payload.study(at, turn.progress), "item": payload.item(at, turn.item)}
    return shown | {"ahead": [payload.coming(at, one) for one in turn.ahead]}


@router.get("/api/start")
def start(bench: Bench, who: Who, request: Request, study: Id | None = None) -> dict[str, Any]:
    """Who reviews, which studies there are, and which one is open."""
    first = request.app.state.study
    if study is None and first is not None:
        study = bench.store.studies.named(first).id
    at = desk(bench, who, study)
    studies = [payload.study(Desk(bench, one, who)) for one in bench.store.studies.all()]
    me = {"id": who.id, "name": who.name, "initials": who.name[:2].upper(), "role": who.role.value}
    me |= {"account": who.account, "leads": who.leads}
    told = {"reviewer": me, "version": __version__, "studies": studies, "study": payload.study(at) if at else None}
    # Where files lie is for those to know who may name a path.
    return told | {"options": bench.settings.options() if who.role is Role.ADMIN else ""}


@router.get("/api/next")
@in_line
def next_item(bench: Bench, who: Who, study: Id) -> dict[str, Any]:
    """The image this reviewer is on, or the next one."""
    at = desk_in(bench, who, study)
    return _shown(at, at.next())


@router.get("/api/item")
def one_item(bench: Bench, who: Who, study: Id, image: str) -> dict[str, Any]:
    """A certain image; none in a closed study."""
    at = desk_in(bench, who, study)
    if at.study.closed:
        return _shown(at, at.next())
    return _shown(at, at.beside(at.open(image)))


@router.get("/api/last")
def last_item(bench: Bench, who: Who, study: Id) -> dict[str, Any]:
    """What was submitted last, to be undone; in a closed study nothing can be."""
    at = desk_in(bench, who, study)
    if at.study.closed:
        raise StudyClosed("this study is closed; nothing in it can be undone")
    return _shown(at, at.beside(at.last()))


@router.post("/api/lock")
@in_line
def lock(bench: Bench, who: Who, body: LockBody) -> Any:
    """Lock the blind rating and reveal."""
    at, image = desk_at(bench, who, body.study, body.image)
    try:
        locked, reveal = at.lock(image, body.rating)
    except Locked as error:
        there = payload.item(at, at.open(body.image)) or {}
        answer = {"error": str(error), "kind": "locked", "locked": there["locked"], "reveal": there["reveal"]}
        return JSONResponse(answer, status_code=409)
    if locked.repeat:
        return {"repeat": True}
    return _json({"locked": payload.lock(locked), "reveal": payload.reveal(at, image, reveal)})


@router.put("/api/draft")
@in_line
def draft(bench: Bench, who: Who, body: DraftBody) -> dict[str, Any]:
    """Keep what is typed so far."""
    at, image = desk_at(bench, who, body.study, body.image)
    saved = at.save_draft(image, body.base_revision, body.body)
    return {"saved_at": saved.saved_at.isoformat()}


@router.post("/api/reviews")
@in_line
def submit(bench: Bench, who: Who, body: ReviewBody) -> Any:
    """Keep a review, and take the next image: one answer, so that the reviewer waits once."""
    at, image = desk_at(bench, who, body.study, body.image)
    try:
        saved, turn = at.submit(body.submission(image), image)
    except Conflict as error:
        theirs = at.current(image.id)
        answer = {
            "error": str(error),
            "kind": "conflict",
            "theirs": theirs and payload.review(theirs, at.texts(image.id)),
        }
        return JSONResponse(answer, status_code=409)
    answer = {"revision": saved.revision, "saved_at": saved.created_at.isoformat(), "next": _shown(at, turn)}
    return _json(answer)

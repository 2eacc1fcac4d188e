"""Saved views of Browse."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from realness.domain import Reviewer
from realness.store import View
from realness.ui.routes.needs import Bench, Who, desk_in
from realness.ui.schemas import Body, Id
from realness.workbench import views

router = APIRouter()
_Name = Annotated[str, Field(max_length=200)]
_Query = Annotated[str, Field(max_length=20_000)]


class ViewBody(Body):
    """A new view: what stands in the address, under a name."""

    study: Id
    name: _Name
    query: _Query
    shared: bool = False


class ViewChange(Body):
    """What is to change of a view; what is not named stays."""

    name: _Name | None = None
    query: _Query | None = None
    shared: bool | None = None


@router.get("/api/views")
def all_views(bench: Bench, who: Who, study: Id) -> dict[str, Any]:
    """One's own views of a study and those that are shared."""
    desk_in(bench, who, study)
    return {"views": [_told(one, who) for one in views.of(bench, who, study)]}


@router.post("/api/views", status_code=201)
def save_view(bench: Bench, who: Who, body: ViewBody) -> dict[str, Any]:
    """Save a view."""
    return _told(views.save(bench, who, body.study, body.name, body.query, shared=body.shared), who)


@router.patch("/api/views/{view}")
def change_view(bench: Bench, who: Who, view: Id, body: ViewChange) -> dict[str, Any]:
    """Rename a view of one's own, give it another query, share it or not."""
    return _told(views.change(bench, who, view, body.name, body.query, body.shared), who)


@router.delete("/api/views/{view}")
def delete_view(bench: Bench, who: Who, view: Id) -> dict[str, Any]:
    """Delete a view of one's own."""
    bench.store.views.delete(view, who.id)
    return {}


def _told(view: View, who: Reviewer) -> dict[str, Any]:
    told = {"id": view.id, "name": view.name, "query": view.query}
    return told | {"shared": view.shared, "mine": view.owner == who.id}

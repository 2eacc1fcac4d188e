"""Insights: what reviewers say together, CORE against people and its training; plots as files."""

from typing import Any

from fastapi import APIRouter, Response

from realness.ui import payload
from realness.ui.routes.needs import Bench, Knows, Lead, Learns, Who, desk_in
from realness.ui.schemas import Id
from realness.workbench.insights import insights as found_insights
from realness.workbench.parts import PartName
from realness.workbench.plots import PlotKind, PlotName, rendered

router = APIRouter()
_TYPES = {PlotKind.PNG: "image/png", PlotKind.SVG: "image/svg+xml", PlotKind.CSV: "text/csv; charset=utf-8"}


@router.get("/api/insights")
def insights(bench: Bench, who: Who, learning: Learns, study: Id) -> dict[str, Any]:
    """CORE against people, as far as this reviewer may see it."""
    return payload.insights(found_insights(desk_in(bench, who, study)), learning.told)


@router.get("/api/insights/plot/{name}.{kind}")
def plot(bench: Bench, who: Who, knows: Knows, name: PlotName, kind: PlotKind, study: Id) -> Response:
    """A plot of what this reviewer may see, as a file to keep."""
    data = rendered(knows.plot(desk_in(bench, who, study), name), kind)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return Response(data, media_type=_TYPES[kind], headers=headers | {"X-Content-Type-Options": "nosniff"})


@router.get("/api/insights/{part}")
def part(bench: Bench, who: Who, knows: Knows, part: PartName, study: Id) -> dict[str, Any]:
    """One part of what reviewers say together, as far as this one may see it."""
    return knows.part(desk_in(bench, who, study), part).as_json()


@router.get("/api/learning")
def learning_state(learning: Learns) -> dict[str, Any]:
    """How far learning from the ratings is."""
    return learning.told.as_json()


@router.post("/api/learning", status_code=202)
def start_learning(learning: Learns, _lead: Lead) -> dict[str, Any]:
    """Train CORE on all ratings so far and score all images, unless that is going on already."""
    return learning.start().as_json()


@router.delete("/api/learning")
def stop_learning(learning: Learns, _lead: Lead) -> dict[str, Any]:
    """Stop it; the model and the scores that are there stay."""
    return learning.cancel().as_json()

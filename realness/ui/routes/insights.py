"""Insights: CORE against people, and its training."""

from typing import Any

from fastapi import APIRouter

from realness.ui import payload
from realness.ui.routes.needs import Bench, Learns, Who, desk_in
from realness.ui.schemas import Id
from realness.workbench.insights import insights as found_insights

router = APIRouter()


@router.get("/api/insights")
def insights(bench: Bench, who: Who, learning: Learns, study: Id) -> dict[str, Any]:
    """CORE against people, as far as this reviewer may see it."""
    return payload.insights(found_insights(desk_in(bench, who, study)), learning.told)


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

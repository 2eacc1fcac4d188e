"""The hot paths, beside Gradio's queue, as JSON and bytes: reviews, drafts, lists, files; a module for each screen."""

from fastapi import APIRouter

from realness.ui.routes import (
    adjudicate,
    browse,
    chosen,
    compare,
    data,
    files,
    health,
    insights,
    people,
    review,
    studies,
    views,
)

router = APIRouter()
for part in (review, browse, chosen, views, compare, insights, adjudicate, data, files, people, studies, health):
    router.include_router(part.router)

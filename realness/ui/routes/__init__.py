"""The hot paths, beside Gradio's queue, as JSON and bytes: reviews, drafts, lists, files; a module for each screen."""

from fastapi import APIRouter

from realness.ui.routes import adjudicate, browse, compare, files, insights, people, review

router = APIRouter()
for part in (review, browse, compare, insights, adjudicate, files, people):
    router.include_router(part.router)

"""The hot paths, beside Gradio's queue, as JSON and bytes: reviews, drafts, lists, files; a module for each screen."""

from fastapi import APIRouter

from realness.ui.routes import browse, chosen, compare, data, files, insights, people, review, views

router = APIRouter()
for part in (review, browse, chosen, views, compare, insights, data, files, people):
    router.include_router(part.router)

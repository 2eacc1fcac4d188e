"""The hot paths, beside Gradio's queue, as JSON and bytes: reviews, drafts, lists, files; a module for each screen."""

from fastapi import APIRouter

from realness.ui.routes import browse, compare, files, insights, people, review, studies

router = APIRouter()
for part in (review, browse, compare, insights, files, people, studies):
    router.include_router(part.router)

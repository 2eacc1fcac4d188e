"""Compare: the maps of an image, and what people marked on it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from realness.ui import payload
from realness.ui.routes.needs import Bench, Who, desk_in
from realness.ui.schemas import Id
from realness.workbench.comparing import compared

router = APIRouter()


@router.get("/api/compare")
def compare(bench: Bench, who: Who, study: Id, image: Annotated[str, Query(max_length=100)]) -> dict[str, Any]:
    """One image with all of its maps that this reviewer may see; the files of their layers are asked for one by one."""
    at = desk_in(bench, who, study)
    return payload.compared(at, compared(at, image))

"""Files by opaque key: images, thumbnails, layers of maps."""

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from realness.domain import StoredMap
from realness.errors import NotFound
from realness.ui.routes.needs import Bench, Who, desk_in
from realness.ui.schemas import Id
from realness.workbench import Workbench, files
from realness.workbench.reviewing import desk_at

router = APIRouter()
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


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
def mapped_thumbnail_file(bench: Bench, who: Who, study: Id, map_id: Id, colour_map: str) -> FileResponse:
    """The thumbnail of an image with its map over it, for who may see that map in this study."""
    stored = desk_in(bench, who, study).visible_map(map_id)
    path = files.mapped_thumbnail_file(bench, bench.store.images.by_id(stored.image_id), stored, colour_map)
    return FileResponse(path, headers=_FOREVER, media_type=files.media_type(path))


@router.get("/files/map/{study}/{map_id}/{layer}")
def map_layer(bench: Bench, who: Who, study: Id, map_id: Id, layer: Id) -> Response:
    """One layer of a map as a grey PNG, for who may see it in this study; layer 0 is the combined one."""
    return _layer(bench, desk_in(bench, who, study).visible_map(map_id), layer)


@router.get("/files/text-map/{study}/{image}/{name}/{layer}")
def text_map_layer(bench: Bench, who: Who, study: Id, image: str, name: Id, layer: Id) -> Response:
    """The same of one of the descriptions that a person chooses from, by a name that tells nothing of it."""
    at, stored = desk_at(bench, who, study, image)
    return _layer(bench, at.map_to_choose(stored, name), layer)


def _layer(bench: Workbench, stored: StoredMap, layer: int) -> Response:
    if not 0 <= layer <= len(stored.phrases):
        raise NotFound("this map has no such layer; reload the page")
    return Response(files.layer_png(bench, stored, layer), media_type="image/png", headers=_FOREVER)

"""The files a browser asks for: display copies, thumbnails, map layers. Made once, kept in the data folder."""

from pathlib import Path

from realness import images
from realness.domain import StoredImage, StoredMap
from realness.dream import files as map_files
from realness.errors import InvalidValue
from realness.workbench.bench import Workbench

COLOUR_MAPS = ("viridis", "magma", "cividis")
"""Those of the screens."""
_ALPHA, _HIDDEN = 0.75, 0.3  # small pictures show less, and show it more strongly


def display_file(bench: Workbench, image: StoredImage) -> Path:
    """The lossless copy without metadata that a browser gets.

    Raises:
        UnreadableImage: the image's file is missing, changed or damaged.
    """
    target = bench.beside("display", image.facts.sha256)
    if not target.exists():
        images.display_copy(bench.checked_file(image), target)
    return target


def thumbnail_file(bench: Workbench, image: StoredImage) -> Path:
    """A small copy for lists.

    Raises:
        UnreadableImage: the image's file is missing, changed or damaged.
    """
    target = bench.beside("thumbs", f"{image.facts.sha256}.jpg")
    if not target.exists():
        images.thumbnail(bench.checked_file(image), target)
    return target


def mapped_thumbnail_file(bench: Workbench, image: StoredImage, stored: StoredMap, colour_map: str) -> Path:
    """The thumbnail of an image with its combined map over it, in one of `COLOUR_MAPS`.

    Raises:
        UnreadableImage: the image's or the map's file is missing, changed or damaged.
        InvalidValue: the screens have no such colour map.
    """
    if colour_map not in COLOUR_MAPS:
        raise InvalidValue(f"the colour map must be {', '.join(COLOUR_MAPS)}, got {colour_map!r}")
    target = bench.beside("thumbs", f"{image.facts.sha256}.{stored.sha256}.{colour_map}.jpg")
    if not target.exists():
        from realness.dream.pictures import tinted  # noqa: PLC0415  matplotlib, which nothing else here needs

        found = map_files.load(bench.settings.data / stored.path, stored.sha256)
        _, small = images.read_image(thumbnail_file(bench, image))
        images.write_jpeg(tinted(small, found.values, colour_map, _ALPHA, _HIDDEN), target)
    return target


def media_type(path: Path) -> str:
    """The media type of a display copy or a thumbnail."""
    return images.media_type(path)


def layer_png(bench: Workbench, stored: StoredMap, layer: int) -> bytes:
    """One layer of a map as an 8-bit grey PNG, white = realistic; layer 0 is the combined map."""
    found = map_files.load(bench.settings.data / stored.path, stored.sha256)
    return map_files.layer_png(found.values if layer == 0 else found.layers[layer - 1])

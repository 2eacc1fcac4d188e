"""The copies of an image that may reach a browser: no name, no prompt, no camera, nothing but pixels."""

import io
from pathlib import Path

from PIL import Image

from realness.atomic import write_bytes
from realness.errors import UnreadableImage
from realness.images.colour import composited, is_srgb, to_srgb
from realness.images.formats import HEAD, format_of
from realness.images.opening import MAX_PIXELS, Decoded, decode
from realness.images.stripping import strip_jpeg, strip_png

_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg"}


def display_copy(path: Path, target: Path, *, max_pixels: int = MAX_PIXELS) -> str:
    """Write what a browser shows for an image: upright, sRGB, 8-bit RGB(A), lossless, without metadata.

    Where only metadata has to go, the compressed pixels are kept as they are, byte for byte: an 8-bit RGB(A) PNG stays
    that PNG, a colour JPEG stays that JPEG (as PNG a photograph would be many times the size and no better). All else
    is written anew as PNG: rotated images, profiles other than sRGB, palettes, greys, 16 bits, CMYK, WebP, GIF, BMP,
    TIFF. PNG's gamma chunks are dropped too, since models do not apply them.

    Args:
        path: the image.
        target: where to write; parent folders are made, an existing file is replaced at once.
        max_pixels: as in `inspect_image`.

    Returns:
        The media type, `image/png` or `image/jpeg`.

    Raises:
        UnreadableImage: as `inspect_image`.
    """
    decoded = decode(path, max_pixels=max_pixels)
    data = _stripped(Path(path), decoded)
    if data is None:
        buffer = io.BytesIO()
        to_srgb(decoded.image).save(buffer, "PNG", compress_level=4)
        data = buffer.getvalue()
    write_bytes(Path(target), data)
    return _MEDIA_TYPES[format_of(data[:HEAD]) or "PNG"]


def thumbnail(path: Path, target: Path, long_side: int = 480) -> None:
    """Write a small JPEG of an image: upright, sRGB, at most `long_side` pixels on its long side, without metadata.

    Transparent parts are laid over the viewer's surround. A smaller image keeps its size.

    Raises:
        UnreadableImage: as `inspect_image`.
    """
    image = composited(to_srgb(decode(path, long_side=2 * long_side).image))
    image.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
    write_jpeg(image, target)


def write_jpeg(image: Image.Image, target: Path) -> None:
    """Write a small RGB picture as a thumbnail is written.

    Raises:
        CannotWrite: the place does not allow it.
    """
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85, optimize=True)
    write_bytes(Path(target), buffer.getvalue())


def media_type(path: Path) -> str:
    """The media type of a file that `display_copy` or `thumbnail` wrote.

    Raises:
        UnreadableImage: it is neither PNG nor JPEG.
    """
    with Path(path).open("rb") as file:
        kind = _MEDIA_TYPES.get(format_of(file.read(HEAD)) or "")
    if kind is None:
        raise UnreadableImage(f"{Path(path).name} is neither PNG nor JPEG; delete it and it is made again")
    return kind


def _stripped(path: Path, decoded: Decoded) -> bytes | None:
    image = decoded.image
    if decoded.turned or image.mode not in ("RGB", "RGBA") or not is_srgb(image):
        return None
    if decoded.facts.format == "PNG":
        with path.open("rb") as file:
            return strip_png(file)
    return strip_jpeg(path.read_bytes()) if decoded.facts.format == "JPEG" else None

"""Opening an image file that nobody has checked: limits first, then a full decode, then upright.

Pillow's plugin classes are called by name instead of `Image.open`: the format comes from the file's first
bytes alone, and the pixel limit is ours, from the header, without touching Pillow's process-wide one.
"""

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import (
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from realness.domain import ImageFacts
from realness.errors import UnreadableImage
from realness.images.colour import READABLE_MODES, composited, to_srgb
from realness.images.formats import HEAD, format_of, why_no_image
from realness.images.stripping import check_png, webp_size

MAX_PIXELS = 200_000_000
"""Most pixels, width times height, that an image may have."""
MAX_SIDE = 65_535
"""Longest side, in pixels, that an image may have: what JPEG allows. To turn a strip of millions takes minutes."""
MAX_BYTES = 512 * 1024 * 1024
"""Most bytes that an image file may have."""

_PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Decoded:
    """An image as its file holds it, whole and upright.

    Attributes:
        image: the first frame in the file's own mode; its `info` holds the file's metadata.
        turned: True when EXIF rotation was applied.
    """

    image: Image.Image
    facts: ImageFacts
    turned: bool


def inspect_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> ImageFacts:
    """Hash a file and decode it fully, so that a damaged one is found now and not on a reviewer's screen.

    Raises:
        UnreadableImage: not a regular file, over 512 MB or `max_pixels`, cut short, damaged, or no image of
            a kind that is read; the message says which.
    """
    return decode(path, max_pixels=max_pixels).facts


def read_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> tuple[ImageFacts, Image.Image]:
    """Read an image for a model: its facts, and 8-bit sRGB pixels, upright.

    Only the first frame of several is read. Transparent parts are laid over the viewer's surround (`SURROUND`),
    so that a model sees what a reviewer sees. 16-bit grey keeps its upper 8 bits.

    Raises:
        UnreadableImage: as `inspect_image`.
    """
    decoded = decode(path, max_pixels=max_pixels)
    return decoded.facts, composited(to_srgb(decoded.image))


def decode(path: Path, *, max_pixels: int = MAX_PIXELS, long_side: int | None = None) -> Decoded:
    """Decode a file within the limits; the first frame of several.

    Args:
        path: any file; the name is not believed.
        max_pixels: most pixels, checked from the header before anything is decoded.
        long_side: a JPEG may be decoded smaller, but not below this (for thumbnails); the facts then give that size.

    Raises:
        UnreadableImage: as `inspect_image`.
    """
    path = Path(path)
    try:
        with _regular(path) as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            file.seek(0)
            image = _identified(file, max_pixels)
            if long_side is not None:
                image.draft(None, (long_side, long_side))
            image.load()
            kind = str(image.format)
            upright, turned = _upright(image)
    except UnreadableImage as error:
        raise UnreadableImage(f"{path.name} {error}") from None
    except FileNotFoundError:
        raise UnreadableImage(f"{path.name} is not there; check the path") from None
    except Exception as error:  # a decoder may raise anything at all on hostile bytes
        raise UnreadableImage(f"{path.name} {_in_words(error)}") from error
    return Decoded(upright, ImageFacts(sha256, *upright.size, kind, size), turned)


def decode_bytes(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode an image that is no file, within the same limits, as its bytes hold it: not turned.

    Raises:
        UnreadableImage: as `inspect_image`; the message starts with the verb.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableImage(f"has {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        image = _identified(BytesIO(data), max_pixels)
        image.load()
    except UnreadableImage:
        raise
    except Exception as error:  # as in `decode`
        raise UnreadableImage(_in_words(error)) from error
    return image


def _regular(path: Path) -> BufferedReader:
    status = os.stat(path)  # noqa: PTH116 - before opening: opening a named pipe would wait for ever
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableImage("is not a regular file")
    if status.st_size > MAX_BYTES:
        raise UnreadableImage(f"has {status.st_size:,} bytes; at most {MAX_BYTES:,} are read")
    return path.open("rb")


def _identified(file: BinaryIO, max_pixels: int) -> ImageFile.ImageFile:
    head = file.read(HEAD)
    kind = format_of(head)
    if kind is None:
        raise UnreadableImage(why_no_image(head))
    if kind == "WEBP":
        _check_pixels(*webp_size(head), max_pixels)  # its decoder makes room for the canvas when it opens
    file.seek(0)
    image = _PLUGINS[kind](file)
    _check_pixels(*image.size, max_pixels)
    if image.mode not in READABLE_MODES:
        raise UnreadableImage(f"has pixels of the kind {image.mode}; save it with 8 or 16 bits in each channel")
    if kind == "PNG":
        # Pillow is content when the pixels are there; browsers and libpng also want whole, correct chunks.
        place = file.tell()
        file.seek(0)
        check_png(file)
        file.seek(place)
    return image


def _check_pixels(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise UnreadableImage("says that it has no pixels")
    if width * height > max_pixels:
        raise UnreadableImage(f"has {width} x {height} pixels; at most {max_pixels:,} are read. Scale it down first")
    if max(width, height) > MAX_SIDE:
        raise UnreadableImage(f"has {width} x {height} pixels; at most {MAX_SIDE:,} a side are read. Cut it up first")


def _upright(image: ImageFile.ImageFile) -> tuple[Image.Image, bool]:
    turn = None
    with suppress(Exception):  # unreadable EXIF says nothing about the rotation
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return (image, False) if turn is None else (image.transpose(turn), True)


def _in_words(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "cannot be opened: permission denied"
    if isinstance(error, Image.DecompressionBombError):
        return "has more pixels than can be read; scale it down first"
    if isinstance(error, MemoryError):
        return "needs more memory than there is; scale it down first"
    short = isinstance(error, EOFError) or "truncated" in str(error).lower()
    return f"is {'cut short' if short else 'damaged'}; fetch or export it again"

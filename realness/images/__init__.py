"""Image files that nobody has checked: opened within limits, made upright sRGB, copied without their metadata."""

from realness.images.colour import SURROUND
from realness.images.copies import display_copy, media_type, thumbnail, write_jpeg
from realness.images.formats import EXTENSIONS, IMAGE_SUFFIXES, OTHER_IMAGE_SUFFIXES, format_of
from realness.images.grey import read_grey, read_marks
from realness.images.opening import MAX_BYTES, MAX_PIXELS, MAX_SIDE, inspect_image, read_image
from realness.images.regions import bounding_box, rasterise

__all__ = [
    "EXTENSIONS",
    "IMAGE_SUFFIXES",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "OTHER_IMAGE_SUFFIXES",
    "SURROUND",
    "bounding_box",
    "display_copy",
    "format_of",
    "inspect_image",
    "media_type",
    "rasterise",
    "read_grey",
    "read_image",
    "read_marks",
    "thumbnail",
    "write_jpeg",
]

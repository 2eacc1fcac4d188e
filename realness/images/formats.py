"""Which image formats are read, told by the first bytes of a file and never by its name."""

import re

HEAD = 64
"""How many bytes from the start of a file `format_of` and `why_no_image` need."""

EXTENSIONS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tif"}
"""The formats that are read, by Pillow's names, with the extension that a copy of such a file gets."""

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".apng"}
)
"""Names that promise an image of a format that is read."""

OTHER_IMAGE_SUFFIXES = frozenset(
    {".svg", ".svgz", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".psd", ".ico", ".tga", ".exr", ".hdr", ".dng"}
)
"""Names that promise an image of a format that is not read."""

_MAGIC = (
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("WEBP", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("TIFF", re.compile(rb"II[*+]\0|MM\0[*+]")),
    ("BMP", re.compile(rb"BM")),
)
_STRANGERS = (
    (re.compile(rb"\Z"), "is empty"),
    (re.compile(rb"\s*(?:<\?xml|<svg)", re.IGNORECASE), "is an SVG or XML text, not a pixel image; export it as PNG"),
    (re.compile(rb"\s*<(?:!doctype )?html", re.IGNORECASE), "is a web page under an image's name; download it again"),
    (re.compile(rb"version https://git-lfs"), "is a Git LFS pointer; run `git lfs pull`"),
    (re.compile(rb".{4}ftyp(?:avif|avis|heic|heix|mif1|msf1)", re.DOTALL), "is AVIF or HEIC; export it as PNG"),
    (re.compile(rb"%PDF"), "is a PDF; export it as PNG"),
)


def format_of(head: bytes) -> str | None:
    """The format, by Pillow's name, of a file that starts with `head`; None when it is none that is read."""
    return next((name for name, magic in _MAGIC if magic.match(head)), None)


def why_no_image(head: bytes) -> str:
    """Why a file that starts with `head`, of which `format_of` knows nothing, cannot be used."""
    reasons = (reason for pattern, reason in _STRANGERS if pattern.match(head))
    return next(reasons, "is not an image of a kind that is read (PNG, JPEG, WebP, GIF, BMP, TIFF)")

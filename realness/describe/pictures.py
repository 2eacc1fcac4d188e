"""The copy of an image that a describer is given."""

import base64
import io
import math

from PIL import Image

from realness.describe.asking import LONG_SIDE

QUALITY = 95
_BASE, _TILE, _TILE_SIDE = 85, 170, 512
_SHORT_SIDE = 768


def scaled(picture: Image.Image) -> Image.Image:
    """The picture with at most `LONG_SIDE` pixels on its long side."""
    if max(picture.size) <= LONG_SIDE:
        return picture
    smaller = picture.copy()
    smaller.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return smaller


def data_url(picture: Image.Image) -> str:
    """A picture as a `data:` URL: JPEG of quality 95 with its colours in full, scaled, without metadata."""
    buffer = io.BytesIO()
    scaled(picture).convert("RGB").save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def image_tokens(size: tuple[int, int]) -> int:
    """About how many tokens an image of `(width, height)` counts as: OpenAI's rule for GPT-4o and GPT-4.1.

    85, and 170 for each tile of 512 pixels of the copy that is sent, its short side brought to at most 768. Other
    models count in other ways; a reply tells how many it was.
    """
    sent = min(1.0, LONG_SIDE / max(size))
    width, height = (length * sent for length in size)
    shrunk = min(1.0, _SHORT_SIDE / min(width, height))
    return _BASE + _TILE * math.ceil(width * shrunk / _TILE_SIDE) * math.ceil(height * shrunk / _TILE_SIDE)

"""Images that are no pictures: masks and heat maps of data sets, read value by value within the same limits."""

from pathlib import Path

import numpy as np

from realness.errors import UnreadableImage
from realness.images.opening import MAX_PIXELS, decode, decode_bytes


def read_marks(path: Path, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read a mask: what is not 0 is marked, in whichever channel; of a palette the indices count, transparency never.

    Returns:
        `(H, W)` bool, True where it is marked.

    Raises:
        UnreadableImage: as `inspect_image`.
    """
    image = decode(path, max_pixels=max_pixels).image
    values = np.asarray(image)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa"):
        values = values[..., :-1]
    return values != 0 if values.ndim == 2 else (values != 0).any(axis=2)


def read_grey(data: bytes, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read a heat map from an encoded image of 8 bits; colours become their brightness.

    Returns:
        `(h, w)` uint8.

    Raises:
        UnreadableImage: it is no such image, has more pixels, or is damaged; the message starts with the verb.
    """
    image = decode_bytes(data, max_pixels=max_pixels)
    if image.mode not in ("1", "L", "RGB"):
        raise UnreadableImage(f"has pixels of the kind {image.mode}; save it as 8-bit grey")
    return np.array(image.convert("L"))

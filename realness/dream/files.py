"""Realness maps as files: written whole or not at all, verified when read. Needs no torch."""

import hashlib
import io
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from realness.atomic import write_bytes
from realness.domain import RealnessMap
from realness.errors import InvalidValue, UnreadableImage

_ARRAYS = ("values", "raw", "layers")
_NO_MAP = (ValueError, TypeError, KeyError, OSError, EOFError, OverflowError, MemoryError, RuntimeError, InvalidValue)
_NO_MAP += (struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error)
"""All that a changed archive makes its readers raise."""


def save(found: RealnessMap, target: Path) -> str:
    """Write a map as float16 in an uncompressed `.npz`, folders included. The same map gives the same bytes.

    Compressed, a large one would be a fifth smaller and take more than twice as long to read: see `bench maps`.

    Returns:
        The SHA-256 of the file's bytes.

    Raises:
        CannotWrite: the place does not allow it.
    """
    buffer = io.BytesIO()
    arrays = {name: getattr(found, name).astype(np.float16) for name in _ARRAYS}
    told = {name: np.array(getattr(found, name)) for name in ("method", "clip", "phrases", "size")}
    np.savez(buffer, allow_pickle=False, **arrays, **told)
    data = buffer.getvalue()
    write_bytes(target, data)
    return hashlib.sha256(data).hexdigest()


def load(path: Path, sha256: str | None = None) -> RealnessMap:
    """Read a map, and hold the bytes against their hash when one is given. Compressed files are read too.

    Args:
        path: what `save` wrote.
        sha256: of the file's bytes, as `save` gave it; without it only the archive's own checksums are held.

    Returns:
        The map with its arrays as float32, exactly the half-precision values that were kept.

    Raises:
        UnreadableImage: the file is missing, is no map, or was changed.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableImage("the map's file is missing; compute it again with `map`") from error
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise UnreadableImage("the map's file is damaged; delete it and compute it again with `map`")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            values, raw, layers = (stored[name].astype(np.float32) for name in _ARRAYS)
            width, height = (int(side) for side in stored["size"])
            phrases = tuple(str(phrase) for phrase in stored["phrases"])
            method, clip = str(stored["method"]), str(stored["clip"])
        return RealnessMap(values, raw, layers, phrases, method, clip, (width, height))
    except _NO_MAP as error:
        raise UnreadableImage("the map's file is no map; delete it and compute it again with `map`") from error


def layer_png(values: np.ndarray) -> bytes:
    """A map, or one layer, `(h, w)` in [0, 1], as an 8-bit single-channel PNG: white = realistic."""
    grey = np.rint(np.clip(values, 0.0, 1.0) * 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    return buffer.getvalue()

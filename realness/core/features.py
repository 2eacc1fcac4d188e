"""Vectors of images and texts, computed once: kept by encoder and by content."""

import hashlib
import io
import uuid
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from realness.atomic import write_bytes
from realness.core.encoders import Encoder
from realness.domain import Skipped

Progress = Callable[[int, int | None], None]
KEPT_EVERY = 64
"""Vectors that are written together: what a stopped run loses at most."""


@dataclass(frozen=True)
class FeatureCache:
    """Vectors on disk, `FOLDER/ENCODER/*.npz`: each file holds some, with the SHA-256 of what they are of."""

    folder: Path

    def vectors(
        self, encoder: Encoder, items: Mapping[str, Any], progress: Progress | None = None
    ) -> tuple[dict[str, np.ndarray], list[Skipped]]:
        """The vector of every item, those that are missing computed now and kept.

        Args:
            items: what the encoder takes, by the SHA-256 of its content.
            progress: told how many of the missing ones are done, of how many.

        Returns:
            `(d,)` float32 by SHA-256, and which items could not be read.

        Raises:
            CannotWrite: the folder is full or read-only.
        """
        place = self.folder / hashlib.sha256(encoder.identity.encode()).hexdigest()[:16]
        found = {key: vector for key, vector in _kept(place).items() if key in items}
        missing = [key for key in items if key not in found]
        skipped: list[Skipped] = []
        fresh: dict[str, np.ndarray] = {}
        for done, (key, vector) in enumerate(
            zip(missing, encoder.encode([items[key] for key in missing]), strict=True), 1
        ):
            if isinstance(vector, Skipped):
                skipped.append(Skipped(key, vector.reason))
            else:
                found[key] = fresh[key] = vector
            if fresh and (len(fresh) >= KEPT_EVERY or done == len(missing)):
                _keep(place, fresh)
                fresh = {}
            if progress is not None:
                progress(done, len(missing))
        return found, skipped


def text_key(text: str) -> str:
    """The SHA-256 of a text, by which its vector is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(place: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for file in sorted(place.glob("*.npz")):
        try:
            with np.load(file, allow_pickle=False) as stored:
                keys, vectors = stored["keys"], stored["vectors"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            continue  # damaged: computed again
        if vectors.ndim == 2 and len(keys) == len(vectors) and np.isfinite(vectors).all():
            found |= {str(key): vector for key, vector in zip(keys, vectors, strict=True)}
    return found


def _keep(place: Path, fresh: Mapping[str, np.ndarray]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, keys=np.array(list(fresh)), vectors=np.stack(list(fresh.values())))
    write_bytes(place / f"{uuid.uuid4().hex}.npz", buffer.getvalue())


def matrix(found: Mapping[str, np.ndarray], keys: Sequence[str]) -> np.ndarray:
    """`(n, d)` of the keys in order."""
    return np.stack([found[key] for key in keys])

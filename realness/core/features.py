"""Vectors of images and texts, computed once: kept by encoder and by content."""

import hashlib
import io
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from realness.atomic import write_bytes
from realness.core.encoders import Encoder
from realness.domain import Skipped
from realness.errors import UnsupportedModel

Progress = Callable[[int, int | None], None]
KEPT_EVERY = 64
"""Vectors that are written together: what a stopped run loses at most."""


@dataclass(frozen=True)
class FeatureCache:
    """Vectors on disk, `FOLDER/ENCODER/*.npz`: each file holds some, with the SHA-256 of what they are of. Without a
    folder nothing is kept.
    """

    folder: Path | None
    _held: dict[Path, dict[str, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)

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
            UnsupportedModel: the encoder gives something else than numbers.
        """
        place = self.folder and self.folder / hashlib.sha256(encoder.identity.encode()).hexdigest()[:16]
        held = self._known(place)
        found = {key: held[key] for key in items if key in held}
        missing = [key for key in items if key not in found]
        skipped: list[Skipped] = []
        fresh: dict[str, np.ndarray] = {}
        for done, (key, vector) in enumerate(
            zip(missing, encoder.encode([items[key] for key in missing]), strict=True), 1
        ):
            if isinstance(vector, Skipped):
                skipped.append(Skipped(key, vector.reason))
            elif not np.isfinite(vector).all():
                raise UnsupportedModel(f"the encoder {encoder.spec} gives no numbers (NaN); its weights are damaged")
            else:
                found[key] = fresh[key] = held[key] = vector
            if place and fresh and (len(fresh) >= KEPT_EVERY or done == len(missing)):
                _keep(place, fresh)
                fresh = {}
            if progress is not None:
                progress(done, len(missing))
        return found, skipped

    def forget(self, keys: Collection[str]) -> None:
        """Take the vectors of these out of every file, whichever encoder they are by.

        Raises:
            CannotWrite: the folder is full or read-only.
        """
        self._held.clear()
        for place in self.folder.glob("*/") if self.folder else ():
            for file in place.glob("*.npz"):
                found = _read(file)
                left = {key: vector for key, vector in found.items() if key not in keys}
                if len(left) < len(found):
                    if left:
                        _keep(place, left)
                    file.unlink()

    def _known(self, place: Path | None) -> dict[str, np.ndarray]:
        if place is None:
            return {}
        if place not in self._held:
            self._held[place] = _kept(place)
        return self._held[place]


def text_key(text: str) -> str:
    """The SHA-256 of a text, by which its vector is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(place: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for file in sorted(place.glob("*.npz")):
        new = _read(file)
        if not (found and new) or len(next(iter(new.values()))) == len(next(iter(found.values()))):
            found |= new
    return found


def _read(file: Path) -> dict[str, np.ndarray]:
    """What a file holds; nothing where it is damaged."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            keys, vectors = stored["keys"], stored["vectors"]
        good = vectors.ndim == 2 and vectors.shape[1] > 0 and keys.ndim == 1 and len(keys) == len(vectors)
        if not good or not np.isfinite(vectors).all():
            return {}
    except Exception:  # noqa: BLE001 - whatever a damaged archive makes its readers raise: computed again
        return {}
    return {str(key): vector for key, vector in zip(keys, vectors, strict=True)}


def _keep(place: Path, fresh: Mapping[str, np.ndarray]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, keys=np.array(list(fresh)), vectors=np.stack(list(fresh.values())))
    write_bytes(place / f"{uuid.uuid4().hex}.npz", buffer.getvalue())


def matrix(found: Mapping[str, np.ndarray], keys: Sequence[str]) -> np.ndarray:
    """`(n, d)` of the keys in order."""
    return np.stack([found[key] for key in keys])

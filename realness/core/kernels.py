"""How alike images and descriptions are, source by source: what the heads on frozen features are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse
from scipy.spatial.distance import cdist

from realness.core.words import Words

IMAGE, TEXT, VERDICT = "image", "text", "verdict"
FAMILIES = (IMAGE, TEXT, VERDICT)
WORDS = "tfidf"
_CLIPPED = 3.0
"""Deviations: statistics that lie farther out are as if they lay there."""


@dataclass(frozen=True)
class Encoded:
    """Samples as vectors.

    Attributes:
        vectors: `(n, d)` float32 by source, `FAMILY:SPEC`; `verdict` among them.
        texts: the descriptions, `n` of them, for what is learned from them.
    """

    vectors: Mapping[str, np.ndarray]
    texts: Sequence[str]

    def take(self, at: np.ndarray) -> "Encoded":
        """Some of the samples, by index."""
        return Encoded({name: each[at] for name, each in self.vectors.items()}, [self.texts[int(one)] for one in at])

    def __len__(self) -> int:
        return len(self.texts)


def family_of(source: str) -> str:
    """What a source `FAMILY:SPEC` is of."""
    return source.partition(":")[0]


@dataclass(frozen=True)
class Scaling:
    """How the vectors of one source are made comparable, as learned from a training.

    Attributes:
        centre, spread: `(d,)`; `spread` is None for embeddings, which are centred and made unit length.
    """

    centre: np.ndarray
    spread: np.ndarray | None

    @classmethod
    def learned(cls, source: str, vectors: np.ndarray) -> "Scaling":
        """From a training's vectors."""
        centre = vectors.mean(axis=0)
        return cls(centre, vectors.std(axis=0) + 1e-6 if source == f"{IMAGE}:stats" else None)

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors whose squared distances are about 2 where nothing is alike."""
        centred = vectors - self.centre
        if self.spread is None:
            return centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9)
        return np.clip(centred / self.spread, -_CLIPPED, _CLIPPED) / np.sqrt(vectors.shape[1])


@dataclass(frozen=True)
class Spaces:
    """What a training made of each source.

    Attributes:
        linear: whether likeness is the product of vectors (ridge regression) and not a Gaussian of their distance.
        scalings: by source of dense vectors.
        words: of `text:tfidf`; None without it.
    """

    linear: bool
    scalings: Mapping[str, Scaling]
    words: Words | None

    @classmethod
    def learned(cls, encoded: Encoded, sources: Sequence[str], *, linear: bool) -> "Spaces":
        """From a training's samples."""
        dense = [each for each in sources if each not in (f"{TEXT}:{WORDS}", VERDICT)]
        words = Words.learned(encoded.texts) if f"{TEXT}:{WORDS}" in sources else None
        return cls(linear, {each: Scaling.learned(each, encoded.vectors[each]) for each in dense}, words)

    def placed(self, encoded: Encoded, sources: Sequence[str]) -> dict[str, Any]:
        """The samples in each source's space: what `likeness` compares."""
        placed: dict[str, Any] = {}
        for source in sources:
            if source in self.scalings:
                placed[source] = self.scalings[source](encoded.vectors[source]).astype(np.float32)
            elif source == VERDICT:
                placed[source] = encoded.vectors[VERDICT].astype(np.float32)
            elif self.words is not None:
                placed[source] = self.words.features(encoded.texts)
        return placed

    def likeness(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """By family `(n, m)`: the mean over its sources; 1 for the same sample."""
        found: dict[str, list[np.ndarray]] = {}
        for source, rows in one.items():
            found.setdefault(family_of(source), []).append(self._of(source, rows, other[source]))
        return {family: np.mean(each, axis=0) for family, each in found.items()}

    def _of(self, source: str, rows: Any, columns: Any) -> np.ndarray:
        if issparse(rows):
            return np.asarray((csr_matrix(rows) @ csr_matrix(columns).T).todense(), float)
        if self.linear or source == VERDICT:
            return rows.astype(float) @ columns.T.astype(float)
        width = 1.0 if self.scalings[source].spread is not None else 0.5
        return np.exp(-width * cdist(rows, columns, "sqeuclidean"))

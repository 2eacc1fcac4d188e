"""CORE (Cross-modal Objective Realness Estimator): how real an image looks, from its pixels and its description.

The `fast` preset: frozen encoders, one head on their vectors. `realness.core.paper` has the published setting.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from realness.core.encoders import Encoder, image_encoder, text_encoder
from realness.core.features import FeatureCache, matrix, text_key
from realness.core.fitting import fit
from realness.core.heads import Head
from realness.core.kernels import IMAGE, TEXT, VERDICT, WORDS, Encoded, family_of
from realness.core.samples import Rated, Sample, check_rated, weights_of
from realness.core.score import NONE, Core, Prediction, Progress, image_item, without_text
from realness.core.words import verdict_features
from realness.domain import Skipped
from realness.errors import InvalidValue, UnreadableImage, UnsupportedModel


@dataclass(frozen=True)
class Encoders:
    """The encoders of a model by source, `FAMILY:SPEC`. `text:tfidf` has none: it is learned with each model."""

    by_source: Mapping[str, Encoder]
    sources: list[str]

    @classmethod
    def of(cls, image: Sequence[str] = ("stats",), text: Sequence[str] = (WORDS,)) -> "Encoders":
        """Encoders by SPEC; `none` stands for no image, or no text.

        Raises:
            InvalidValue: a SPEC is unknown, given twice, or there is none at all.
            WeightsNotFound: weights cannot be had.
        """
        pixels, words = ([one for one in specs if one != NONE] for specs in (image, text))
        sources = [f"{IMAGE}:{one}" for one in pixels] + [f"{TEXT}:{one}" for one in words]
        if not sources:
            raise InvalidValue("CORE needs an image encoder or a text encoder; leave out one `none`")
        if len(set(sources)) < len(sources):
            raise InvalidValue("the same encoder is named twice; name it once")
        found = {f"{IMAGE}:{one}": image_encoder(one) for one in pixels}
        found |= {f"{TEXT}:{one}": text_encoder(one) for one in words if one != WORDS}
        return cls(found, [*sources, VERDICT] if words else sources)

    @property
    def reads_text(self) -> bool:
        """Whether a sample needs a description."""
        return VERDICT in self.sources

    def encode(
        self, samples: Sequence[Sample], cache: FeatureCache, progress: Progress | None = None
    ) -> tuple[Encoded, list[int], list[Skipped]]:
        """Samples as vectors, from the cache where they are there.

        Returns:
            The vectors, which of the samples they are of, and which samples could not be used.
        """
        skipped: list[Skipped] = []
        usable = list(range(len(samples)))
        if self.reads_text:
            skipped += without_text(samples)
            usable = [at for at in usable if samples[at].text.strip()]
        by_key: dict[str, dict[str, np.ndarray]] = {}
        for source, encoder in self.by_source.items():
            of_image = family_of(source) == IMAGE
            items = {_key(samples[at], of_image): samples[at].file if of_image else samples[at].text for at in usable}
            by_key[source], unread = cache.vectors(encoder, items, progress)
            skipped += unread
        used = [
            at
            for at in usable
            if all(_key(samples[at], family_of(source) == IMAGE) in found for source, found in by_key.items())
        ]
        texts = [samples[at].text for at in used]
        vectors = {VERDICT: verdict_features(texts)}
        for source, found in by_key.items():
            of_image = family_of(source) == IMAGE
            vectors[source] = matrix(found, [_key(samples[at], of_image) for at in used]) if used else np.empty((0, 0))
        return Encoded(vectors, texts), used, skipped


def _key(sample: Sample, of_image: bool) -> str:
    return sample.sha256 if of_image else text_key(sample.text)


@dataclass(frozen=True, repr=False)
class FastCore(Core):
    """The `fast` preset: frozen encoders, one head on their vectors.

    Attributes:
        head: fitted to the vectors.
        identities: of the encoders that it was trained with, by source.
        facts: what its checkpoint tells of its training.
        encoders: loaded ones, the same as in training.
    """

    head: Head
    identities: Mapping[str, str]
    facts: Mapping[str, Any]
    encoders: Encoders

    @property
    def reads_text(self) -> bool:
        """See `Core`."""
        return self.encoders.reads_text

    def predict(self, image: Image.Image | np.ndarray | Path | str, text: str = "") -> Prediction:
        """See `Core`."""
        self.check_text(text)
        vectors = {VERDICT: verdict_features([text])}
        for source, encoder in self.encoders.by_source.items():
            item = image_item(image) if family_of(source) == IMAGE else text
            (vector,) = encoder.encode([item])
            if isinstance(vector, Skipped):
                raise UnreadableImage(vector.reason)
            vectors[source] = vector[None]
        return self._said(Encoded(vectors, [text]))[0]

    def predict_all(
        self, samples: Sequence[Sample], cache: FeatureCache, progress: Progress | None = None
    ) -> tuple[list[Prediction | None], list[Skipped]]:
        """See `Core`.

        An image that the head was fitted to is left out of its own score, whatever is said of it now: so the score may
        be held against its rating.
        """
        encoded, used, skipped = self.encoders.encode(samples, cache, progress)
        found: list[Prediction | None] = [None] * len(samples)
        known = np.array([self._rows.get(samples[at].sha256, -1) for at in used], int)
        for at, said in zip(used, self._said(encoded, known) if used else [], strict=True):
            found[at] = said
        return found, skipped

    @cached_property
    def _rows(self) -> dict[str, int]:
        """The head's row of each image that it was fitted to."""
        return {str(sha256): row for row, sha256 in enumerate(self.facts["samples"])}

    def _said(self, encoded: Encoded, known: np.ndarray | None = None) -> list[Prediction]:
        scores, deviations = self.head.predict(encoded, known)
        return [Prediction.within(float(score), float(one)) for score, one in zip(scores, deviations, strict=True)]


def trained(encoded: Encoded, samples: Sequence[Rated], encoders: Encoders, head: str = "gp") -> FastCore:
    """Fit a model to rated samples.

    Args:
        encoded: the samples as `encoders` encode them.

    Raises:
        InvalidValue: too few samples, or all of one rating; or the head is unknown.
    """
    check_rated(samples)
    ratings = np.array([one.rating for one in samples])
    fitted = fit(encoded, ratings, weights_of(samples), encoders.sources, head)
    identities = {source: encoder.identity for source, encoder in encoders.by_source.items()}
    learned = [samples[row].sha256 for row in fitted.rows]
    facts = {"preset": "fast", "data": data_digest(samples), "samples": learned}
    return FastCore(fitted, identities, facts, encoders)


def data_digest(samples: Sequence[Rated]) -> str:
    """A hash of what a model learned from: images, texts, ratings and votes, in any order."""
    lines = sorted(f"{one.sha256} {text_key(one.text)} {one.rating!r} {one.votes}" for one in samples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def check_same_encoders(core: FastCore) -> None:
    """Refuse encoders that give other numbers than those of the training.

    Raises:
        UnsupportedModel: one does.
    """
    for source, identity in core.identities.items():
        now = core.encoders.by_source[source].identity
        if now != identity:
            spec = source.partition(":")[2]
            raise UnsupportedModel(
                f"the encoder {spec} is another one by now ({now}) than in this model's training ({identity}); "
                "train again with `core train`"
            )

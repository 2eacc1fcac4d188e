"""Descriptions as numbers, learned from the descriptions that CORE is trained on: TF-IDF and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from realness.descriptions import parse_verdict
from realness.domain import Verdict
from realness.errors import InvalidValue

_VIEWS: tuple[dict[str, Any], ...] = (
    {"analyzer": "word", "ngram_range": (1, 2), "sublinear_tf": True},
    {"analyzer": "char_wb", "ngram_range": (2, 5), "sublinear_tf": True, "min_df": 2},
)
"""Words and pairs of words, and parts of words: the second knows that "blurry" and "blurred" belong together."""
_VERDICTS = tuple(Verdict)


def verdict_features(texts: Sequence[str]) -> np.ndarray:
    """`(n, 3)`: one for the verdict that a description begins with (`yes`, `somewhat`, `no`); zeros where none does."""
    found = [parse_verdict(text)[0] for text in texts]
    return np.array([[float(each is verdict) for verdict in _VERDICTS] for each in found]).reshape(-1, len(_VERDICTS))


@dataclass(frozen=True)
class Words:
    """TF-IDF over words and parts of words.

    Attributes:
        vocabularies: of each view: terms in the order of their columns.
        weights: of each view: the inverse document frequencies, `(terms,)`.
    """

    vocabularies: tuple[list[str], ...]
    weights: tuple[np.ndarray, ...]

    @classmethod
    def learned(cls, texts: Sequence[str]) -> "Words":
        """From the descriptions of a training.

        Raises:
            InvalidValue: there is no word in any of them.
        """
        fitted = []
        for view in _VIEWS:
            least = min(view.get("min_df", 1), len(texts))
            try:
                fitted.append(TfidfVectorizer(**(view | {"min_df": least})).fit(texts))
            except ValueError as error:
                raise InvalidValue(
                    "the descriptions hold no words to learn from; import others, or use --text none"
                ) from error
        return cls(
            tuple([str(term) for term in each.get_feature_names_out()] for each in fitted),
            tuple(np.asarray(each.idf_, np.float32) for each in fitted),
        )

    def features(self, texts: Sequence[str]) -> csr_matrix:
        """`(n, terms)` sparse, each view of length 1 / sqrt(2): their product is the mean cosine of the views."""
        parts = []
        for view, vocabulary, weights in zip(_VIEWS, self.vocabularies, self.weights, strict=True):
            options = {name: value for name, value in view.items() if name != "min_df"}
            vectorizer = TfidfVectorizer(**options, vocabulary=vocabulary)
            vectorizer.idf_ = weights.astype(float)
            parts.append(vectorizer.transform(texts) * np.sqrt(1 / len(_VIEWS)))
        return csr_matrix(hstack(parts))

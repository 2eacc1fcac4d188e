"""The text half of CORE's network: a model of the BERT family with its tokenizer, published, local or begun here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from realness.core.frozen import bert
from realness.core.network import SCRATCH

PUBLISHED = "google-bert/bert-base-uncased"
LONGEST = 128
"""Tokens of a description that are read, as published."""
_LEARNING: dict[str, Any] = {"vocab_size": 4000, "min_frequency": 2, "show_progress": False}
_TINY: dict[str, Any] = {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 512}
"""Of the model begun here: BERT-Tiny (Turc et al., arXiv 1908.08962)."""


@dataclass(frozen=True)
class Bert:
    """What text networks are made from.

    Attributes:
        config: the architecture.
        tokenizer: of transformers.
        spec: where its published weights come from; None for random ones.
    """

    config: Any
    tokenizer: Any
    spec: str | None

    @classmethod
    def of(cls, spec: str, texts: Sequence[str], *, fresh: bool) -> "Bert":
        """By SPEC.

        Args:
            spec: `scratch`, a local folder or a hub's id.
            texts: descriptions that the tokenizer of `scratch` learns its word pieces from.
            fresh: random weights in place of the published ones. `scratch` has no others.

        Raises:
            WeightsNotFound: it is neither a folder with a model nor can it be had from the hub.
            UnsupportedModel: the folder holds something else.
        """
        if spec == SCRATCH:
            return _begun(texts)
        model, tokenizer = bert(spec, _WAY_OUT, fresh=fresh)
        return cls(model.config, tokenizer, None if fresh else spec)

    @classmethod
    def read(cls, folder: Path) -> "Bert":
        """From a folder that `save` wrote: for weights that come from elsewhere.

        Raises:
            OSError, ValueError: it is damaged.
        """
        from transformers import AutoConfig, AutoTokenizer  # noqa: PLC0415

        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        return cls(config, AutoTokenizer.from_pretrained(folder, trust_remote_code=False), None)

    def save(self, folder: Path) -> None:
        """Write architecture and tokenizer, without weights."""
        self.config.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def model(self) -> Any:
        """A network: with the published weights, or with random ones as the seed has it; in fp32."""
        from transformers import AutoModel  # noqa: PLC0415

        if self.spec is not None:
            return bert(self.spec, _WAY_OUT)[0]
        return AutoModel.from_config(self.config, trust_remote_code=False).float()

    def tokens(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token ids and mask, `(n, L)` int64 each, up to the longest text, which is cut at `LONGEST`."""
        longest = min(LONGEST, getattr(self.config, "max_position_embeddings", LONGEST))
        if not texts:
            return torch.empty((0, 1), dtype=torch.long), torch.empty((0, 1), dtype=torch.long)
        found = self.tokenizer(list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt")
        return found["input_ids"], found["attention_mask"]


_SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
_WAY_OUT = "begin with a small text model of random weights by --text scratch"


def _begun(texts: Sequence[str]) -> Bert:
    """A tiny BERT, and word pieces (WordPiece) learned from the texts."""
    from tokenizers import BertWordPieceTokenizer  # noqa: PLC0415
    from transformers import BertConfig, PreTrainedTokenizerFast  # noqa: PLC0415

    learning = BertWordPieceTokenizer(lowercase=True)
    normal = [learning.normalize(text) for text in texts]
    # The trainer numbers letters inside words in an order that changes from run to run, and breaks ties by number:
    # named beforehand, they and what is learned are always the same.
    inside = sorted({f"##{letter}" for text in normal for letter in text if not letter.isspace()})
    special = list(_SPECIAL.values())
    learning.train_from_iterator(normal, special_tokens=[*special, *inside], **_LEARNING)
    pieces = BertWordPieceTokenizer(learning.get_vocab(), lowercase=True)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=pieces._tokenizer, **_SPECIAL)
    return Bert(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=LONGEST, **_TINY), tokenizer, None)

"""A trimmed tokenizer for a small CLIP: the first merges of open_clip's byte-pair vocabulary, as Hugging Face files.

The whole table of 49,408 words would be half of a small model. Bytes always encode, so no text is lost; rare words
only become longer. The end token has the largest id, which is how open_clip's text pooling (`argmax`) finds it.
"""

import gzip
import json
from functools import lru_cache
from pathlib import Path

import open_clip
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from tokenizers import decoders as token_decoders
from torch import Tensor

from realness.atomic import write_bytes

START, END = "<start_of_text>", "<end_of_text>"
_SUFFIX = "</w>"
# CLIP's own rule for cutting text into words (Radford et al. 2021; `open_clip.tokenizer`).
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def vocabulary_size(merges: int) -> int:
    """How many ids a tokenizer with that many merges has: bytes, bytes that end a word, merges, start and end."""
    return 512 + merges + 2


@lru_cache(maxsize=4)
def common_words(merges: int, shortest: int = 4) -> list[str]:
    """Whole English words of at least `shortest` letters that are one token, in order of their merge."""
    joined = ("".join(pair) for pair in _merges(merges))
    words = (text.removesuffix(_SUFFIX) for text in joined if text.endswith(_SUFFIX))
    return [word for word in words if len(word) >= shortest and word.isascii() and word.isalpha()]


def write_tokenizer(folder: Path, merges: int, context: int) -> int:
    """Write `tokenizer.json` and `tokenizer_config.json` into a folder and return the vocabulary's size.

    Args:
        folder: an existing folder.
        merges: how many of the merges to keep, the most frequent first.
        context: the model's context length, start and end token included.
    """
    pairs = _merges(merges)
    alphabet = list(open_clip.tokenizer.bytes_to_unicode().values())
    texts = [*alphabet, *(letter + _SUFFIX for letter in alphabet), *("".join(pair) for pair in pairs), START, END]
    vocabulary = {text: number for number, text in enumerate(texts)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=pairs, end_of_word_suffix=_SUFFIX))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, vocabulary[START]), (END, vocabulary[END])]
    )
    tokenizer.decoder = token_decoders.Sequence([token_decoders.Replace(_SUFFIX, "Ġ"), token_decoders.ByteLevel()])
    tokenizer.add_special_tokens([START, END])
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context,
        "bos_token": START,
        "eos_token": END,
        "pad_token": END,
        "clean_up_tokenization_spaces": False,
    }
    write_bytes(folder / "tokenizer.json", tokenizer.to_str().encode())
    write_bytes(folder / "tokenizer_config.json", (json.dumps(settings, indent=2) + "\n").encode())
    return len(vocabulary)


class Words:
    """The tokenizer of a folder as a function of texts, as `open_clip.get_tokenizer` would give it."""

    def __init__(self, folder: Path, context: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        end = self._tokenizer.token_to_id(END)
        self._tokenizer.enable_truncation(context)
        self._tokenizer.enable_padding(pad_id=end, pad_token=END, length=context)

    def __call__(self, texts: list[str]) -> Tensor:
        """Ids `(n, context)`, int64, padded with the end token."""
        return torch.tensor([found.ids for found in self._tokenizer.encode_batch(texts)])


def _merges(count: int) -> list[tuple[str, str]]:
    path = Path(open_clip.__file__).parent / "bpe_simple_vocab_16e6.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        next(lines)  # the version
        pairs = [tuple(line.split()) for line, _ in zip(lines, range(count), strict=False)]
    return [(first, second) for first, second in pairs]

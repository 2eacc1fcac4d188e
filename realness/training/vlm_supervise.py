"""What a model is taught, read back from what the trainer gives it: the answer, and nothing of the question."""

from collections.abc import Callable
from typing import Any

from realness.errors import UnsupportedModel

_IGNORED = -100


def supervised(trainer: Any, tokenizer: Any, example: dict[str, Any], method: str, tell: Callable[[str], None]) -> str:
    """Texts that an example teaches, special tokens included, each after a line that says what it is.

    Args:
        example: as the data set gives it; the trainer's collator may change it.
        tell: told of an answer that is not taught as it stands, and of one that ends no turn.

    Raises:
        UnsupportedModel: the model's chat template leaves nothing of the answer to learn.
    """
    columns = ("chosen", "rejected") if method == "dpo" else ("completion",)
    names = {"dpo": ("preferred", "not preferred"), "kto": ("good" if example.get("label") else "bad",)}
    wanted = [example[column][-1]["content"] for column in columns]
    batch = trainer.data_collator([example])
    if "labels" in batch:
        kept = [row[row != _IGNORED] for row in batch["labels"]]
    else:
        masks = batch["completion_mask"].bool()
        kept = [ids[mask] for ids, mask in zip(batch["input_ids"], masks, strict=True)]
    texts = [tokenizer.decode(ids, clean_up_tokenization_spaces=False) for ids in kept]
    for text, answer in zip(texts, wanted, strict=True):
        if not text.strip():
            raise UnsupportedModel(
                "this model's chat template leaves nothing of the answer to learn; name another model"
            )
        if _plain(answer) not in _plain(text):
            tell(f"note: the chat template changes the answer: {answer!r} is taught as {text!r}")
        elif _plain(text).endswith(_plain(answer)):
            tell("note: the chat template ends no turn after the answer, so the model does not learn where to stop")
    titles = names.get(method, ("learned",))
    return "\n".join(f"--- {title}\n{text}" for title, text in zip(titles, texts, strict=True)) + "\n"


def _plain(text: str) -> str:
    return " ".join(text.split())

"""The `llama-factory` format: `dataset_info.json` with the files it names, for LLaMA-Factory's `dataset_dir`."""

from typing import Any

from realness.exchange.examples import Example, Use
from realness.exchange.folders import Writer, messages, reply
from realness.exchange.to_jsonl import dumps

_IMAGE = "<image>"
_NAMES = {Use.TEXT: "sft", Use.PAIR: "dpo", Use.LABEL: "kto"}
_TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user"}
_TAGS |= {"assistant_tag": "assistant", "system_tag": "system"}
_COLUMNS: dict[Use, dict[str, Any]] = {
    Use.TEXT: {"columns": {"messages": "messages", "images": "images"}, "tags": _TAGS},
    Use.PAIR: {
        "ranking": True,
        "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected", "images": "images"},
    },
    Use.LABEL: {"columns": {"messages": "messages", "kto_tag": "kto_tag", "images": "images"}, "tags": _TAGS},
}
_FROM = {"system": "system", "user": "human"}


class LlamaFactory(Writer):
    """Texts, pairs and labels."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._info: dict[str, dict[str, Any]] = {}

    def add(self, example: Example) -> None:
        """Write a conversation; one mark in it stands for its one image."""
        asked, images = messages(self.prompt, _IMAGE), [self.folder.image(example.image)]
        if example.use is Use.PAIR:
            asked = [{"from": _FROM[one["role"]], "value": one["content"]} for one in asked]
            said = {"chosen": example.text, "rejected": example.rejected}
            row: dict[str, Any] = {"conversations": asked}
            row |= {name: {"from": "gpt", "value": text} for name, text in said.items()}
        else:
            row = {"messages": [*asked, reply(example.text)]}
            row |= {"kto_tag": example.label} if example.use is Use.LABEL else {}
        self.folder.item(self._file(example.use, example.split), row | {"images": images})
        self.rows += 1

    def close(self) -> None:
        """Write what LLaMA-Factory has to know of the files."""
        if not self.rows:
            self.folder.empty(self._file(Use.TEXT, "train"), "[]\n")
        self.folder.text("dataset_info.json", dumps(self._info) + "\n")

    def _file(self, use: Use, split: str) -> str:
        name = f"realness_{_NAMES[use]}" + (f"_{split}" if split != "train" else "")
        self._info[name] = {"file_name": f"{name}.json", "formatting": "sharegpt", **_COLUMNS[use]}
        return f"{name}.json"

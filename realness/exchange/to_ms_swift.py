"""The `ms-swift` format: `sft`, `dpo` and `kto` as JSON lines, images relative to the folder (`ROOT_IMAGE_DIR`)."""

from realness.exchange.examples import Example, Use
from realness.exchange.folders import Writer, messages, reply

_NAMES = {Use.TEXT: "sft", Use.PAIR: "dpo", Use.LABEL: "kto"}


class MsSwift(Writer):
    """Texts, pairs and labels."""

    def add(self, example: Example) -> None:
        """Write a conversation; one mark in it stands for its one image."""
        images = [self.folder.image(example.image)]
        row: dict[str, object] = {
            "messages": [*messages(self.prompt, "<image>"), reply(example.text)],
            "images": images,
        }
        if example.use is Use.PAIR:
            row["rejected_response"] = example.rejected
        elif example.use is Use.LABEL:
            row["label"] = example.label
        self.folder.line(f"{_NAMES[example.use]}_{example.split}.jsonl", row)
        self.rows += 1

    def close(self) -> None:
        """Without an example there is one empty file."""
        if not self.rows:
            self.folder.empty("sft_train.jsonl")

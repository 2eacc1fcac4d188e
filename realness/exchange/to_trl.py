"""The `sft`, `dpo` and `kto` formats: an ImageFolder of Hugging Face's `datasets` that TRL's trainers take as it is.

`SPLIT/metadata.jsonl` beside `SPLIT/images/`; the key `images_file_names` becomes the column `images`.
"""

from realness.exchange.examples import Example
from realness.exchange.folders import Writer, about, messages, reply

_METADATA = "metadata.jsonl"


class _Trl(Writer):
    def _write(self, example: Example, **columns: object) -> None:
        file = self.folder.image(example.image, f"{example.split}/images").removeprefix(f"{example.split}/")
        told = about(example)
        del told["split"]  # the folder says it
        row = {"images_file_names": [file], "prompt": messages(self.prompt), **columns, **told}
        self.folder.line(f"{example.split}/{_METADATA}", row)
        self.rows += 1

    def close(self) -> None:
        """Without an example there is one empty file."""
        if not self.rows:
            self.folder.empty(f"train/{_METADATA}")


class Sft(_Trl):
    """Texts to learn."""

    def add(self, example: Example) -> None:
        """Write a prompt with its completion."""
        self._write(example, completion=[reply(example.text)])


class Dpo(_Trl):
    """Pairs of a better and a worse text."""

    def add(self, example: Example) -> None:
        """Write a prompt with the chosen and the rejected text."""
        self._write(example, chosen=[reply(example.text)], rejected=[reply(example.rejected)])


class Kto(_Trl):
    """Texts that are right or wrong."""

    def add(self, example: Example) -> None:
        """Write a prompt with a completion and its label."""
        self._write(example, completion=[reply(example.text)], label=example.label)

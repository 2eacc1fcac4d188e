"""The `llava` format, which LLaVA's and Qwen-VL's own training scripts read: a JSON list for each split."""

from realness.exchange.examples import Example
from realness.exchange.folders import Writer


class Llava(Writer):
    """Texts; there is no place for a system message."""

    def add(self, example: Example) -> None:
        """Write a conversation of one question and one answer."""
        image = self.folder.image(example.image)
        asked = {"from": "human", "value": f"<image>\n{self.prompt.user}"}
        said = {"from": "gpt", "value": example.text}
        row = {"id": f"{example.row.image_sha256}-{self.rows}", "image": image, "conversations": [asked, said]}
        self.folder.item(f"{example.split}.json", row)
        self.rows += 1

    def close(self) -> None:
        """Without an example there is one empty list."""
        if not self.rows:
            self.folder.empty("train.json", "[]\n")

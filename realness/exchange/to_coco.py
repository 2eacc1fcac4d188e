"""The `coco` format: COCO captions, people's and machines' in files of their own, so that one is held to the other."""

from typing import Any

from realness.exchange.examples import Example
from realness.exchange.folders import Writer
from realness.exchange.to_jsonl import dumps


class Coco(Writer):
    """Texts: `annotations/captions_SOURCE_SPLIT.json` and `images/`."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._numbers: dict[str, int] = {}
        self._files: dict[str, tuple[dict[int, dict[str, Any]], list[dict[str, Any]]]] = {}

    def add(self, example: Example) -> None:
        """Keep a caption."""
        row = example.row
        file = self.folder.image(example.image).removeprefix("images/")
        number = self._numbers.setdefault(row.image_sha256, len(self._numbers) + 1)
        name = f"annotations/captions_{row.source}_{example.split}.json"
        images, captions = self._files.setdefault(name, ({}, []))
        images[number] = {"id": number, "file_name": file, "width": row.width, "height": row.height}
        self.rows += 1
        captions.append({"id": self.rows, "image_id": number, "caption": example.text})

    def close(self) -> None:
        """Write the files; without a caption there is one of none."""
        for name, (images, captions) in (self._files or {"annotations/captions_human_train.json": ({}, [])}).items():
            held = {"info": {"description": "Descriptions of what looks unrealistic"}, "licenses": []}
            self.folder.text(name, dumps({**held, "images": list(images.values()), "annotations": captions}) + "\n")

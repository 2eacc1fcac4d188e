"""The `sureal` format: the ratings of every person, as the JSON that Netflix' SUREAL reads."""

from typing import Any

from realness.exchange.examples import Example
from realness.exchange.folders import Writer
from realness.exchange.to_jsonl import dumps

FILE = "dataset.json"


class Sureal(Writer):
    """Ratings. Each image is a content of its own; who rated it several times has a list of scores."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._scores: dict[str, dict[str, list[float]]] = {}

    def add(self, example: Example) -> None:
        """Keep a rating."""
        row = example.row
        assert row.rating is not None
        assert row.reviewer is not None
        self._scores.setdefault(row.image_sha256, {}).setdefault(row.reviewer, []).append(row.rating)
        self.rows += 1

    def close(self) -> None:
        """Write the file."""
        names = list(self._scores)
        shown = [{"content_id": at, "content_name": name, "path": name} for at, name in enumerate(names)]
        rated = [
            {"content_id": at, "asset_id": at, "path": name, "os": self._scores[name]} for at, name in enumerate(names)
        ]
        held = {"dataset_name": "realness", "yuv_fmt": "notyuv", "ref_score": 100.0}
        self.folder.text(FILE, dumps({**held, "ref_videos": shown, "dis_videos": rated}) + "\n")

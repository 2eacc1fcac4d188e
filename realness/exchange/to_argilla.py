"""The `argilla` format: a JSON list of records that `Dataset.records.from_json` reads, images inside."""

from realness.exchange.examples import Example
from realness.exchange.folders import Writer, about, data_uri, jpeg

FILE = "records.json"
_SIDE = 1024
"""Argilla keeps images in its database and wants them small."""


class Argilla(Writer):
    """Texts as suggestions: a response would need an account of Argilla's own."""

    def add(self, example: Example) -> None:
        """Write a record."""
        row = example.row
        human = row.source == "human"
        verdict, explanation = (
            (row.verdict, row.explanation) if human else (row.machine_verdict, row.machine_explanation)
        )
        agent = row.reviewer if human else " ".join(filter(None, (row.provider, row.model)))
        said = {"description": example.text, "verdict": verdict, "explanation": explanation}
        told = about(example)
        self.folder.item(
            FILE,
            {
                "id": f"{row.image_sha256}-{self.rows}",
                "fields": {"image": data_uri(jpeg(example.image, _SIDE)), "machine_text": told.pop("machine_text")},
                "metadata": told,
                "suggestions": {
                    name: {"value": value, "score": None, "agent": agent} for name, value in said.items() if value
                },
                "responses": {},
                "vectors": {},
            },
        )
        self.rows += 1

    def close(self) -> None:
        """Without an example there is one empty list."""
        if not self.rows:
            self.folder.empty(FILE, "[]\n")

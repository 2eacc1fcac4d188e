"""The `openai` format: chat lines with the images inside, as Azure and Together take them for fine-tuning.

OpenAI itself takes no new fine-tuning jobs.
"""

from realness.exchange.examples import Example
from realness.exchange.folders import Writer, data_uri, jpeg, messages, reply

MOST_BYTES = 10 * 10**6
"""Of one image."""
LEAST, MOST = 10, 50_000
"""Examples of a job."""


class OpenAi(Writer):
    """Texts, their images as JPEG without metadata."""

    def add(self, example: Example) -> None:
        """Write a conversation."""
        *system, asked = messages(self.prompt)
        data = jpeg(example.image)
        if len(data) > MOST_BYTES:
            data = jpeg(example.image, 1024)
        shown = {"type": "image_url", "image_url": {"url": data_uri(data), "detail": "high"}}
        question = {"role": "user", "content": [{"type": "text", "text": asked["content"]}, shown]}
        self.folder.line(f"{example.split}.jsonl", {"messages": [*system, question, reply(example.text)]})
        self.rows += 1

    def close(self) -> None:
        """Tell of limits that the servers hold."""
        if not self.rows:
            self.folder.empty("train.jsonl")
        if not LEAST <= self.rows <= MOST:
            self.notes.append(f"fine-tuning jobs take {LEAST} to {MOST:,} examples; there are {self.rows:,}")

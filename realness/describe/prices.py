"""What replies cost, where that is known."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from realness.describe.asking import Usage

_FILE = Path(__file__).with_name("prices.toml")
_DATED = re.compile(r"(?P<model>.+?)-\d{4}-\d{2}-\d{2}")
_MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float

    def of(self, usage: Usage) -> float | None:
        """What a reply cost; None where the server did not tell its tokens."""
        if usage.input_tokens is None or usage.output_tokens is None:
            return None
        return (usage.input_tokens * self.input + usage.output_tokens * self.output) / _MILLION


def known(provider: str, model: str, *, batch: bool = False) -> Price | None:
    """The price of a model in `prices.toml`, with or without a date at its end; None where there is none."""
    if provider != "openai":
        return None
    held = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    dated = _DATED.fullmatch(model)
    found = held.get(model) or (held.get(dated["model"]) if dated else None)
    share = 0.5 if batch else 1.0
    return Price(found["input"] * share, found["output"] * share) if found else None

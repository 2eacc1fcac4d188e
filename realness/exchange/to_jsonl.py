"""The `jsonl` format: a JSON object a line, nothing lost."""

import json
from typing import Any

from realness.exchange.rows import COLUMNS, ExportRow

# Line breaks to Unicode but not to JSON: readers that split text into lines would cut an object in two.
_BREAKS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def line(row: ExportRow) -> str:
    """One review as a JSON object, with its end."""
    return dumps({name: getattr(row, name) for name in COLUMNS}) + "\n"


def dumps(value: Any) -> str:
    """Compact JSON on one line, readable in every script. Raises `ValueError` on NaN and infinity."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_BREAKS)

"""The `jsonl` format: a JSON object a line, nothing lost."""

import json
from typing import Any

import orjson

from realness.exchange.rows import COLUMNS, ExportRow

_BREAKS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""Line breaks to Unicode but not to JSON: readers that split text into lines would cut an object in two."""
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False).encode


def line(row: ExportRow) -> str:
    """One review as a JSON object, with its end. What the store keeps holds no NaN and no infinity."""
    return _unbroken(orjson.dumps(dict(zip(COLUMNS, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE).decode())


def dumps(value: Any) -> str:
    """Compact JSON on one line, readable in every script. Raises `ValueError` on NaN and infinity."""
    return _unbroken(_encode(value))


def _unbroken(text: str) -> str:
    if not text.isascii():
        for character, escaped in _BREAKS.items():
            if character in text:
                text = text.replace(character, escaped)
    return text

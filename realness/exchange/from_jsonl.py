"""The `jsonl` layout: a JSON object a line, with the same fields as `csv`, and findings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from realness.domain import ImportedRecord, Skipped
from realness.errors import InvalidValue
from realness.exchange.fields import FIELDS, FINDINGS, Reader
from realness.exchange.lines import MAX_LINE, NOT_UTF8, lines
from realness.exchange.places import shown

KEYS = (*FIELDS, FINDINGS)


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read a JSON Lines file with the keys `KEYS`; image paths are relative to the file."""
    reader, reported = Reader(path, split), set[str]()
    try:
        with path.open("rb") as file:
            for number, data in lines(file):
                row = f"line {number} of {path.name}"
                if data is not None and not data.strip():
                    continue
                try:
                    values = _object(data)
                except InvalidValue as error:
                    yield Skipped(row, str(error))
                    continue
                for key in sorted(set(values).difference(KEYS, reported)):
                    reported.add(key)
                    yield Skipped(row, f"key {shown(key)} is unknown, so it stays out; known are {', '.join(KEYS)}")
                yield reader.record(row, values)
    except OSError as error:
        yield Skipped(path.name, f"cannot be read ({error.strerror}); check the file and its permissions")


def _object(data: bytes | None) -> dict[str, Any]:
    if data is None:
        raise InvalidValue(f"is longer than {MAX_LINE:,} bytes; is a line break missing?")
    try:
        values = json.loads(data.decode(), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise InvalidValue(NOT_UTF8) from None
    except json.JSONDecodeError as error:
        raise InvalidValue(f"is no JSON ({error.msg} at character {error.colno})") from None
    except (RecursionError, ValueError) as error:  # nested too deeply, or a number of thousands of digits
        raise InvalidValue(f"is no usable JSON ({error})") from None
    if not isinstance(values, dict):
        raise InvalidValue("is no JSON object; write one {…} a line")
    return values


def _refuse(constant: str) -> NoReturn:
    raise InvalidValue(f"holds {constant}, which is no number; leave the key out")

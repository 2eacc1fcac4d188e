"""JSON files of data sets that nobody has checked: a list item by item, or one document."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from realness.domain import Skipped
from realness.errors import InvalidValue

MAX_BYTES = 512 * 1024 * 1024
"""Most bytes that a JSON file may have."""

_SPACE = re.compile(r"[ \t\n\r]*")
_LFS = "version https://git-lfs"
# Every number is a float: one of thousands of digits is infinite then, and refused where it is used, as NaN is.
_DECODER = json.JSONDecoder(parse_int=float)
_WORDS = {str: "a text", list: "a list", dict: "an object"}

T = TypeVar("T", str, list, dict)


@dataclass(frozen=True)
class Item:
    """One entry of a list: where it stands (`item 3 of train.json`) and what it is."""

    row: str
    value: Any


def items(path: Path, label: str) -> Iterator[Item | Skipped]:
    """The entries of a file that holds one list, decoded one after the other.

    After an entry that is no JSON nothing more can be read: it is the last thing that is yielded.

    Args:
        path: the file: UTF-8, or UTF-16 with a mark at the start.
        label: what it is called in messages.
    """
    try:
        text = _text(path)
    except InvalidValue as error:
        yield Skipped(label, str(error))
        return
    place, number = _after_space(text, 0), 0
    if not text.startswith("[", place):
        yield Skipped(label, "is no JSON list; it must start with [")
        return
    place = _after_space(text, place + 1)
    while not (number == 0 and text.startswith("]", place)):
        number += 1
        row = f"item {number} of {label}"
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            yield Skipped(row, f"{_why(error)}; what follows it stays out")
            return
        yield Item(row, value)
        place = _after_space(text, place)
        if not text.startswith(",", place):
            break
        place = _after_space(text, place + 1)
    if not text.startswith("]", place):
        yield Skipped(label, f"ends or breaks off after item {number}; fetch it again")
    elif _after_space(text, place + 1) != len(text):
        yield Skipped(label, "has text after its list, which stays out")


def document(path: Path) -> Any:
    """What a file that is one JSON value holds. Numbers are floats, which may be NaN or infinite.

    Raises:
        InvalidValue: it cannot be read, or is no JSON.
    """
    try:
        return _DECODER.decode(_text(path))
    except (ValueError, RecursionError) as error:
        raise InvalidValue(_why(error)) from None


def member(value: object, key: str, kind: type[T]) -> T:
    """A part of an object that has to be there.

    Raises:
        InvalidValue: `value` is no object, or has no such part of that kind.
    """
    found = optional(value, key, kind)
    if found is None:
        raise InvalidValue(f"has no {key!r}; it must be {_WORDS[kind]}")
    return found


def optional(value: object, key: str, kind: type[T]) -> T | None:
    """A part of an object, None where it is missing or null.

    Raises:
        InvalidValue: `value` is no object, or the part is of another kind.
    """
    if not isinstance(value, dict):
        raise InvalidValue("is no JSON object; it must be {…}")
    found = value.get(key)
    if found is not None and not isinstance(found, kind):
        raise InvalidValue(f"{key!r} must be {_WORDS[kind]}")
    return found


def begins_with(path: Path, pattern: re.Pattern[bytes]) -> bool:
    """True when the pattern is found in the first 4,096 bytes of a file, UTF-16 or UTF-8."""
    try:
        with path.open("rb") as file:
            return pattern.search(file.read(4096).replace(b"\0", b"")) is not None
    except OSError:
        return False


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidValue(f"has more than {MAX_BYTES:,} bytes; split it")
        data = path.read_bytes()
    except OSError as error:
        raise InvalidValue(f"cannot be read ({error.strerror}); check the file and its permissions") from None
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidValue("is neither UTF-8 nor UTF-16 with a mark at its start; save it as UTF-8") from None
    if text.startswith(_LFS):
        raise InvalidValue("is a Git LFS pointer; run `git lfs pull`")
    return text


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return place if found is None else found.end()


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is no JSON ({error.msg} at line {error.lineno}, character {error.colno})"
    return "is nested too deeply to be read" if isinstance(error, RecursionError) else f"is no usable JSON ({error})"

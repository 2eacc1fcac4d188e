"""Prompts: one file for each version, `NAME-VERSION.toml`. A version never changes once a description carries it."""

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from realness.errors import NotFound

DEFAULT = "raise-td"
_FOLDER = Path(__file__).parent
_FILE = re.compile(r"(?P<name>.+)-(?P<number>\d+)")


@dataclass(frozen=True)
class Prompt:
    """What a describer is asked of each image.

    Attributes:
        name: `raise-td`, `findings`.
        version: name and number, as it is stored with each description: `findings-1`.
        system: the message before the conversation.
        user: what is asked; the image goes before it.
        schema: the JSON schema of the answer; None where it is plain text.
    """

    name: str
    version: str
    system: str
    user: str
    schema: dict[str, Any] | None = None


def names() -> list[str]:
    """The names of all prompts."""
    return sorted(_newest())


def load(name: str) -> Prompt:
    """The prompt of a name (`findings`: its newest version) or of a name with a version (`findings-1`).

    Raises:
        NotFound: there is none.
    """
    file = _FOLDER / f"{_newest().get(name, name)}.toml"
    if _FILE.fullmatch(file.stem) is None or file.parent != _FOLDER or not file.is_file():
        raise NotFound(f"there is no prompt {name!r:.80}; there are {', '.join(names())}")
    return _read(file)


@cache
def _newest() -> dict[str, str]:
    """By name, the stem of its newest version."""
    found: dict[str, tuple[int, str]] = {}
    for file in _FOLDER.glob("*.toml"):
        match = _FILE.fullmatch(file.stem)
        assert match, f"{file.name} is not named NAME-VERSION.toml"
        number = int(match["number"])
        found[match["name"]] = max(found.get(match["name"], (0, "")), (number, file.stem))
    return {name: stem for name, (_, stem) in found.items()}


@cache
def _read(file: Path) -> Prompt:
    held = tomllib.loads(file.read_text(encoding="utf-8"))
    match = _FILE.fullmatch(file.stem)
    assert match
    schema = json.loads(held["schema"]) if "schema" in held else None
    return Prompt(match["name"], file.stem, held["system"].strip(), held["user"].strip(), schema)

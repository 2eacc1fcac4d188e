"""How a server wants to be asked: learned from what it refuses, and kept for the run."""

import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from realness.describe.asking import Asked

_LIMITS = ("max_completion_tokens", "max_tokens")
"""The newer name and the older one; OpenAI's reasoning models know the newer alone, some servers the older alone."""
_NAMED = {
    "response_format": r"response[_ ]format|json[_ ]?schema|structured[_ ]output|guided|grammar",
    "max_completion_tokens": r"max_completion_tokens",
    "max_tokens": r"max_tokens",
    "temperature": r"temperature",
    "reasoning_effort": r"reasoning[_ ]?effort",
}


class Dialect:
    """Which parameters a server takes. Threads share it."""

    def __init__(self, *, newest: bool) -> None:
        """`newest`: the server is OpenAI's or Azure's, to whom the newer name of the limit is told first."""
        self._limits = list(_LIMITS if newest else reversed(_LIMITS))
        self._refused: set[str] = set()
        self._lock = threading.Lock()

    def body(self, asked: Asked, messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A request, without what the server refused before."""
        with self._lock:
            limit = next((name for name in self._limits if name not in self._refused), None)
            wanted = {
                "response_format": _response_format(asked),
                "temperature": asked.temperature,
                "reasoning_effort": asked.effort,
            }
            kept = {name: v for name, v in wanted.items() if v is not None and name not in self._refused}
        if limit is not None:
            kept[limit] = asked.max_tokens
        return {"model": asked.model, "messages": list(messages), **kept}

    def learn(self, body: Mapping[str, Any], param: str | None, message: str) -> bool:
        """Take note of a refused request. True when it would be asked in another way now.

        Args:
            param: the parameter that the server names, where it names one.
            message: its words, which may name one.
        """
        found = {name: re.search(pattern, message, re.IGNORECASE) for name, pattern in _NAMED.items() if name in body}
        places = {name: match.start() for name, match in found.items() if match}
        named = (
            param if isinstance(param, str) and param in found else min(places, key=places.__getitem__, default=None)
        )
        if named is None:
            return False
        with self._lock:
            self._refused.add(named)
        return True


def _response_format(asked: Asked) -> dict[str, Any] | None:
    prompt = asked.prompt
    if prompt.schema is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": prompt.name, "strict": True, "schema": prompt.schema}}

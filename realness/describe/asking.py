"""What every describer shares: what it is asked, what it replies, what may go wrong."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from PIL import Image

from realness.errors import DescriberProblem
from realness.prompts import Answer, Prompt, Unusable, read

MAX_TOKENS = 2000
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
LONG_SIDE = 1024
"""Pixels of the long side of the copy of an image that a describer is given; a smaller image keeps its size."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a describer, the same for every image.

    Attributes:
        model: the model's name at the server, or the local folder's or the hub's.
        max_tokens: most tokens of a reply, a reasoning model's reasoning among them.
        temperature: None for the describer's own.
        effort: of a reasoning model; None for its own.
    """

    model: str
    prompt: Prompt
    max_tokens: int = MAX_TOKENS
    temperature: float | None = None
    effort: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes a reply, besides model, prompt and image."""
        told = {"max_tokens": self.max_tokens, "temperature": self.temperature, "reasoning_effort": self.effort}
        return {**{name: value for name, value in told.items() if value is not None}, "long_side": LONG_SIDE}


def request_digest(provider: str, model: str, prompt: Prompt, parameters: Mapping[str, Any]) -> str:
    """The SHA-256 of all that is asked but the image: what has the same one and is of one image is asked once."""
    said = [provider, model, prompt.system, prompt.user, prompt.schema, dict(parameters)]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Usage:
    """What a reply took: tokens in and out, None where the server does not tell."""

    input_tokens: int | None
    output_tokens: int | None

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(_sum(self.input_tokens, other.input_tokens), _sum(self.output_tokens, other.output_tokens))


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


@dataclass(frozen=True)
class Reply:
    """What a describer replied to one image.

    Attributes:
        status: `described`, `refused`, `empty` or `invalid`.
        raw: the reply as it came; with a repair, the repaired one.
        answer: what it says, where it is described.
        reason: why it is not.
        parameters: as they were sent.
        seconds: from asking to the reply; None in a batch.
        attempts: 2 where the first reply had to be repaired.
        ends: what asking for the repair ran into, where any other image would meet it, too: it ends the run, once this
            reply is kept.
    """

    status: str
    raw: str
    answer: Answer | None
    reason: str
    usage: Usage
    parameters: Mapping[str, Any]
    seconds: float | None = None
    attempts: int = 1
    ends: DescriberProblem | None = None


def storable(text: str) -> str:
    """A text that came from a describer, as a database keeps it: U+FFFD for a NUL and for half of a surrogate pair."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def judged(prompt: Prompt, raw: str, size: tuple[int, int]) -> tuple[str, Answer | None, str]:
    """Status, answer and reason of a reply to a prompt about an image of this size; what a model thinks is none."""
    try:
        return "described", read(prompt, raw.rpartition("</think>")[2], size), ""
    except Unusable as error:
        return error.kind, None, str(error)


class Unanswered(Exception):
    """No reply to one image: it is listed with this reason, and asked for again in another run."""


class Describer(Protocol):
    """Something that describes images.

    Attributes:
        provider: who it is: `openai`, `azure`, a server's host, `local`.
        name: of the model, as it is stored: never a place on this computer.
        identity: of the model, unlike any other's.
        at_once: how many images it may be asked about at the same time, at most.
    """

    asked: Asked
    provider: str
    name: str
    identity: str
    at_once: int

    def check(self) -> None:
        """Make ready, before anything is asked.

        Raises:
            DescriberProblem: a server that cannot be reached, or wants a key that is not there.
        """
        ...

    def reply(self, picture: Image.Image, size: tuple[int, int]) -> Reply:
        """What it says of one image.

        Args:
            picture: upright sRGB, `RGB`.
            size: of the image, `(width, height)`, which places are told in.

        Raises:
            Unanswered: there is no reply to this image.
            DescriberProblem: there would be none to any other either.
        """
        ...

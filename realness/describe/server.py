"""Describers behind a server that speaks as OpenAI's does: Azure, vLLM, Ollama, llama.cpp, `transformers serve`."""

import re
from dataclasses import replace
from functools import cached_property
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any

from PIL import Image

from realness.describe.asking import Asked, Reply, Unanswered, Usage
from realness.describe.conversing import LONGEST_SHOWN, REFUSED, Messages, Said, converse, judge
from realness.describe.dialect import Dialect
from realness.describe.endpoints import KEY, Endpoint, without_key
from realness.describe.pictures import data_url
from realness.errors import DescriberProblem, InvalidValue
from realness.prompts import Prompt

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

_FILTERED = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
_PLACE = re.compile(r"[/~.]|.*\\|[A-Za-z]:/|.*/\.\.(/|$)")
"""A model by its place on a computer, this one or the server's, Windows among them."""
_MOST_TOKENS = 10**9
"""Of one message; what a server counts beyond is no count."""
_MOST_WAYS = 6
"""Ways in which one image is asked about before it is given up: a server may refuse every parameter in turn."""


class ServerDescriber:
    """Asks a model behind a server. Threads may share it."""

    def __init__(
        self, asked: Asked, endpoint: Endpoint, *, timeout: float = 120.0, retries: int = 5, at_once: int = 4
    ) -> None:
        """The client waits and asks again by itself, `retries` times: at 429, as long as the server says, at 5xx, at a
        connection that breaks off and after `timeout` seconds without an answer.

        Raises:
            InvalidValue: the model has no name.
        """
        self.asked, self.endpoint, self.at_once = asked, endpoint, at_once
        self.provider, self.identity = endpoint.provider, f"{endpoint.url} {asked.model}"
        self.name = _named(asked.model)
        self.dialect = Dialect(newest=endpoint.provider in ("openai", "azure"))
        self._limits = {"timeout": timeout, "max_retries": retries}

    @cached_property
    def _key(self) -> str:
        return self.endpoint.key()

    @cached_property
    def client(self) -> "OpenAI":
        """OpenAI's client for this server."""
        from httpx import InvalidURL  # noqa: PLC0415  as below
        from openai import DefaultHttpxClient, OpenAI  # noqa: PLC0415  half a second to import

        options: dict[str, Any] = {"base_url": self.endpoint.url, "api_key": self._key, **self._limits}
        if self.endpoint.is_local:
            options["http_client"] = DefaultHttpxClient(trust_env=False)
        try:
            return OpenAI(**options)
        except InvalidURL:  # it knows of more that no host may be called
            raise DescriberProblem(f"{self.endpoint.host} is no host; check --base-url") from None

    def check(self) -> None:
        """Whether the server is there; see `Describer`."""
        self.endpoint.check()
        assert self.client

    def reply(self, picture: Image.Image, size: tuple[int, int]) -> Reply:
        """What the model says of one image; see `Describer`."""
        return converse(self._ask, lambda said: self.judge(said, size), conversation(self.asked.prompt, picture))

    def judge(self, said: Said, size: tuple[int, int]) -> Reply:
        """A message as a reply about an image of this size, without the key if the server repeats it."""
        text, refusal = (without_key(words, self._key) for words in (said.text, said.refusal))
        return judge(self.asked, replace(said, text=text, refusal=refusal), size, self._sent())

    def _sent(self) -> dict[str, Any]:
        sent = self.dialect.body(self.asked, ())
        known = {"temperature", "reasoning_effort", "max_tokens", "max_completion_tokens"}
        told = {name: value for name, value in sent.items() if name in known}
        return {**told, "schema": "response_format" in sent, "long_side": self.asked.parameters["long_side"]}

    def _ask(self, messages: Messages) -> Said:
        from openai import APIStatusError, APITimeoutError, OpenAIError  # noqa: PLC0415  as above

        for _ in range(_MOST_WAYS):
            body = self.dialect.body(self.asked, messages)
            try:
                return message(self.client.chat.completions.create(**body))
            except APIStatusError as error:
                if filtered(error.code):
                    return Said("", self.shown(error), REFUSED, Usage(0, 0))
                if error.status_code in (400, 422) and self.dialect.learn(body, error.param, str(error)):
                    continue
                raise self.refusal(error) from None
            except APITimeoutError:
                raise Unanswered(f"{self.provider} did not answer in time; try again, or give --timeout more") from None
            except OpenAIError as error:
                raise Unanswered(f"{self.provider}: {self.shown(error)}; try again") from None
            except ValueError:  # half a JSON, or nothing at all
                raise Unanswered(f"{self.provider} sent what is no JSON; try again") from None
        raise Unanswered(f"{self.provider} refuses every way of asking")

    def refusal(self, error: "APIStatusError") -> Exception:
        """What a refused request means: for this image alone, or for all."""
        shown, status = self.shown(error), error.status_code
        if status in (401, 403):
            return DescriberProblem(f"{self.provider} refuses the key ({status}); check ${KEY}. It says: {shown}")
        if status == 404:
            return DescriberProblem(
                f"{self.provider} has no model {self.name!r} (404); check --model and --base-url. It says: {shown}"
            )
        if status == 402 or error.code == "insufficient_quota":
            return DescriberProblem(f"the account at {self.provider} has nothing left to pay with. It says: {shown}")
        return Unanswered(f"{self.provider} answered {status}: {shown}")

    def shown(self, error: object) -> str:
        """The words of an error, or others of the server's, in one line and without the key."""
        return " ".join(without_key(str(error), self._key).split())[:LONGEST_SHOWN]


def conversation(prompt: Prompt, picture: Image.Image) -> list[dict[str, Any]]:
    """The messages that ask about one picture. What is the same for all comes first: a server may remember it."""
    parts = [{"type": "image_url", "image_url": {"url": data_url(picture)}}, {"type": "text", "text": prompt.user}]
    return [{"role": "system", "content": prompt.system}, {"role": "user", "content": parts}]


def message(completion: Any) -> Said:
    """The message of a chat completion, whatever a server made of it.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(getattr(completion, "choices", None), list):
        raise ValueError("no chat completion")
    usage = getattr(completion, "usage", None)
    tokens = Usage(_count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))
    if not completion.choices:
        return Said("", "", "", tokens)
    choice = completion.choices[0]
    said = getattr(choice, "message", None)
    text, refusal = (getattr(said, name, None) for name in ("content", "refusal"))
    finish = getattr(choice, "finish_reason", None)
    return Said(_words(text), _words(refusal), _words(finish), tokens)


def filtered(code: object) -> bool:
    """Whether an error's code says that the image or the reply was refused for what it shows."""
    return isinstance(code, str) and code in _FILTERED


def _words(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(usage: Any, name: str) -> int | None:
    found = getattr(usage, name, None)
    return found if type(found) is int and 0 <= found <= _MOST_TOKENS else None


def _named(model: str) -> str:
    """A model's name, of a place its last part alone."""
    name = PureWindowsPath(model).name if _PLACE.match(model) else model
    if name in ("", ".", "..", "~"):
        raise InvalidValue(f"--model {model!r:.80} names no model; give its name at the server")
    return name

"""The Batch API: requests in files, answered within a day, at half the price."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from realness.describe.asking import Reply, Usage
from realness.describe.conversing import REFUSED, Said
from realness.describe.server import ServerDescriber, conversation, filtered, message
from realness.errors import DescriberProblem

if TYPE_CHECKING:
    from openai.types import Batch

MOST_REQUESTS = 50_000
MOST_BYTES = 190_000_000
"""Of one file; the server's own limit is 200 MB."""
_ENDPOINT = "/v1/chat/completions"
_OURS = "realness"
"""Under this name a batch carries our token."""
_ENDED = frozenset({"completed", "expired", "cancelled", "failed"})


@dataclass(frozen=True)
class BatchState:
    """How far a server is with a batch.

    Attributes:
        status: the server's word.
        done, total: requests.
        ended: whether nothing more is to come.
        files: the ids of the files with what came of it.
        reason: why requests without a reply have none.
    """

    remote_id: str
    status: str
    done: int
    total: int
    ended: bool
    files: tuple[str, ...]
    reason: str


class BatchServer:
    """A server's batches, for one describer."""

    def __init__(self, describer: ServerDescriber) -> None:
        self.describer = describer

    def line(self, name: str, picture: Image.Image) -> bytes:
        """One request as a line of a file; its result comes back under `name`."""
        asked = self.describer.asked
        body = self.describer.dialect.body(asked, conversation(asked.prompt, picture))
        request = {"custom_id": name, "method": "POST", "url": _ENDPOINT, "body": body}
        return json.dumps(request, ensure_ascii=False).encode() + b"\n"

    def submit(self, file: Path, token: str) -> str:
        """Give the server a file of requests; gives its name of the batch.

        Raises:
            DescriberProblem: it does not take it.
        """
        client = self.describer.client
        with self._telling():
            uploaded = client.files.create(file=file, purpose="batch")
            made = client.batches.create(
                input_file_id=uploaded.id,
                endpoint=_ENDPOINT,
                completion_window="24h",
                metadata={_OURS: token},
            )
        return made.id

    def named(self, token: str) -> str | None:
        """The server's name of the batch that carries our token; None where it has none."""
        with self._telling():
            for one in self.describer.client.batches.list(limit=100):
                if (one.metadata or {}).get(_OURS) == token:
                    return one.id
        return None

    def state(self, remote_id: str) -> BatchState | None:
        """How far it is; None where the server knows nothing of it any more."""
        from openai import NotFoundError  # noqa: PLC0415  half a second to import

        with self._telling():
            try:
                found = self.describer.client.batches.retrieve(remote_id)
            except NotFoundError:
                return None
        completed, failed, total = (_whole(found.request_counts, name) for name in ("completed", "failed", "total"))
        files = tuple(one for one in (found.output_file_id, found.error_file_id) if one and isinstance(one, str))
        name, status, why = (self.describer.shown(words) for words in (remote_id, found.status, _why(found)))
        return BatchState(name, status, completed + failed, total, status in _ENDED, files, why)

    def results(self, state: BatchState) -> Iterator[tuple[str, Said | str]]:
        """What came of a batch: by name what the model said, or why it said nothing."""
        for file in state.files:
            with self._telling():
                text = self.describer.client.files.content(file).text
            for line in text.split("\n"):  # JSON may hold other line ends
                if line.strip():
                    name, said = _result(line)
                    yield name, self.describer.shown(said) if isinstance(said, str) else said

    def judge(self, said: Said, size: tuple[int, int]) -> Reply:
        """What the model said as a reply about an image of this size. In a batch nothing can be repaired."""
        return self.describer.judge(said, size)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        from openai import APIStatusError, OpenAIError  # noqa: PLC0415  as above

        try:
            yield
        except APIStatusError as error:
            if error.status_code == 404:
                raise DescriberProblem(f"{self.describer.provider} has no Batch API; ask without --batch") from None
            raise DescriberProblem(str(self.describer.refusal(error))) from None
        except OpenAIError as error:
            shown = self.describer.shown(error)
            raise DescriberProblem(f"{self.describer.provider}: {shown}; the same command goes on from here") from None


def _result(line: str) -> tuple[str, Said | str]:
    """What came of one request, by its name; a line that is none has no name. Whatever stands where, it is read."""
    from openai.types.chat import ChatCompletion  # noqa: PLC0415  as above

    try:
        held = _fields(json.loads(line))
    except (ValueError, RecursionError):
        held = {}
    name, response = str(held.get("custom_id", "")), _fields(held.get("response"))
    body = _fields(response.get("body"))
    if response.get("status_code") == 200:
        try:
            return name, message(ChatCompletion.construct(**body))
        except (ValueError, TypeError, AttributeError):
            return name, "the server's line is no reply"
    error = body.get("error") or held.get("error")
    told = _fields(error)
    words, code = (told.get("message") or "", told.get("code")) if told else (error or "", None)
    if filtered(code):
        return name, Said("", str(words), REFUSED, Usage(0, 0))
    return name, str(words or code or "the server gives no reason")


def _fields(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(counts: object, name: str) -> int:
    found = getattr(counts, name, None)
    return found if isinstance(found, int) else 0


def _why(batch: "Batch") -> str:
    errors = getattr(batch.errors, "data", None)
    words = [getattr(one, "message", None) for one in errors[:3]] if isinstance(errors, list) else []
    told = "; ".join(one for one in words if isinstance(one, str) and one)
    return f"the batch {batch.status}" + (f": {told}" if told else "")

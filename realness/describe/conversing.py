"""One conversation about one image: the question, the reply, and once more where the reply is of no use."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from realness.describe.asking import Asked, Reply, Unanswered, Usage, judged, storable
from realness.errors import DescriberProblem

REFUSED, LENGTH = "content_filter", "length"
"""Why a message ended, where it did not end by itself."""
LONGEST_SHOWN = 200

Messages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Said:
    """One message of a model.

    Attributes:
        refusal: what it says in place of an answer, where the server tells that apart.
        finish: `REFUSED`, `LENGTH`, or anything else for an end of its own.
    """

    text: str
    refusal: str
    finish: str
    usage: Usage


def judge(asked: Asked, said: Said, size: tuple[int, int], parameters: Mapping[str, Any]) -> Reply:
    """A message as a reply about an image of this size."""
    raw = storable(said.text or said.refusal)
    status, answer, reason = judged(asked.prompt, raw, size)
    if said.refusal or said.finish == REFUSED:
        status, answer = "refused", None
        reason = f"the model refused: {raw[:LONGEST_SHOWN]}" if raw else "the server filtered the reply"
    elif status != "described" and said.finish == LENGTH:
        reason = f"the reply was cut off after {asked.max_tokens} tokens; give --max-tokens more"
    return Reply(status, raw, answer, reason, said.usage, parameters)


def converse(
    ask: Callable[[Messages], Said], judged_as: Callable[[Said], Reply], messages: Sequence[Mapping[str, Any]]
) -> Reply:
    """The reply to a question. One that is of no use goes back once, with what is wrong; one that was cut off would be
    cut off again.

    Raises:
        Unanswered: there is none.
    """
    start = time.perf_counter()
    first = ask(messages)
    reply = judged_as(first)
    if reply.status == "invalid" and first.finish != LENGTH:
        wrong = f"That is no usable answer: {reply.reason}. Answer once more, in the form that was asked for."
        more = [{"role": "assistant", "content": reply.raw}, {"role": "user", "content": wrong}]
        try:
            second = ask([*messages, *more])
        except Unanswered:  # the first reply is there, and paid for
            pass
        except DescriberProblem as error:  # and so it is here
            reply = replace(reply, ends=error)
        else:
            reply = replace(judged_as(second), usage=first.usage + second.usage, attempts=2)
    return replace(reply, seconds=time.perf_counter() - start)

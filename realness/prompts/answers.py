"""Answers to a prompt: read out of a reply, and written as a describer should have given them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realness.descriptions import join_verdict, parse_verdict, split_findings
from realness.domain import Finding, Region, RegionShape, Verdict, check_text
from realness.errors import InvalidValue
from realness.images import bounding_box
from realness.prompts.prompt import Prompt

THOUSANDTHS = 1000
MAX_FINDINGS = 100
_MAX_KIND = 64
_REFUSAL = re.compile(
    r"^\W*(?:i['’]?m sorry|sorry|i (?:can(?:['’]?t|not)|am (?:unable|not able)|won['’]?t)|i['’]m (?:unable|not able)|"
    r"unable to|as an ai\b)",
    re.IGNORECASE,
)
_FENCE = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL | re.IGNORECASE)


class Unusable(Exception):
    """A reply that is no answer to the prompt. Its message says what is wrong, so that it can be asked to repair it.

    Attributes:
        kind: `empty`, `refused` or `invalid`.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Answer:
    """What a reply says.

    Attributes:
        verdict: whether anything is unrealistic.
        explanation: what.
        findings: the parts of it, with rough places where the prompt asks for them.
    """

    verdict: Verdict
    explanation: str
    findings: tuple[Finding, ...] = ()

    @property
    def text(self) -> str:
        """Verdict and explanation as one text."""
        return join_verdict(self.verdict, self.explanation)


def read(prompt: Prompt, reply: str | None, size: tuple[int, int]) -> Answer:
    """The answer in a reply, held against what the prompt asks for.

    JSON is found in a code fence and among other words, too: not every server keeps to a schema.

    Args:
        size: `(width, height)` of the image, which places count in.

    Raises:
        Unusable: the reply is empty, a refusal, or no such answer.
    """
    text = (reply or "").strip()
    if not text:
        raise Unusable("empty", "the reply was empty")
    _check_text(text)
    if prompt.schema is None:
        verdict, explanation = parse_verdict(text)
        if verdict is None:
            _refuse_refusal(text)
            raise Unusable("invalid", 'the reply does not begin with "Yes", "No" or "Somewhat"')
        return _checked(verdict, explanation, split_findings(explanation, verdict))
    held = _object(text)
    return _checked(*_parts(held, size))


def write(
    prompt: Prompt,
    verdict: Verdict | None,
    explanation: str,
    findings: Sequence[Finding] = (),
    size: tuple[int, int] = (THOUSANDTHS, THOUSANDTHS),
) -> str:
    """A reply that says this, as a describer is to learn to give it: `read` gets the same out of it.

    Args:
        findings: with regions in pixels of an image of `size`; the box around all regions of one is its rough place.
    """
    if prompt.schema is None:
        return join_verdict(verdict, explanation.strip())
    parts = [{"phrase": one.phrase, "kind": one.kind or "other", "box": _box(one, size)} for one in findings]
    said = {"verdict": (verdict or Verdict.YES).value, "explanation": explanation.strip(), "findings": parts}
    return json.dumps(said, ensure_ascii=False)


def _refuse_refusal(text: str) -> None:
    if _REFUSAL.match(text):
        raise Unusable("refused", f"the model refused: {text[:200]}")


def _object(text: str) -> Mapping[str, Any]:
    """The first JSON object in a text."""
    fence = _FENCE.search(text)
    within = fence[1] if fence else text
    start = within.find("{")
    if start < 0:
        _refuse_refusal(text)
        raise Unusable("invalid", "the reply holds no JSON object")
    try:
        held, _ = json.JSONDecoder().raw_decode(within[start:])
    except (ValueError, RecursionError) as error:
        raise Unusable("invalid", f"the reply's JSON is broken: {error}") from None
    return held


def _parts(held: Mapping[str, Any], size: tuple[int, int]) -> tuple[Verdict, str, tuple[Finding, ...]]:
    said = held.get("verdict")
    verdict = said.strip().lower() if isinstance(said, str) else None
    if verdict not in tuple(Verdict):
        raise Unusable("invalid", '"verdict" must be "yes", "somewhat" or "no"')
    explanation, findings = held.get("explanation"), held.get("findings", [])
    if not isinstance(explanation, str):
        raise Unusable("invalid", '"explanation" must be a text')
    if not isinstance(findings, list) or len(findings) > MAX_FINDINGS:
        raise Unusable("invalid", f'"findings" must be a list of at most {MAX_FINDINGS} objects')
    found = tuple(_finding(one, explanation, size) for one in findings)
    return Verdict(verdict), explanation.strip(), found


def _finding(held: Any, explanation: str, size: tuple[int, int]) -> Finding:
    phrase = held.get("phrase") if isinstance(held, Mapping) else None
    if not isinstance(phrase, str) or not phrase.strip():
        raise Unusable("invalid", 'each of the "findings" needs a "phrase"')
    kind, box = held.get("kind"), held.get("box")
    if not (kind is None or isinstance(kind, str)):
        raise Unusable("invalid", 'the "kind" of a finding must be a word')
    start = explanation.strip().find(phrase.strip())
    name = (kind or "").strip().lower()[:_MAX_KIND] or None
    region = _region(box, size)
    try:
        return Finding(phrase.strip(), name, start if start >= 0 else None, (region,) if region else ())
    except InvalidValue as error:
        raise Unusable("invalid", str(error)) from None


def _region(box: Any, size: tuple[int, int]) -> Region | None:
    """A rough place in pixels; None where there is none. A box of no size is a place that could not be told."""
    if box is None:
        return None
    numbers = isinstance(box, list) and len(box) == 4 and all(type(v) in (int, float) for v in box)
    if not numbers or not all(0 <= v <= THOUSANDTHS for v in box):
        raise Unusable("invalid", '"box" must be four numbers from 0 to 1000, or null')
    if box[0] >= box[2] or box[1] >= box[3]:
        return None
    pixels = (v * length / THOUSANDTHS for v, length in zip(box, (*size, *size), strict=True))
    return Region(RegionShape.BOX, tuple(round(v, 2) for v in pixels))


def _box(finding: Finding, size: tuple[int, int]) -> list[int] | None:
    around = bounding_box(finding.regions, size)
    if around is None:
        return None
    x0, y0, x1, y1 = (THOUSANDTHS * v / length for v, length in zip(around, (*size, *size), strict=True))
    return [max(0, int(x0)), max(0, int(y0)), min(THOUSANDTHS, -int(-x1 // 1)), min(THOUSANDTHS, -int(-y1 // 1))]


def _check_text(text: str) -> None:
    try:
        check_text(text, "the reply")
    except InvalidValue as error:
        raise Unusable("invalid", str(error)) from None


def _checked(verdict: Verdict, explanation: str, findings: tuple[Finding, ...]) -> Answer:
    _check_text(explanation)  # JSON may have escaped what the reply did not show
    if verdict is Verdict.NO:
        findings = ()
    elif not explanation and not findings:
        raise Unusable("invalid", f'"{verdict}" needs an explanation of what looks unrealistic')
    return Answer(verdict, explanation, findings)

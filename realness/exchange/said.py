"""What a person and a machine say of an image: verdict, explanation and findings, and whether that is the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realness.descriptions import split_findings
from realness.domain import Finding, FindingState, Judgement, Region, RegionShape, Verdict
from realness.exchange.rows import ExportRow


@dataclass(frozen=True)
class Said:
    """A text.

    Attributes:
        findings: those that are claimed, `phrase`, `kind` and `regions` each; none with the verdict `no`.
        denied: whether a finding was dropped and none is left, though the explanation still claims it.
    """

    verdict: Verdict | None
    explanation: str
    findings: Sequence[Mapping[str, Any]] = ()
    denied: bool = False

    def __bool__(self) -> bool:
        return self.verdict is not None or bool(self.explanation)

    def key(self, *, findings: bool) -> tuple[object, ...]:
        """What it says, for comparing: kinds and places say nothing of their own, nor does the findings' order."""
        phrases = sorted(_plain(one["phrase"]) for one in self.findings) if findings else ()
        return self.verdict, _plain(self.explanation), *phrases

    def parts(self, size: tuple[int, int]) -> list[Finding]:
        """The findings of an image of `size`, (width, height) in pixels."""
        return [_finding(one, size) for one in self.findings]


def by_machine(verdict: str | None, explanation: str | None, found: Sequence[Mapping[str, Any]]) -> Said:
    """A description; where it came without findings, its text is split into them."""
    said, text = Verdict(verdict) if verdict else None, (explanation or "").strip()
    if said is Verdict.NO:
        return Said(said, text)
    return Said(said, text, found or _split(text, said))


def by_person(row: ExportRow, machine: Said) -> Said:
    """What a reviewer says; where nothing was written and the machine's text was found accurate, that text.

    Findings that were kept are where the machine saw them unless they were marked anew. In a text that was left as
    it was, those that the review is silent about stand; one that was changed and has no finding is split into them.
    """
    if row.verdict is None and not row.explanation.strip():
        return machine if row.judgement == Judgement.ACCURATE else Said(None, "")
    verdict, text = Verdict(row.verdict) if row.verdict else None, row.explanation.strip()
    if verdict is Verdict.NO:
        return Said(verdict, text)
    theirs = {one["phrase"]: one for one in reversed(machine.findings)}
    stand = [_placed(one, theirs) for one in row.findings if one["state"] != FindingState.DROPPED]
    said = Said(verdict, text)
    if said.key(findings=False) != machine.key(findings=False):
        return Said(verdict, text, stand or _split(text, verdict))
    answered = {one.get("machine_phrase") for one in row.findings}
    stand += [one for one in machine.findings if one["phrase"] not in answered]
    return Said(verdict, text, stand, denied=bool(text and row.findings and not stand))


def _placed(one: Mapping[str, Any], theirs: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    if one["state"] != FindingState.KEPT:
        return one
    of = theirs.get(one.get("machine_phrase") or one["phrase"], one)
    return {**one, "kind": one["kind"] or of["kind"], "regions": one["regions"] or of["regions"]}


def _split(text: str, verdict: Verdict | None) -> list[Mapping[str, Any]]:
    return [{"phrase": one.phrase, "kind": None, "regions": []} for one in split_findings(text, verdict)]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _finding(one: Mapping[str, Any], size: tuple[int, int]) -> Finding:
    regions = []
    for mark in one["regions"]:
        shape = RegionShape(mark["shape"])
        regions.append(Region(shape, tuple(mark["coordinates"]), size if shape is RegionShape.MASK else None))
    return Finding(one["phrase"], one["kind"], None, tuple(regions))

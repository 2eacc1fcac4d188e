"""Reading descriptions: the verdict at their start and the findings inside them. Pure text functions."""

import re

from realness.domain import Finding, Verdict

_VERDICT = re.compile(
    r"""^\s*["'“‘]?(yes|no|somewhat)\b["'”’]?(?:\s*(?:[.,;:!—–]+|-(?=\s))\s*|\s*\n\s*|\s*$)""", re.IGNORECASE
)
"""Something has to end the verdict: "No shadow falls" claims that one is missing."""
_BREAK = re.compile(
    r"(?:[.;:!?]+\s+)"  # a sentence or half-sentence ends
    r"|(?:,?\s+(?:while|whereas|but)\s+)"  # a turn
    r"|(?:,\s+and\s+|,\s+)"  # the next item of an enumeration
    r"|(?:\s+and\s+(?=(?:the|some|his|her|its|their|there|a|an)\s))",  # … without its comma
    re.IGNORECASE,
)
_CLAIM = re.compile(
    r"\b(?:is|are|was|were|be|has|have|had|do|does|lack|lacks|looks?|appears?|seems?|feels?|blends?|merges?|melts?|"
    r"floats?|bends?|ends?|starts?|casts?|falls?|shows?|makes?|gives?|creates?|reflects?|fades?|repeats?|connects?|"
    r"contains?|stands?|sits?|hangs?|leans?|turns?|changes?|match(?:es)?|fits?|runs?|comes?|goes|overlaps?|extends?|"
    r"suggests?|def(?:y|ies)|[a-z]{3,}ed|[a-z]{4,}ing)\b",
    re.IGNORECASE,
)
"""What makes a piece a claim: a verb that descriptions use, or a participle."""

_TAIL = re.compile(
    r"\s*(?:lacking|making|giving|causing|creating|suggesting|resulting|leading|including|especially|particularly|"
    r"which|with|without|as if|as though|such as|like)\b",
    re.IGNORECASE,
)
"""What begins a piece that says more about the claim before it."""

_LINK = re.compile(
    r"\s*(?:otherwise|however|overall|additionally|in addition|moreover|furthermore|also|besides|meanwhile)\s*",
    re.IGNORECASE,
)
"""What leads over to the next sentence."""

_FINE = (
    r"(?:natural|realistic|real|normal|plausible|consistent|correct|fine|authentic|convincing|believable|accurate|"
    r"lifelike|life-like|well[- ]proportioned|coherent|ordinary|credible|genuine)"
)
_DEGREE = r"(?:(?:mostly|largely|otherwise|quite|very|fairly|generally|overall|entirely|all|both|rather)\s+)*"
_REASSURANCE = re.compile(
    rf"^(?!only\b|if\b)[^,;]*?\b(?:is|are|looks?|appears?|seems?|feels?|remains?)\s+(?:to\s+be\s+)?{_DEGREE}{_FINE}"
    rf"(?:(?:,|\s+and|\s+or|,\s+and)\s+{_DEGREE}{_FINE})*"
    r"(?:\s+(?:overall|otherwise|throughout|enough|as well|here))?(?:\s+(?:in|for|with|to|of|across|at)\s[^,;]*)?$",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|never|hardly|barely|no|nor|lacks?|lacking|fails?|without|unless)\b|n['’]t\b", re.IGNORECASE
)
_FAULT = (
    r"(?:distort\w*|artifacts?|artefacts?|unnatural\w*|unrealistic\w*|inconsisten\w*|anomal\w*|wrong|unusual\w*|"
    r"strange\w*|odd\w*|issues?|errors?|problems?|flaws?|mistakes?|deform\w*|fake|artificial\w*|suspicious\w*)"
)
_SEEN = r"(?:(?:visible|obvious|clear|apparent|noticeable|major|significant|particularly|really|other|signs of)\s+)*"
_NOTHING = re.compile(
    # "no visible distortion", "there are no obvious artifacts in the sky": the fault is what is denied
    rf"^(?:there\s+(?:is|are)\s+)?no\s+{_SEEN}{_FAULT}(?:\s+(?:in|on|at|of|or|and|with|to|is|are)\b[^,;]*)?$"
    # "nothing else looks unusual"
    rf"|^(?:nothing|none)\b[^,;]*?\b(?:is|are|looks?|appears?|seems?)\s+{_SEEN}{_FAULT}$"
    # "the hands do not look distorted"
    rf"|(?:\bnot|n['’]t|\bnever)\s+(?:(?:look|appear|seem|be|feel)\s+)?(?:to\s+be\s+)?{_SEEN}{_FAULT}$"
    rf"|\bwithout\s+(?:any\s+)?{_SEEN}{_FAULT}$",
    re.IGNORECASE,
)

_MIN_WORDS = 3


def parse_verdict(text: str) -> tuple[Verdict | None, str]:
    """Split a description into its verdict and its explanation.

    The verdict is the first word, as GPT-4.1 was asked to give it (RAISE-TD; all 600 rows parse).

    Returns:
        The verdict, or None when the text starts with none, and the text after it, trimmed.
    """
    match = _VERDICT.match(text)
    if match is None:
        return None, text.strip()
    return Verdict(match.group(1).lower()), text[match.end() :].strip()


def join_verdict(verdict: Verdict | None, explanation: str) -> str:
    """A description of this verdict and this explanation: "Yes. The arm is bent.". `parse_verdict` takes it apart."""
    if verdict is None:
        return explanation
    return f"{verdict.title()}. {explanation}".strip()


def split_findings(explanation: str, verdict: Verdict | None = None) -> tuple[Finding, ...]:
    """Split an explanation into findings: clauses about different things, in reading order.

    Cuts at sentence ends, semicolons and enumerating commas; a piece too short to be a claim of its own
    stays with the piece before it. The verdict `no` claims nothing, so it gives no findings.

    Returns:
        Findings whose `start` is the phrase's offset in `explanation`.
    """
    if verdict is Verdict.NO or not explanation.strip():
        return ()
    spans: list[tuple[int, int]] = []
    start = 0
    for end, following in [*((m.start(), m.end()) for m in _BREAK.finditer(explanation)), (len(explanation),) * 2]:
        piece = explanation[start:end]
        if _LINK.fullmatch(piece):
            pass  # "Otherwise, …" says nothing by itself, and nothing of the claim before it
        elif spans and not _stands_alone(piece):
            spans[-1] = (spans[-1][0], end)
        elif piece.strip():
            spans.append((start, end))
        start = following
    if len(spans) > 1 and not _stands_alone(explanation[slice(*spans[0])]):
        spans[:2] = [(spans[0][0], spans[1][1])]
    return tuple(found for span in spans if (found := _finding(explanation, *span)))


def is_reassurance(phrase: str) -> bool:
    """Whether a clause says that something is as it should be: "the rest looks natural", "no visible distortion".

    CLIP embeds a negation much like the claim it denies, so such a clause is no finding to look for on the image. What
    is said to be missing ("no visible object casts the shadow", "lacks natural texture") is a claim all the same.
    """
    clause = phrase.strip().rstrip(".!;:,")
    if _NOTHING.search(clause):
        return True
    found = _REASSURANCE.search(clause)
    return found is not None and _DENIED.search(clause) is None


def _stands_alone(piece: str) -> bool:
    return len(piece.split()) >= _MIN_WORDS and _CLAIM.search(piece) is not None and not _TAIL.match(piece)


def _finding(explanation: str, start: int, end: int) -> Finding | None:
    """The claim of a piece, without what stands around it; None when nothing is left."""
    piece = explanation[start:end]
    phrase = piece.strip().strip(".,;:!?").strip()
    return Finding(phrase=phrase, start=start + piece.index(phrase)) if phrase else None

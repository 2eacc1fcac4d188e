"""Writing a machine's description of planted images, right or deliberately wrong, in the manner of RAISE-TD."""

from dataclasses import dataclass

import numpy as np

from realness.domain import Finding, Verdict
from realness.planting.kinds import SAMPLE_KINDS
from realness.planting.nouns import MANY, ONE
from realness.planting.subjects import Subject
from realness.planting.templates import TEMPLATES
from realness.planting.wording import word

_SAID_OF = {
    "surface": ("{}", "the texture of {}", "the surface of {}"),
    "object": ("{}", "{}", "the shape of {}"),
    "edge": ("the edges of {}", "the outline of {}", "the lines of {}"),
    "light": ("the lighting on {}", "the colors of {}", "the brightness of {}"),
    "shadow": ("the shadow on {}", "the shading on {}", "the dark area on {}"),
}
_FINE = (
    "{} all appear natural and consistent.",
    "{} all look natural and well proportioned.",
    "{} appear natural, with smooth transitions.",
    "{} look natural and plausible, with consistent lighting.",
)


@dataclass(frozen=True)
class Claim:
    """That a thing shows a kind of inconsistency.

    Attributes:
        kind: one of `KINDS`.
        subject: the thing.
        place: words for where, or None.
    """

    kind: str
    subject: Subject
    place: str | None = None


@dataclass(frozen=True)
class Account:
    """A description with its parts.

    Attributes:
        text: the whole, verdict first.
        verdict: its first word.
        explanation: the rest.
        findings: one for each claim, found verbatim in the explanation.
    """

    text: str
    verdict: Verdict
    explanation: str
    findings: tuple[Finding, ...]


def describe(claims: tuple[Claim, ...], plain: bool, others: tuple[Subject, ...], rng: np.random.Generator) -> Account:
    """Put claims into a description; without any, say that nothing is unrealistic.

    Args:
        claims: what is said to be wrong, in order.
        plain: whether it is easy to see: the verdict is then "yes", else "somewhat".
        others: things named as natural when nothing is wrong.
        rng: the source of all chance.
    """
    if not claims:
        explanation = f"there is nothing unrealistic in this image. {_fine(others, rng)}"
        return Account(f"No, {explanation}", Verdict.NO, explanation, ())
    verdict = Verdict.YES if plain else Verdict.SOMEWHAT
    explanation, findings = "", []
    for number, claim in enumerate(claims):
        phrase = say(claim, rng)
        joined = number > 0 and (number == len(claims) - 1) and rng.random() < 0.7
        if joined:
            explanation = explanation.removesuffix(". ") + ", and "
        else:
            phrase = phrase[0].upper() + phrase[1:]
        findings.append(Finding(phrase, kind=claim.kind, start=len(explanation)))
        explanation += f"{phrase}. "
    explanation = explanation.strip()
    return Account(f"{verdict.value.capitalize()}. {explanation}", verdict, explanation, tuple(findings))


def say(claim: Claim, rng: np.random.Generator) -> str:
    """One claim as a clause: "the edges of the cup look broken and misaligned"."""
    forms = _SAID_OF[TEMPLATES[claim.kind][0]]
    form = forms[rng.integers(len(forms))]
    plural = claim.subject.plural if form == "{}" else MANY if form.split()[1] in ("edges", "lines", "colors") else ONE
    phrasing = "train" if rng.random() < 0.7 else "held_out"
    named = any(side in claim.subject.noun for side in ("left", "right", "foreground"))
    place = None if named else claim.place
    noun = form.format(claim.subject.noun), plural
    return word(claim.kind, rng, phrasing=phrasing, place=place, noun=noun)


def faulty(
    fault: str, claims: tuple[Claim, ...], others: tuple[Subject, ...], rng: np.random.Generator
) -> tuple[Claim, ...]:
    """Claims made wrong on purpose.

    Args:
        fault: "wrong_kind" names another kind at the right thing, "invented" adds one at an untouched thing,
            "missed" leaves one out, "verdict" turns something into nothing and nothing into something.
        claims: what is true.
        others: things that are untouched.
        rng: the source of all chance.
    """
    if fault == "missed":
        return claims[1:]
    if fault == "verdict" and claims:
        return ()
    if fault == "wrong_kind" and claims:
        wrong = [kind for kind in SAMPLE_KINDS if TEMPLATES[kind][0] != TEMPLATES[claims[0].kind][0]]
        return (Claim(str(rng.choice(wrong)), claims[0].subject, claims[0].place), *claims[1:])
    invented = Claim(str(rng.choice(SAMPLE_KINDS)), others[rng.integers(len(others))])
    return (*claims, invented)


def _fine(others: tuple[Subject, ...], rng: np.random.Generator) -> str:
    nouns = [others[which].noun for which in rng.permutation(len(others))[:3]]
    listed = f"{', '.join(nouns[:-1])}, and {nouns[-1]}" if len(nouns) > 2 else " and ".join(nouns)
    said = _FINE[rng.integers(len(_FINE))].format(listed)
    return said[0].upper() + said[1:]

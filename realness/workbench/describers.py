"""Describers held against people: how often they are right, what they miss, how much has to be changed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from realness.describe import measures
from realness.describe.comparing import Part, Said
from realness.describe.measures import Sums
from realness.domain import FindingState, Judgement, Verdict
from realness.errors import InvalidValue, NotFound
from realness.store import Candidate, Correction
from realness.workbench.bench import Progress, Workbench, silent

_NOTHING = (
    "there is no reviewed image with a description to measure; review some in the app, or import descriptions of "
    "images that are reviewed"
)
_NO_VERDICT = "none"


@dataclass(frozen=True)
class Pair:
    """A description with what people say of its image.

    Attributes:
        judged: what the people who answered this very description said of it.
    """

    image_id: int
    machine: Said
    people: tuple[Said, ...]
    judged: tuple[Judgement, ...] = ()

    @cached_property
    def sums(self) -> Sums:
        """What the figures are made of."""
        return measures.compare(self.machine, self.people)


@dataclass(frozen=True)
class Measured:
    """One describer, or all of them together.

    Attributes:
        pairs: one for each image.
        refusals: of how many images it gave no description when it was asked, by why: `refused`, `empty`, `invalid`.
    """

    pairs: tuple[Pair, ...]
    refusals: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Every figure with its interval as `NAME` and `NAME_ci`, counts, confusion and figures by kind."""
        told: dict[str, Any] = {"n": sum(len(one.people) for one in self.pairs), "images": len(self.pairs)}
        told |= _flat(measures.figures([one.sums for one in self.pairs]))
        told["confusion"] = _confusion(self.pairs)
        told["judgements"] = _judgements(self.pairs)
        told["refusals"] = dict(self.refusals)
        return told | {"by_kind": _by_kind(self.pairs)}


@dataclass(frozen=True)
class DescriberEvaluation:
    """What `evaluate_descriptions` found.

    Attributes:
        by_generator: each describer by its name.
        unsaid: how many answers are left out since they call a text wrong and do not say what is right.
    """

    by_generator: Mapping[str, Measured]
    unsaid: int = 0

    @property
    def overall(self) -> Measured:
        """All descriptions as if one describer had written them."""
        failures: Counter[str] = Counter()
        for one in self.by_generator.values():
            failures.update(one.refusals)
        return Measured(tuple(pair for one in self.by_generator.values() for pair in one.pairs), failures)

    def compare(self, ours: str, theirs: str) -> dict[str, Any]:
        """The paired test of two describers on the images that both describe.

        Returns:
            `ours`, `theirs`, `images`, and by figure `difference` (ours less theirs), `ci`, `p`, and both values.

        Raises:
            NotFound: there is no such describer.
            InvalidValue: both are one, or no image has a description of both.
        """
        names = self._named(ours), self._named(theirs)
        if names[0] == names[1]:
            raise InvalidValue(f"{names[0]} cannot be compared with itself; name another describer")
        one, other = ({pair.image_id: pair.sums for pair in self.by_generator[name].pairs} for name in names)
        shared = [image for image in one if image in other]
        if not shared:
            raise InvalidValue(f"no reviewed image has a description of both {names[0]} and {names[1]}")
        sums = [one[image] for image in shared], [other[image] for image in shared]
        values = [measures.figures(each) for each in sums]
        tests = {
            name: {
                "ours": round(values[0][name].value, 4),
                "theirs": round(values[1][name].value, 4),
                "difference": round(found.difference, 4),
                "ci": [round(found.low, 4), round(found.high, 4)],
                "p": round(found.p, 4),
            }
            for name, found in measures.paired(*sums).items()
        }
        return {"ours": names[0], "theirs": names[1], "images": len(shared), "figures": tests}

    def _named(self, name: str) -> str:
        """A describer by its whole name, or by its model's alone where that is one."""
        if name in self.by_generator:
            return name
        alike = [known for known in self.by_generator if name == _model(known)]
        if len(alike) == 1:
            return alike[0]
        known = ", ".join(alike or self.by_generator)
        raise NotFound(
            f"there {'are several describers' if alike else 'is no describer'} {name!r:.80}; name one: {known}"
        )


def describer_name(provider: str, model: str | None, prompt: str | None) -> str:
    """How a describer is called: `PROVIDER/MODEL PROMPT`, as far as they are known."""
    return " ".join(part for part in ("/".join(filter(None, (provider, model))), prompt) if part)


def evaluate_descriptions(
    bench: Workbench, *, study: str | None = None, split: str | None = None, progress: Progress = silent
) -> DescriberEvaluation:
    """Hold the newest description of each describer against what people say of the image.

    What people say are the current reviews that count; of an image with several the mean over them is taken. Who calls
    a text wrong and changes nothing does not say what is right. Texts that were made wrong on purpose are nobody's.

    Args:
        study: by name; None for all.
        split: of the images; None for all.

    Raises:
        InvalidValue: there is nothing to measure.
        NotFound: there is no study of that name.
    """
    if study is not None:
        bench.store.studies.named(study)
    people, unsaid = _told(bench.store.corrections.corrections(study, split))
    candidates = [one for one in bench.store.corrections.candidates(study, split) if one.image_id in people]
    failures = bench.store.corrections.failures(study, split)
    if not candidates and not failures:
        raise InvalidValue(_NOTHING)
    pairs: dict[str, list[Pair]] = {}
    for done, one in enumerate(candidates, 1):
        pair = _pair(one, people[one.image_id])
        pair.sums  # noqa: B018  computed here, where progress is told
        pairs.setdefault(describer_name(*one.describer), []).append(pair)
        progress(done, len(candidates))
    refusals = {describer_name(*describer): counts for describer, counts in failures.items()}
    names = [*pairs, *(name for name in refusals if name not in pairs)]
    measured = {name: Measured(tuple(pairs.get(name, ())), refusals.get(name, {})) for name in names}
    return DescriberEvaluation(measured, unsaid)


def _told(answers: Sequence[Correction]) -> tuple[dict[int, list[Correction]], int]:
    """By image the answers that say what is true of it; and how many only say that a text is not."""
    people: dict[int, list[Correction]] = {}
    unsaid = 0
    for one in answers:
        if one.judgement is Judgement.WRONG and not _corrects(one):
            unsaid += 1
        else:
            people.setdefault(one.image_id, []).append(one)
    return people, unsaid


def _corrects(one: Correction) -> bool:
    """Whether an answer changes anything of the text that it answers."""
    said = one.verdict, one.explanation.strip()
    return said != (one.answered_verdict, one.answered_explanation.strip()) or any(
        finding.state is not FindingState.KEPT for finding in one.findings
    )


def _model(name: str) -> str:
    return name.split(" ")[0].partition("/")[2]


def _pair(one: Candidate, corrections: Sequence[Correction]) -> Pair:
    machine = Said(one.verdict, one.explanation, tuple(Part(phrase, kind, key) for key, phrase, kind in one.findings))
    judged = (each.judgement for each in corrections if each.description_id == one.id)
    people = tuple(_person(each, one.id) for each in corrections)
    return Pair(one.image_id, machine, people, tuple(said for said in judged if said is not None))


def _person(one: Correction, description_id: int) -> Said:
    """What a person says, known by key to a description as far as it is the one that was answered."""
    answers = one.description_id == description_id
    kept = [each for each in one.findings if each.state is not FindingState.DROPPED]
    dropped = {each.finding_id for each in one.findings if each.state is FindingState.DROPPED and answers}
    parts = tuple(Part(each.phrase, each.kind, each.finding_id if answers else None) for each in kept)
    return Said(one.verdict, one.explanation, parts, frozenset(key for key in dropped if key is not None))


def _flat(figures: Mapping[str, measures.Figure]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, one in figures.items():
        told[name] = round(one.value, 4)
        told[f"{name}_ci"] = [round(one.low, 4), round(one.high, 4)]
    return told


def _confusion(pairs: Sequence[Pair]) -> dict[str, dict[str, int]]:
    """By people's verdict, then by the machine's, how many answers; `none` where there is no verdict."""
    names = [*(verdict.value for verdict in Verdict), _NO_VERDICT]
    counts = {person: dict.fromkeys(names, 0) for person in names}
    for pair in pairs:
        for person in pair.people:
            counts[person.verdict or _NO_VERDICT][pair.machine.verdict or _NO_VERDICT] += 1
    return counts


def _judgements(pairs: Sequence[Pair]) -> dict[str, int]:
    """How people judged these very texts."""
    return {each.value: sum(said is each for pair in pairs for said in pair.judged) for each in Judgement}


def _by_kind(pairs: Sequence[Pair]) -> dict[str, dict[str, Any]]:
    """Precision and recall by kind of finding, as far as kinds are known, the most frequent first."""
    by_image = [measures.kinds(pair.machine, pair.people) for pair in pairs]
    names = {name for one in by_image for name in one}
    told = {}
    for name in names:
        sums = [one.get(name, {}) for one in by_image]
        n = sum(each.get("recall", (0.0, 0.0))[1] for each in sums)
        told[name] = {"n": round(n, 2)} | _flat(measures.figures(sums))
    return dict(sorted(told.items(), key=lambda item: (-item[1]["n"], item[0])))

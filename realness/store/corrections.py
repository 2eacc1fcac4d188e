"""What people made of descriptions, beside what each describer says of the same images."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Select, func, select

from realness.domain import FindingState, Judgement, ReviewKind, Verdict
from realness.store.descriptions import own_words
from realness.store.engine import Database
from realness.store.regions import final
from realness.store.replies import DESCRIBED
from realness.store.rows import Row
from realness.store.tables import current_reviews, descriptions, findings, images, replies, review_findings, studies


@dataclass(frozen=True)
class CorrectedFinding:
    """A finding as a review left it.

    Attributes:
        kind: as the reviewer named it, else as the machine did.
        finding_id: the machine's finding that it answers; None when added.
    """

    state: FindingState
    phrase: str
    kind: str | None
    finding_id: int | None


@dataclass(frozen=True)
class Correction:
    """A review that counts and says what is true of its image.

    Attributes:
        description_id: the description that it answers; None where the image had none.
        answered_verdict, answered_explanation: what that description says.
    """

    image_id: int
    sha256: str
    description_id: int | None
    judgement: Judgement | None
    verdict: Verdict | None
    explanation: str
    findings: tuple[CorrectedFinding, ...]
    answered_verdict: Verdict | None = None
    answered_explanation: str = ""


@dataclass(frozen=True)
class Candidate:
    """The newest description that one describer gives of an image.

    Attributes:
        describer: provider, model and version of the prompt; the latter two empty where they are not known.
        findings: id, phrase and kind of each.
    """

    id: int
    image_id: int
    describer: tuple[str, str, str]
    verdict: Verdict | None
    explanation: str
    findings: tuple[tuple[int, str, str | None], ...]


@dataclass(frozen=True)
class CorrectionStore:
    """Reads what is needed to measure describers."""

    database: Database

    def corrections(self, study: str | None = None, split: str | None = None) -> list[Correction]:
        """The current full reviews with a verdict or an explanation, in order of saving; where an image was adjudicated
        in a study, the newest adjudication alone.

        Args:
            study: by name; None for all.
            split: of the image; None for all.
        """
        counted = _counted(study, split)
        answered = (descriptions.c[name].label(f"answered_{name}") for name in ("verdict", "explanation"))
        said = counted.with_only_columns(*(current_reviews.c[name] for name in _OF_REVIEW), images.c.sha256, *answered)
        said = said.outerjoin(descriptions, descriptions.c.id == current_reviews.c.description_id)
        c, of = review_findings.c, counted.with_only_columns(current_reviews.c.id).scalar_subquery()
        kind = func.coalesce(c.kind, findings.c.kind).label("kind")
        parts = select(c.review_id, c.state, c.phrase, kind, c.finding_id)
        parts = parts.outerjoin(findings, findings.c.id == c.finding_id).where(c.review_id.in_(of))
        with self.database.read() as connection:
            rows = connection.execute(said.order_by(current_reviews.c.id)).mappings().all()
            found = _by("review_id", connection.execute(parts.order_by(c.review_id, c.position)).mappings())
        return [_correction(row, found.get(row["id"], [])) for row in rows]

    def candidates(self, study: str | None = None, split: str | None = None) -> list[Candidate]:
        """Of each image that has a correction the newest description of each describer, in order of saving; no text
        that was made wrong on purpose.
        """
        d = descriptions.c
        of = _counted(study, split).with_only_columns(current_reviews.c.image_id).scalar_subquery()
        own = (own_words(), ~d.planted_wrong, d.image_id.in_(of))
        newest = select(func.max(d.id)).where(*own).group_by(d.image_id, d.provider, d.model, d.prompt_version)
        said = select(descriptions).where(d.id.in_(newest.scalar_subquery())).order_by(d.id)
        parts = select(findings).where(findings.c.description_id.in_(newest.scalar_subquery()))
        with self.database.read() as connection:
            rows = connection.execute(said).mappings().all()
            ordered = parts.order_by(findings.c.description_id, findings.c.position)
            found = _by("description_id", connection.execute(ordered).mappings())
        return [_candidate(row, found.get(row["id"], [])) for row in rows]

    def failures(
        self, study: str | None = None, split: str | None = None
    ) -> dict[tuple[str, str, str], dict[str, int]]:
        """By describer, of how many images that have a correction its newest reply gives no description, by why:
        `refused`, `empty`, `invalid`.
        """
        r = replies.c
        describer = (r.provider, r.model, r.prompt_version)
        of = _counted(study, split).with_only_columns(current_reviews.c.image_id).scalar_subquery()
        newest = select(func.max(r.id)).where(r.image_id.in_(of)).group_by(r.image_id, *describer).scalar_subquery()
        query = select(*describer, r.status, func.count()).where(r.id.in_(newest), r.status != DESCRIBED)
        counts: dict[tuple[str, str, str], dict[str, int]] = {}
        with self.database.read() as connection:
            for provider, model, prompt, status, n in connection.execute(query.group_by(*describer, r.status)):
                counts.setdefault((provider, model, prompt), {})[status] = n
        return counts


_OF_REVIEW = ("id", "image_id", "description_id", "judgement", "verdict", "explanation")


def _counted(study: str | None, split: str | None) -> Select:
    c = current_reviews.c
    query = select(c.id).join(images, images.c.id == c.image_id).join(studies, studies.c.id == c.study_id)
    query = query.where(c.kind == ReviewKind.REVIEW.value, final(current_reviews))
    query = query.where(c.verdict.is_not(None) | (c.explanation != ""))
    if study is not None:
        query = query.where(studies.c.name == study)
    return query if split is None else query.where(images.c.split == split)


def _by(name: str, rows: Iterable[Row]) -> dict[int, list[Row]]:
    return {key: list(group) for key, group in groupby(rows, key=itemgetter(name))}


def _correction(row: Row, parts: Sequence[Row]) -> Correction:
    found = tuple(
        CorrectedFinding(FindingState(one["state"]), one["phrase"], one["kind"], one["finding_id"]) for one in parts
    )
    judgement = Judgement(row["judgement"]) if row["judgement"] else None
    said = row["description_id"], judgement, _verdict(row["verdict"]), row["explanation"]
    answered = _verdict(row["answered_verdict"]), row["answered_explanation"] or ""
    return Correction(row["image_id"], row["sha256"], *said, found, *answered)


def _verdict(told: str | None) -> Verdict | None:
    return Verdict(told) if told else None


def _candidate(row: Row, parts: Sequence[Row]) -> Candidate:
    describer = row["provider"], row["model"], row["prompt_version"]
    found = tuple((one["id"], one["phrase"], one["kind"]) for one in parts)
    return Candidate(row["id"], row["image_id"], describer, _verdict(row["verdict"]), row["explanation"], found)

"""What people made of the descriptions of each describer."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select

from realness.domain import ReviewKind, ReviewRole
from realness.store.descriptions import own_words
from realness.store.dialects.said import numbers_of
from realness.store.engine import Database
from realness.store.tables import current_reviews, descriptions, findings, review_findings

Describer = tuple[str, str, str]
"""Provider, model and prompt version; the last two may be empty."""


@dataclass(frozen=True)
class Answer:
    """A current review of one text of a describer.

    Attributes:
        judgement: what was said of the text.
        machine, corrected: the explanation as it was, and as the reviewer left it.
    """

    judgement: str
    machine: str
    corrected: str


@dataclass(frozen=True)
class Described:
    """What people made of one describer's texts; adjudications and texts made wrong on purpose are not counted.

    Attributes:
        offered: how often a text was shown beside others.
        chosen: how often it was taken then.
        changed: of its findings, how many people dropped, reworded and, beside its texts, added: by state and kind, ""
            for none.
    """

    describer: Describer
    answers: tuple[Answer, ...]
    offered: int
    chosen: int
    changed: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class DescribedStore:
    """Reads what people made of descriptions."""

    database: Database

    def of_study(self, study_id: int) -> list[Described]:
        """Each describer of whom a text was answered or offered in a study, in order of name."""
        with self.database.read() as connection:
            by = _describers(connection, study_id)
            answers, offered, chosen = _answered(connection, study_id, by)
            changed = _changed(connection, study_id)
        names = sorted({*answers, *offered})
        return [Described(one, tuple(answers[one]), offered[one], chosen[one], changed[one]) for one in names]


_review = current_reviews.c
_who = (descriptions.c.provider, descriptions.c.model, descriptions.c.prompt_version)


def _full(study_id: int) -> tuple[ColumnElement[bool], ...]:
    reviewer, review = ReviewRole.REVIEWER.value, ReviewKind.REVIEW.value
    return _review.study_id == study_id, _review.kind == review, _review.role == reviewer


def _describers(connection: Connection, study_id: int) -> dict[int, Describer]:
    """Who wrote each text that was offered beside others."""
    offered, said = numbers_of(_review.offered)
    query = select(descriptions.c.id, *_who).distinct().select_from(current_reviews).join(offered, said > 0)
    query = query.join(descriptions, descriptions.c.id == said)
    rows = connection.execute(query.where(*_full(study_id), _review.offered.is_not(None), own_words()))
    return {identifier: (provider, model, prompt) for identifier, provider, model, prompt in rows}


def _answered(
    connection: Connection, study_id: int, by: Mapping[int, Describer]
) -> tuple[Mapping[Describer, list[Answer]], Counter[Describer], Counter[Describer]]:
    query = (
        select(*_who, _review.judgement, descriptions.c.explanation, _review.explanation, _review.offered)
        .add_columns(_review.description_id)
        .join(descriptions, descriptions.c.id == _review.description_id)
        .where(*_full(study_id), descriptions.c.planted_wrong.is_(False), _review.judgement.is_not(None))
    )
    answers: dict[Describer, list[Answer]] = defaultdict(list)
    offered: Counter[Describer] = Counter()
    chosen: Counter[Describer] = Counter()
    for provider, model, prompt, judgement, machine, corrected, among, said in connection.execute(query):
        answers[provider, model, prompt].append(Answer(judgement, machine, corrected))
        offered.update(by[one] for one in among or () if one in by)
        chosen.update([by[said]] if among and said in by else [])
    return answers, offered, chosen


def _changed(connection: Connection, study_id: int) -> Mapping[Describer, Counter[tuple[str, str]]]:
    kind = func.coalesce(review_findings.c.kind, findings.c.kind, "")
    query = (
        select(*_who, review_findings.c.state, kind, func.count())
        .select_from(current_reviews)
        .join(review_findings, review_findings.c.review_id == _review.id)
        .join(descriptions, descriptions.c.id == _review.description_id)
        .outerjoin(findings, findings.c.id == review_findings.c.finding_id)
        .where(*_full(study_id), descriptions.c.planted_wrong.is_(False), review_findings.c.state != "kept")
        .group_by(*_who, review_findings.c.state, kind)
    )
    changed: dict[Describer, Counter[tuple[str, str]]] = defaultdict(Counter)
    for provider, model, prompt, state, of, count in connection.execute(query):
        changed[provider, model, prompt][state, of] += count
    return changed

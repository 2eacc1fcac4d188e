"""From the named fields of a table or a JSON line to a record: the fields that `csv` and `jsonl` share."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from realness.domain import Finding, ImportedRecord, OpinionScore, Skipped, Verdict, check_text
from realness.errors import InvalidValue, RealnessError
from realness.exchange.places import inside, shown

FIELDS = (
    "image", "description", "verdict", "rating", "z_score", "votes",
    "generator", "prompt", "model", "provider", "prompt_version", "split", "real",
)  # fmt: skip
"""The columns of `csv` and keys of `jsonl`; only `image` is needed."""

FINDINGS = "findings"
"""A key of `jsonl` alone: a cell holds no list."""

_LONGEST_NAME, _LONGEST_WORD = 200, 64
_MOST_FINDINGS = 100
_REAL = {"true": True, "yes": True, "1": True, "real": True, "photo": True}
_REAL |= {"false": False, "no": False, "0": False, "generated": False, "ai": False}


class Reader:
    """Makes records from fields, and knows what it has already seen."""

    def __init__(self, file: Path, split: str | None) -> None:
        self._root = file.parent.resolve()
        self._source = file.stem
        self._split = split
        self._seen: dict[int, str] = {}
        self._scores: dict[Path, tuple[OpinionScore, str]] = {}

    def record(self, row: str, values: Mapping[str, Any]) -> ImportedRecord | Skipped:
        """The record that the fields of one row make, or why they make none."""
        try:
            record = _record(self._root, self._source, self._split, row, values)
            self._refuse_twice(record)
        except RealnessError as error:
            return Skipped(row, str(error))
        return record

    def _refuse_twice(self, record: ImportedRecord) -> None:
        """One image may have several descriptions, but each only once, and one score."""
        # Its hash, since the texts of a large file would fill the memory.
        key = hash(
            (record.path, record.description, record.verdict, record.provider, record.model, record.prompt_version)
        )
        if key in self._seen:
            raise InvalidValue(f"says of the same image what {self._seen[key]} says; remove one of them")
        for score in record.scores:
            other, place = self._scores.setdefault(record.path, (score, record.row))
            if other != score:
                raise InvalidValue(f"gives the image another score than {place}; keep one of them")
        self._seen[key] = record.row


def _record(root: Path, source: str, split: str | None, row: str, values: Mapping[str, Any]) -> ImportedRecord:
    name = _text(values, "image") or ""
    path = inside(root, name)
    return ImportedRecord(
        row=row,
        path=path,
        name=name.strip(),
        description=_text(values, "description"),
        verdict=_verdict(values),
        findings=_findings(values),
        provider=_name(values, "provider") or "import",
        model=_name(values, "model"),
        prompt_version=_name(values, "prompt_version", _LONGEST_WORD),
        scores=_scores(values, source),
        split=_name(values, "split") or split,
        generator=_name(values, "generator"),
        prompt=_text(values, "prompt"),
        is_real=_real(values),
    )


def _text(values: Mapping[str, Any], field: str) -> str | None:
    value = values.get(field)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return check_text(value, field)


def _name(values: Mapping[str, Any], field: str, longest: int = _LONGEST_NAME) -> str | None:
    text = _text(values, field)
    if text is not None and len(text) > longest:
        raise InvalidValue(f"{field} has {len(text)} characters; at most {longest} are kept")
    return text.strip() if text else None


def _findings(values: Mapping[str, Any]) -> tuple[Finding, ...]:
    given = values.get(FINDINGS)
    if given is None or given == []:
        return ()
    if not isinstance(given, list) or len(given) > _MOST_FINDINGS:
        raise InvalidValue(f"{FINDINGS} must be a list of at most {_MOST_FINDINGS} phrases")
    if _text(values, "description") is None:
        raise InvalidValue(f"has {FINDINGS}, but no description that they are of")
    return tuple(_finding({"phrase": one} if isinstance(one, str) else one) for one in given)


def _finding(held: object) -> Finding:
    if not isinstance(held, Mapping) or not set(held) <= {"phrase", "kind"}:
        raise InvalidValue(f'each of the {FINDINGS} must be a phrase, or an object with "phrase" and "kind"')
    phrase, kind = _text(held, "phrase"), _name(held, "kind", _LONGEST_WORD)
    if phrase is None:
        raise InvalidValue(f"each of the {FINDINGS} needs a phrase")
    return Finding(phrase.strip(), kind.lower() if kind else None)


def _verdict(values: Mapping[str, Any]) -> Verdict | None:
    text = _text(values, "verdict")
    if text is None:
        return None
    if text.strip().lower() not in set(Verdict):
        raise InvalidValue(f"verdict must be yes, somewhat or no, got {shown(text)}")
    return Verdict(text.strip().lower())


def _scores(values: Mapping[str, Any], source: str) -> tuple[OpinionScore, ...]:
    rating, z_score, votes = (number(values.get(name), name) for name in ("rating", "z_score", "votes"))
    if votes is not None and (votes != int(votes) or votes < 1):
        raise InvalidValue(f"votes must be a whole number from 1 on, got {votes}")
    if rating is None and z_score is None:
        if votes is not None:
            raise InvalidValue("has votes, but neither a rating nor a z_score")
        return ()
    return (OpinionScore(source, rating, z_score, None if votes is None else int(votes)),)


def number(value: object, name: str) -> float | None:
    """A finite number from a cell or a JSON value; None when it is empty.

    Raises:
        InvalidValue: it is something else.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    result = math.nan
    if (isinstance(value, int | float) and not isinstance(value, bool)) or (
        isinstance(value, str) and "_" not in value
    ):
        try:
            result = float(value)
        except (ValueError, OverflowError):
            result = math.nan
    if not math.isfinite(result):
        raise InvalidValue(f"{name} must be a finite number, got {shown(str(value))}")
    return result


def _real(values: Mapping[str, Any]) -> bool | None:
    value = values.get("real")
    if value is None or value == "":
        return None
    answer = _REAL.get(str(value).strip().lower())
    if answer is None:
        raise InvalidValue(f"real must be true or false, got {shown(str(value))}")
    return answer

"""Several descriptions of an image to choose from, under names that tell nothing of who wrote them.

The ids of the database grow with time, and so would tell which text is newer, or which one was put in as a check. What
leaves the server instead are names made of the content alone: whoever has a text could make its name too. The names of
a person's own choice are turned back into ids here; what else a browser may say is refused.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from realness.domain import StoredDescription, StoredMap, Submission
from realness.errors import InvalidValue
from realness.workbench.bench import Workbench

_DIGITS = 13
"""Hexadecimal digits of a name: 52 bits, a whole number in a browser too."""


@dataclass(frozen=True)
class Text:
    """One of the descriptions to choose from.

    Attributes:
        map: its own; where it has none the whole map of another one, without that one's findings.
    """

    description: StoredDescription
    map: StoredMap | None

    @property
    def name(self) -> int:
        """What stands for the description's id."""
        said = self.description.description
        return _name(said.text, said.verdict or "", said.explanation)

    @property
    def finding_names(self) -> tuple[int, ...]:
        """What stands for the ids of the findings, in order."""
        return tuple(_name(self.name, at) for at in range(len(self.description.finding_ids)))


def texts(bench: Workbench, study_id: int, image_id: int, reviewer_id: int) -> tuple[Text, ...]:
    """What a person chooses from, in the order shown; nothing where there is no choice."""
    store = bench.store
    with store.database.together():
        said = store.offers.offered(study_id, image_id, reviewer_id)
        maps = [store.maps.of_text(image_id, one.description.text) for one in said]
    spare = next((replace(one, phrases=()) for one in maps if one), None)
    return tuple(Text(description, own or spare) for description, own in zip(said, maps, strict=True))


def map_name(found: StoredMap) -> int:
    """What stands for a map's id."""
    return _name(found.sha256)


def finding_names(offered: Sequence[Text]) -> dict[int, int]:
    """The names of all findings by their ids."""
    return {
        identifier: name
        for text in offered
        for identifier, name in zip(text.description.finding_ids, text.finding_names, strict=True)
    }


def with_ids(submission: Submission, offered: Sequence[Text]) -> Submission:
    """The submission with the ids that its names stand for.

    Raises:
        InvalidValue: it speaks of a description, a map or a finding that is none of those to choose from.
    """
    descriptions = {text.name: text.description.id for text in offered}
    maps = {map_name(text.map): text.map.id for text in offered if text.map}
    findings = {name: identifier for identifier, name in finding_names(offered).items()}
    answered = tuple(
        replace(one, finding_id=_known(findings, one.finding_id, "finding")) for one in submission.findings
    )
    return replace(
        submission,
        description_id=_known(descriptions, submission.description_id, "description"),
        map_id=_known(maps, submission.map_id, "map"),
        findings=answered,
    )


def _known(ids: dict[int, int], name: int | None, of: str) -> int | None:
    if name is None:
        return None
    if name not in ids:
        raise InvalidValue(f"that {of} is none of those to choose from; reload the page")
    return ids[name]


def _name(*parts: str | int) -> int:
    content = "\x1f".join(map(str, parts))
    return int(hashlib.sha256(content.encode()).hexdigest()[:_DIGITS], 16)

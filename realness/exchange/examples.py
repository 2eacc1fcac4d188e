"""What can be learned from a row that leaves: a text, a better and a worse one, a text that is right or wrong."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from realness import prompts
from realness.domain import Finding, Judgement, Region, RegionShape, ReviewKind, ReviewRole, Verdict
from realness.errors import UnreadableImage
from realness.exchange.rows import ExportRow
from realness.images import EXTENSIONS

SPLITS = ("train", "validation", "test")
"""The splits of an image's own that are kept; an image without one of these gets `train` or `test`."""
_TOKENS = re.compile(r"<(\|[^|<>]{1,40}\||/?(?:image|video|audio|bbox|ref-object|ref)|/?s)>", re.IGNORECASE)
"""What trainers would take for a picture, a turn or an end: `<image>`, `<|im_end|>`, `</s>`."""


class Use(StrEnum):
    """What an example is for."""

    TEXT = "text"
    PAIR = "pair"
    LABEL = "label"
    RATING = "rating"


@dataclass(frozen=True)
class Picture:
    """An image whose bytes go along.

    Attributes:
        sha256: its identity, and its name in an export.
        format: Pillow's name of the format.
        path: where its bytes lie; it is never written into an export.
    """

    sha256: str
    format: str
    path: Path

    @property
    def name(self) -> str:
        """The name of its file in an export: nothing of the name that it came with."""
        return f"{self.sha256}{EXTENSIONS[self.format]}"

    def read(self) -> bytes:
        """Its bytes, held against its hash.

        Raises:
            UnreadableImage: the file is missing, or is another one by now.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise UnreadableImage("this image's file is missing; import it again") from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UnreadableImage("this image's file was changed since it was imported; import the original again")
        return data


@dataclass(frozen=True)
class Leaving:
    """A row with what an example needs besides.

    Attributes:
        said: the findings of the machine's description, as those of a row.
        offered: the texts that were shown beside the chosen one: `verdict`, `explanation`, `said`, … each.
    """

    row: ExportRow
    image: Picture
    said: Sequence[Mapping[str, Any]] = ()
    offered: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Example:
    """Something to learn from, on one image.

    Attributes:
        split: of the image: `train`, `validation` or `test`.
        text: what a describer is to say; the better one of a pair; empty in a rating.
        rejected: the worse text of a pair.
        label: whether the text is right, of a label.
    """

    use: Use
    row: ExportRow
    image: Picture
    split: str
    text: str = ""
    rejected: str = ""
    label: bool = True


class Examples:
    """Makes examples of rows, and counts by reason what gives none."""

    def __init__(
        self, prompt: prompts.Prompt, uses: Sequence[Use], excluded: dict[str, int], test_share: float, seed: int
    ) -> None:
        self._prompt, self._uses, self._excluded = prompt, uses, excluded
        self._share, self._seed = test_share, seed

    def of(self, leaving: Leaving) -> Iterator[Example]:
        """The examples of a row for the uses that are wanted."""
        row = leaving.row
        split = split_of(row.image_sha256, row.split, self._share, self._seed)
        for use, text, rejected, label in self._found(leaving):
            yield Example(use, row, leaving.image, split, text, rejected, label)

    def _found(self, leaving: Leaving) -> Iterator[tuple[Use, str, str, bool]]:
        row = leaving.row
        if row.kind in (ReviewKind.SKIP, ReviewKind.FLAG):
            return self._leave_out("skipped" if row.kind == ReviewKind.SKIP else "flagged")
        if Use.RATING in self._uses and row.role == ReviewRole.REVIEWER:
            if row.rating is not None:
                yield Use.RATING, "", "", True
            elif self._uses == (Use.RATING,):
                self._leave_out("no rating")
        if self._uses == (Use.RATING,):
            return self._leave_out("not a person's answer" if row.source == "machine" else "adjudication", row.role)
        machine = self._machine(leaving)
        if row.source == "machine":
            yield from self._of_machine(machine)
        elif not row.final:
            self._leave_out("overruled")
        else:
            yield from self._of_person(leaving, self._human(leaving), machine)

    def _of_machine(self, text: str) -> Iterator[tuple[Use, str, str, bool]]:
        if Use.TEXT not in self._uses:
            self._leave_out("not a person's answer")
        elif not text:
            self._leave_out("no text")
        else:
            yield Use.TEXT, text, "", True

    def _of_person(self, leaving: Leaving, human: str, machine: str) -> Iterator[tuple[Use, str, str, bool]]:
        row, same = leaving.row, human == machine
        if not human:
            return self._leave_out("no text")
        if row.planted_wrong and same and row.judgement != Judgement.WRONG:
            return self._leave_out("wrong on purpose and not corrected")
        if Use.TEXT in self._uses:
            if same and row.judgement == Judgement.WRONG:
                self._leave_out("wrong and not corrected")
            else:
                yield Use.TEXT, human, "", True
        if Use.PAIR in self._uses:
            yield from self._pairs(leaving, human, machine)
        if Use.LABEL in self._uses:
            yield from self._labels(row, human, machine)

    def _pairs(self, leaving: Leaving, human: str, machine: str) -> Iterator[tuple[Use, str, str, bool]]:
        """The corrected text before what it corrects, and the chosen one before those that were shown beside it."""
        if not machine:
            self._leave_out("no machine text")
        elif human == machine:
            self._leave_out("unedited")
        else:
            yield Use.PAIR, human, machine, True
        told = {"", human, machine}
        for other in leaving.offered:
            beside = self._write(other["verdict"], other["explanation"], other["said"], leaving.row)
            if beside in told:
                self._leave_out("same text")
            else:
                yield Use.PAIR, human, beside, True
            told.add(beside)

    def _labels(self, row: ExportRow, human: str, machine: str) -> Iterator[tuple[Use, str, str, bool]]:
        if machine and row.judgement == Judgement.WRONG:
            yield Use.LABEL, machine, "", False
        if human != machine or row.judgement == Judgement.ACCURATE:
            yield Use.LABEL, human, "", True
        elif row.judgement != Judgement.WRONG:
            self._leave_out("neither right nor wrong")

    def _human(self, leaving: Leaving) -> str:
        """What the reviewer says; where nothing was written and the machine's text was found accurate, that text."""
        row = leaving.row
        if row.verdict is None and not row.explanation.strip():
            return self._machine(leaving) if row.judgement == Judgement.ACCURATE else ""
        kept = [one for one in row.findings if one["state"] != "dropped"]
        return self._write(row.verdict, row.explanation, kept, row)

    def _machine(self, leaving: Leaving) -> str:
        row = leaving.row
        said = row.findings if row.source == "machine" else leaving.said
        return self._write(row.machine_verdict, row.machine_explanation or "", said, row)

    def _write(self, verdict: str | None, explanation: str, found: Sequence[Mapping[str, Any]], row: ExportRow) -> str:
        if verdict is None and not explanation.strip():
            return ""
        said = Verdict(verdict) if verdict else None
        size = row.width, row.height
        parts: list[Finding] = []
        if self._prompt.schema is not None and said is not Verdict.NO:
            parts = [_finding(one, size) for one in found]
        return plain(prompts.write(self._prompt, said, explanation, parts, size))

    def _leave_out(self, reason: str, role: str | None = None) -> None:
        if role != ReviewRole.REVIEWER:
            self._excluded[reason] = self._excluded.get(reason, 0) + 1


def split_of(sha256: str, own: str | None, test_share: float, seed: int) -> str:
    """The split of an image, the same for everything that is said of it.

    One of `SPLITS` that it has stays. Of the others `test_share` go to `test` and the rest to `train`, by a hash of
    the image and the seed: images that come later change nothing for those that are there.
    """
    if own in SPLITS:
        return str(own)
    drawn = int.from_bytes(hashlib.sha256(f"{seed}:{sha256}".encode()).digest()[:8]) / 2**64
    return "test" if drawn < test_share else "train"


def plain(text: str) -> str:
    """A text without what trainers would take for a picture or a turn: `<image>` becomes `[image]`."""
    return _TOKENS.sub(r"[\1]", text)


def _finding(one: Mapping[str, Any], size: tuple[int, int]) -> Finding:
    regions = []
    for mark in one["regions"]:
        shape = RegionShape(mark["shape"])
        regions.append(Region(shape, tuple(mark["coordinates"]), size if shape is RegionShape.MASK else None))
    return Finding(one["phrase"], one["kind"], None, tuple(regions))

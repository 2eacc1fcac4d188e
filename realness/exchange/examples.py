"""What can be learned from a row that leaves: a text, a better and a worse one, a text that is right or wrong."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from realness import prompts
from realness.domain import Judgement, ReviewKind, ReviewRole
from realness.errors import UnreadableImage
from realness.exchange.rows import ExportRow
from realness.exchange.said import Said, by_machine, by_person
from realness.images import EXTENSIONS

SPLITS = ("train", "validation", "test")
"""The splits of an image's own that are kept; an image without one of these gets `train` or `test`."""
TOKENS = re.compile(r"<(\|[^|<>]{1,40}\||/?(?:image|video|audio|bbox|ref-object|ref)|/?s)>", re.IGNORECASE)
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
        self._kept: set[str] = set()
        self._drawn: set[str] = set()

    def of(self, leaving: Leaving) -> Iterator[Example]:
        """The examples of a row for the uses that are wanted."""
        row = leaving.row
        split = split_of(row.image_sha256, row.split, self._share, self._seed)
        for use, text, rejected, label in self._found(leaving):
            if self._share:
                (self._kept if row.split in SPLITS else self._drawn).add(row.image_sha256)
            yield Example(use, row, leaving.image, split, text, rejected, label)

    def notes(self) -> list[str]:
        """What is to be known of the splits, where a share of the images was to go to `test`."""
        if not self._kept:
            return []
        told = f"{len(self._kept)} of {len(self._kept) + len(self._drawn)} images have a split of their own and stay"
        drawn = "the share for test was drawn among the others" if self._drawn else "the share for test changes nothing"
        return [f"{told} in it; {drawn}"]

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
        found = row.findings if row.source == "machine" else leaving.said
        machine = by_machine(row.machine_verdict, row.machine_explanation, found)
        if row.source == "machine":
            yield from self._of_machine(machine, row)
        elif not row.final:
            self._leave_out("overruled")
        else:
            yield from self._of_person(leaving, by_person(row, machine), machine)

    def _of_machine(self, said: Said, row: ExportRow) -> Iterator[tuple[Use, str, str, bool]]:
        if Use.TEXT not in self._uses:
            self._leave_out("not a person's answer")
        elif not said:
            self._leave_out("no text")
        else:
            yield Use.TEXT, self._write(said, row), "", True

    def _of_person(self, leaving: Leaving, human: Said, machine: Said) -> Iterator[tuple[Use, str, str, bool]]:
        row, same = leaving.row, self._same(human, machine)
        if not human:
            return self._leave_out("no text")
        if row.planted_wrong and same and row.judgement != Judgement.WRONG:
            return self._leave_out("wrong on purpose and not corrected")
        unfit = "wrong and not corrected" if same and row.judgement == Judgement.WRONG else ""
        if self._lists and human.denied:
            unfit = "every finding dropped, but not from the text"
        for use, found in ((Use.TEXT, self._texts), (Use.PAIR, self._pairs)):
            if use in self._uses and unfit:
                self._leave_out(unfit)
            elif use in self._uses:
                yield from found(leaving, human, machine)
        if Use.LABEL in self._uses:
            yield from self._labels(row, "" if unfit else self._write(human, row), human, machine)

    def _texts(self, leaving: Leaving, human: Said, _machine: Said) -> Iterator[tuple[Use, str, str, bool]]:
        yield Use.TEXT, self._write(human, leaving.row), "", True

    def _pairs(self, leaving: Leaving, human: Said, machine: Said) -> Iterator[tuple[Use, str, str, bool]]:
        """The corrected text before what it corrects, and the chosen one before those that were shown beside it."""
        row, better = leaving.row, self._write(human, leaving.row)
        if not machine:
            self._leave_out("no machine text")
        elif self._same(human, machine):
            self._leave_out("unedited")
        else:
            yield Use.PAIR, better, self._write(machine, row), True
        told = [human, machine]
        for other in leaving.offered:
            beside = by_machine(other["verdict"], other["explanation"], other["said"])
            if not beside or any(self._same(beside, one) for one in told):
                self._leave_out("same text")
            else:
                yield Use.PAIR, better, self._write(beside, row), True
            told.append(beside)

    def _labels(self, row: ExportRow, right: str, human: Said, machine: Said) -> Iterator[tuple[Use, str, str, bool]]:
        """The machine's text that is wrong, and the person's, `right`, where it is fit to be learned."""
        wrong = bool(machine) and row.judgement == Judgement.WRONG
        if wrong:
            yield Use.LABEL, self._write(machine, row), "", False
        if right and (row.judgement == Judgement.ACCURATE or not self._same(human, machine)):
            yield Use.LABEL, right, "", True
        elif not wrong:
            self._leave_out("neither right nor wrong")

    @property
    def _lists(self) -> bool:
        """Whether the texts list their findings."""
        return self._prompt.schema is not None

    def _same(self, one: Said, other: Said) -> bool:
        return one.key(findings=self._lists) == other.key(findings=self._lists)

    def _write(self, said: Said, row: ExportRow) -> str:
        size = row.width, row.height
        parts = said.parts(size) if self._lists else []
        return plain(prompts.write(self._prompt, said.verdict, said.explanation, parts, size))

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
    return TOKENS.sub(r"[\1]", text)

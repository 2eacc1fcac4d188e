"""Taking one image, or one person, out of the journal: the one exception to "lines are only ever added"."""

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from realness.atomic import replacing
from realness.errors import CannotWrite
from realness.store.journal.files import line, months, record

_PEOPLE = "people.jsonl"
_NOTHING = [0, ""]
"""Up to which review a journal goes that has none."""


def forget(folder: Path, *, sha256: str | None = None, pseudonym: str | None = None) -> int:
    """Take out every line of an image, or of a person with what says who that is; the other lines stay as they are.

    Lines that cannot be read go, too: nobody can tell whose they were, and nobody could make them again. What goes on
    from a review that is gone goes on from the one before it. No process may have the journal open.

    Returns:
        How many lines were taken out.

    Raises:
        CannotWrite: a file cannot be read or written; those before it are done, and the same call does the rest.
    """
    if not folder.is_dir():
        return 0

    def of_it(told: dict[str, Any]) -> bool:
        return told["person"] == pseudonym or told["image"]["sha256"] == sha256

    try:
        with (folder / ".lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            taking = _Taking(of_it)
            for path in months(folder):
                taking.out_of(path)
            if pseudonym is not None and (folder / _PEOPLE).exists():
                taking.of_it = lambda told: told["pseudonym"] == pseudonym
                taking.out_of(folder / _PEOPLE)
    except OSError as error:
        reason = f"{error.strerror}; mend that, and erase again"
        raise CannotWrite(f"the journal in {folder} cannot be changed: {reason}") from error
    return taking.taken


class _Taking:
    """Goes through the files in the order in which they were written."""

    def __init__(self, of_it: Callable[[dict[str, Any]], bool]) -> None:
        self.of_it, self.taken = of_it, 0
        self._gone: set[tuple[Any, ...]] = set()
        self._last = _NOTHING
        """The last review so far that stays, by id and submission."""

    def out_of(self, path: Path) -> None:
        """Make a file anew, in one step, without the lines that are `of_it`."""
        with replacing(path) as part, path.open("rb") as old, part.open("wb") as new:
            part.chmod(0o600)
            for text in old:
                kept = self._kept(text)
                self.taken += kept is None
                new.write(kept or b"")

    def _kept(self, text: bytes) -> bytes | None:
        told = record(text)
        if told is None or self.of_it(told):
            if told is not None and told.get("kind") == "review":
                self._gone.add(tuple(told["through"]))
            return None
        if told.get("kind") == "review":
            self._last = told["through"]
        elif "through" in told and tuple(told["through"]) in self._gone:
            return line(told | {"through": self._last})
        return text

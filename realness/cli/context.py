"""What every command shares: the global options, progress on stderr, the result on stdout."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer

from realness.domain import check_text
from realness.errors import InvalidValue
from realness.settings import Settings
from realness.workbench import Progress, Workbench

EVERY = 30.0
"""Seconds between lines of progress where stderr is no terminal."""
_VALUED = {"--db": "database", "--data": "data"}


@dataclass
class Context:
    """The global options of one call."""

    database: str | None = None
    data: str | None = None
    json: bool = False

    def settings(self) -> Settings:
        """Options first, then the environment, then the defaults."""
        return Settings.read(self.database, self.data)

    @contextmanager
    def bench(self) -> Iterator[Workbench]:
        """The workbench, closed at the end."""
        bench = Workbench.open(self.settings())
        try:
            yield bench
        finally:
            bench.close()

    def finish(self, result: dict[str, Any], sentence: str) -> None:
        """Print the result: one JSON object as the last line with `--json`, else one sentence."""
        print(json.dumps(result, ensure_ascii=False, default=str) if self.json else sentence)  # noqa: T201


def hoist(argv: list[str], context: Context) -> list[str]:
    """Take the global options out of a command line, wherever they stand before `--`.

    Raises:
        typer.BadParameter: one lacks its value.
    """
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            return [*rest, word, *words]
        if word == "--json":
            context.json = True
        elif name in _VALUED:
            given = value if equals else next(words, None)
            if not given:
                raise typer.BadParameter(f"{name} needs a value")
            setattr(context, _VALUED[name], given)
        else:
            rest.append(word)
    return rest


def label(text: str | None, option: str, longest: int = 200) -> str | None:
    """The name that an option gives, as it can be stored; None where it is not given.

    Raises:
        InvalidValue: it is empty, has more than `longest` characters, or is no text.
    """
    if text is None:
        return None
    if not text.strip():
        raise InvalidValue(f"{option} is empty; give a name, or leave it out")
    if len(check_text(text, option)) > longest:
        raise InvalidValue(f"{option} has {len(text)} characters; at most {longest} are kept")
    return text


@contextmanager
def progress_bar(what: str) -> Iterator["Bar"]:
    """A bar on stderr with rate and remaining time; plain lines where stderr is no terminal."""
    from rich.console import Console  # noqa: PLC0415  rich takes a tenth of a second, for long work only
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None, rate="")
        report = Bar(bar, task, what)
        yield report
        if not console.is_terminal and report.done:
            print(f"{what}: {report.done} {report.unit}".rstrip() + " done", file=sys.stderr)  # noqa: T201


class Bar:
    """Passes progress on to a rich bar, or to a line now and then."""

    def __init__(self, bar: Any, task: Any, what: str) -> None:
        self.bar, self.task, self.what, self.done, self.unit = bar, task, what, 0, ""
        self.told = time.monotonic()

    def of(self, unit: str) -> Progress:
        """The same bar, beginning again, for what is counted in this unit."""

        def counted(done: int, total: int | None) -> None:
            if self.unit != unit:
                self.unit = unit
                self.bar.reset(self.task, description=f"{self.what}, {unit}")
            self(done, total)

        return counted

    def __call__(self, done: int, total: int | None) -> None:
        """So many are done, of how many."""
        self.done = done
        if self.bar.disable and time.monotonic() - self.told >= EVERY:
            self.told = time.monotonic()
            counted = f"{done} of {total}" if total else str(done)
            print(f"{self.what}: {counted} {self.unit}".rstrip(), file=sys.stderr, flush=True)  # noqa: T201
        speed = self.bar.tasks[0].finished_speed or self.bar.tasks[0].speed
        self.bar.update(self.task, completed=done, total=total, rate=f"{speed:.1f}/s" if speed else "")

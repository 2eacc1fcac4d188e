"""Erase: a person's or an image's removal on request."""

import sys
from typing import Annotated, Any

import typer

from realness.cli.context import Context, label
from realness.errors import InvalidValue, NotFound


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("erase")(erase)


def erase(
    context: typer.Context,
    person: Annotated[str | None, typer.Option("--person", metavar="NAME", help="Whom to remove.")] = None,
    image: Annotated[str | None, typer.Option("--image", metavar="SHA256|NAME", help="Which image.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a person with all that they answered, or an image with all that is known of it, for good."""
    from realness.workbench import erasing  # noqa: PLC0415
    from realness.workbench.alone import unserved  # noqa: PLC0415

    if (person is None) == (image is None):
        raise InvalidValue("say what to erase: --person NAME, or --image with a SHA-256 or a name")
    person, image = label(person, "--person"), label(image, "--image", 4096)
    shared: Context = context.obj
    with shared.bench() as bench, unserved(bench):
        done = erasing.finish(bench)
        try:
            subject = erasing.named(bench, person=person, image=image)
        except NotFound:
            if done is None:
                raise
        else:
            _ask(erasing.foreseen(bench, subject), person or image or "", yes=yes)
            done = erasing.erase(bench, subject)
        held = [str(path) for path in erasing.still_held(bench.settings)]
    result: dict[str, Any] = {"erased": done.kind, "rows": done.rows, "files": done.files, "lines": done.lines}
    sentence = f"erased: {_counted(done.rows)}, {done.files} files, {done.lines} lines of the journal"
    sentence += f"; {done.linked} was linked and stays where it is" if done.linked else ""
    sentence += (
        f"; copies made earlier still hold it, delete them or make them again: {', '.join(held)}" if held else ""
    )
    shared.finish(result | {"linked": done.linked, "still_held": held}, sentence)


def _ask(foreseen: Any, named: str, *, yes: bool) -> None:
    told = f"{named}: {_counted(foreseen.rows)}, {foreseen.files} files, and the lines of the journal"
    typer.echo(f"to be erased: {told}", err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidValue(f"this would be erased for good: {told}; say so with --yes")
    typer.confirm("Erase it? It cannot be undone.", abort=True, err=True)


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{number} of {name}" for name, number in rows.items()) or "nothing in the database"

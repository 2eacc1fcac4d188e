"""Backup: a consistent copy of the database."""

from typing import Annotated

import typer

from realness.cli.context import Context, progress_bar
from realness.domain import check_text
from realness.settings import place


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("backup")(backup)


def backup(
    context: typer.Context,
    target: Annotated[
        str | None, typer.Argument(metavar="[DEST]", help="A new file, or a folder (default: DATA/backups).")
    ] = None,
) -> None:
    """Copy the database while others work, and check the copy. Images and maps are not in it."""
    from realness.workbench.backups import back_up  # noqa: PLC0415

    shared: Context = context.obj
    dest = place(check_text(target, "DEST")) if target is not None else None
    with shared.bench() as bench, progress_bar("pages") as progress:
        made = back_up(bench, dest, progress)
    result = {"path": str(made.path), "bytes": made.bytes, "sha256": made.sha256, "ok": made.ok}
    shared.finish(result | {"problems": list(made.problems)}, f"{made.path}, {made.bytes / 10**6:.1f} MB, checked")
    if not made.ok:
        typer.echo(f"error: the database is damaged, and so is the copy: {made.problems[0]}", err=True)
        raise typer.Exit(1)

"""Backup, restore and check: a copy of the database, putting it back, and whether all is there."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from realness.cli.context import Context, progress_bar
from realness.domain import check_text
from realness.errors import InvalidValue
from realness.settings import Settings, place
from realness.workbench import Progress


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("check")(check)


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


def restore(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="[BACKUP]", help="A file that `backup` made.")] = None,
    journal: Annotated[
        bool, typer.Option("--journal", help="Then bring in what the journal has and the database lacks.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put a backup in place of the database, or make every review again from the journal, or one after the other."""
    shared: Context = context.obj
    if source is None and not journal:
        raise InvalidValue("name a backup, or give --journal to make the reviews again from the journal, or both")
    settings = shared.settings()
    result: dict[str, Any] = {}
    sentences = []
    if source is not None:
        result, sentence = _put_back(settings, place(check_text(source, "BACKUP")), yes=yes)
        sentences.append(sentence)
    if journal:
        with progress_bar("restore") as progress:
            told, sentence = _replay(settings, progress.of)
        result |= told
        sentences.append(sentence)
    shared.finish(result, "; ".join(sentences))


def _put_back(settings: Settings, backup: Path, *, yes: bool) -> tuple[dict[str, Any], str]:
    from realness.store.dialects import address_of  # noqa: PLC0415
    from realness.workbench.restoring import restore as put_back  # noqa: PLC0415

    target = address_of(settings.database)
    if (target.path is None or target.path.exists()) and not yes:
        if not sys.stdin.isatty():
            raise InvalidValue(f"{target} would be replaced, and what is there kept; say so with --yes")
        typer.confirm(f"Put {backup} in place of {target}? What is there is kept.", abort=True, err=True)
    done = put_back(settings, backup)
    result = {"database": done.database, "backup": str(done.backup), "kept": done.kept and str(done.kept)}
    result |= {"schema": done.schema, "images": done.images, "reviews": done.reviews, "erased": list(done.erased)}
    kept = f"; what was there is kept as {done.kept}" if done.kept else ""
    back = f"; it holds what was erased, erase it again: {', '.join(done.erased)}" if done.erased else ""
    return result, f"{done.database} is {done.backup} now: {done.images} images, {done.reviews} reviews{kept}{back}"


def _replay(settings: Settings, of: Callable[[str], Progress]) -> tuple[dict[str, Any], str]:
    from realness.workbench.restoring import rebuild  # noqa: PLC0415

    done = rebuild(settings, of)
    told, damage = done.replayed, done.replayed.damage
    result = {"lines": told.lines, "made_again": told.reviews, "ratings": told.ratings, "known": told.known}
    result |= {"conflicts": told.conflicts, "torn": damage.torn, "broken": list(damage.broken)}
    result |= {"unread": list(damage.unread)}
    result |= {"recovered_images": done.images, "missing_images": done.missing, "unreadable": done.unreadable}
    sentence = f"{told.reviews} reviews made again from {told.lines} lines, {told.known} were there"
    problems = {"lines cut off at the end, which nobody was told were kept": damage.torn}
    problems |= {f"broken lines, the first {damage.broken[0]}" if damage.broken else "": len(damage.broken)}
    problems |= {
        f"of its files passed over, the first: {damage.unread[0]}" if damage.unread else "": len(damage.unread)
    }
    problems |= {"reviews have another one in their place": told.conflicts, "files of images are missing": done.missing}
    for what, number in problems.items():
        sentence += f", {number} {what}" if number else ""
    return result, sentence


def check(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="Only whether files are there, not what is in them.")] = False,
) -> None:
    """Look whether the database is sound and every file is there and unchanged; says what to do. Changes nothing."""
    from realness.workbench.checking import check as look  # noqa: PLC0415

    shared: Context = context.obj
    with progress_bar("check") as progress:
        told = look(shared.settings(), fast=fast, of=progress.of)
    counted = ", ".join(f"{number} {kind}{'s' * (number != 1)}" for kind, number in told.checked.items())
    result = {"ok": told.ok, "checked": told.checked, "counts": told.counts}
    problems = [asdict(one) for one in told.problems]
    number = sum(told.counts.values())
    shared.finish(result | {"problems": problems}, f"checked: {counted}; {number or 'no'} problem{'s' * (number != 1)}")
    if not told.ok:
        typer.echo(f"error: {number} problem{'s' * (number != 1)}; each with what to do:", err=True)
        for one in told.problems:
            typer.echo(f"  {one.kind}: {one.what}; {one.do}", err=True)
        if number > len(problems):
            typer.echo(f"  and {number - len(problems)} more", err=True)
        raise typer.Exit(1)

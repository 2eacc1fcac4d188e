"""Copy: a project's database as another one."""

from typing import Annotated

import typer

from realness.cli.context import Context, progress_bar
from realness.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("copy")(copy)


def copy(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of the database to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of an empty or new one.")],
) -> None:
    """Copy a project from SQLite to PostgreSQL or back, every row, and check them. Files in the data folder stay."""
    from realness.workbench.backups import folder  # noqa: PLC0415
    from realness.workbench.moving import move  # noqa: PLC0415

    shared: Context = context.obj
    source, target = (Settings.read(url).database for url in (source, target))
    with progress_bar("copy") as progress:
        moved = move(source, target, progress.of("rows"), folder(shared.settings()))
    result = {"from": moved.source, "to": moved.target, "rows": moved.rows, "tables": moved.tables}
    shared.finish(
        result, f"{moved.target} has all {moved.rows} rows of {moved.source}, each checked; name it with --db"
    )

"""The project's own benchmarks."""

from pathlib import Path
from typing import Annotated, Any

import typer

from realness.cli.context import Context, progress_bar
from realness.settings import place

BENCHMARKS = ("locate",)


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("bench")(bench)


def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=f"{', '.join(BENCHMARKS)}.")],
    folder: Annotated[Path | None, typer.Argument(help="locate: a folder of photographs to plant into.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small size, for a first look.")] = False,
) -> None:
    """Measure, everything that is compared in one run."""
    if name not in BENCHMARKS:
        raise typer.BadParameter(f"there is no benchmark {name!r}; there are: {', '.join(BENCHMARKS)}")
    from benchmarks import locate  # noqa: PLC0415

    shared: Context = context.obj
    folder = place(folder) if folder else None
    with progress_bar(f"bench {name}") as progress:
        result: dict[str, Any] = locate.run(folder, quick=quick, progress=progress)
    shared.finish(result, "passed" if result["passed"] else "a target was missed")

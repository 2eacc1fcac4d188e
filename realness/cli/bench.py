"""The project's own benchmarks."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from realness.cli.context import Context, progress_bar
from realness.settings import place

BENCHMARKS = ("dream", "locate", "maps")


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("bench")(bench)


def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=f"{', '.join(BENCHMARKS)}.")],
    folder: Annotated[Path | None, typer.Argument(help="locate: a folder of photographs to plant into.")] = None,
    clip: Annotated[str | None, typer.Option(help="locate: the CLIP whose maps are measured.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small size, for a first look.")] = False,
) -> None:
    """Measure, everything that is compared in one run."""
    if name not in BENCHMARKS:
        raise typer.BadParameter(f"there is no benchmark {name!r}; there are: {', '.join(BENCHMARKS)}")
    if name != "locate" and (folder or clip):
        raise typer.BadParameter("a folder and --clip go with locate")
    own: dict[str, Any] = {"folder": place(folder) if folder else None, "clip": clip or "mini"}
    shared: Context = context.obj
    with progress_bar(f"bench {name}") as progress:
        run = import_module(f"benchmarks.{name}").run
        result: dict[str, Any] = run(quick=quick, progress=progress, **(own if name == "locate" else {}))
    missed = [name for name, target in result["targets"].items() if not target["met"] and target.get("judged", True)]
    shared.finish(result, "passed" if result["passed"] else f"missed: {', '.join(missed)}")

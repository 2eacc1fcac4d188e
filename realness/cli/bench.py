"""The project's own benchmarks."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from realness.cli.context import Context, progress_bar
from realness.settings import place

BENCHMARKS = ("browse", "core", "dream", "export", "locate", "maps", "ray", "review", "scale", "screen")


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("bench")(bench)


def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=f"{', '.join(BENCHMARKS)}.")],
    folder: Annotated[
        Path | None,
        typer.Argument(help="locate: photographs to plant into; core: RAISE-TD; scale: where its plot goes."),
    ] = None,
    clip: Annotated[str | None, typer.Option(help="locate: the CLIP whose maps are measured.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small size, for a first look.")] = False,
) -> None:
    """Measure, everything that is compared in one run."""
    if name not in BENCHMARKS:
        raise typer.BadParameter(f"there is no benchmark {name!r}; there are: {', '.join(BENCHMARKS)}")
    if (folder and name not in ("core", "locate", "scale")) or (clip and name != "locate"):
        raise typer.BadParameter("a folder goes with core, locate and scale, --clip with locate")
    own: dict[str, Any] = {"folder": place(folder) if folder else None} if name in ("core", "locate", "scale") else {}
    own |= {"clip": clip or "mini"} if name == "locate" else {}
    shared: Context = context.obj
    with progress_bar(f"bench {name}") as progress:
        run = import_module(f"benchmarks.{name}").run
        result: dict[str, Any] = run(quick=quick, progress=progress, **own)
    missed = [name for name, target in result["targets"].items() if not target["met"] and target.get("judged", True)]
    shared.finish(result, "passed" if result["passed"] else f"missed: {', '.join(missed)}")

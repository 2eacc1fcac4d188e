"""Training."""

import os
from pathlib import Path
from typing import Annotated

import typer

from realness.cli.context import Context, progress_bar
from realness.settings import place

app = typer.Typer(help="Train the project's own models.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group, also while it has one command."""


@app.command()
def clip(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where checkpoints and the finished folder go.")] = Path("runs/mini"),
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to train, in minutes.")] = 60.0,
    photographs: Annotated[Path | None, typer.Option(help="A folder of your own photographs to plant into.")] = None,
    start: Annotated[Path | None, typer.Option("--from", help="A trained folder to begin with.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of everything random.")] = 0,
) -> None:
    """Train `mini` on planted scenes, at low priority. Stopped with Ctrl+C, it goes on from the last checkpoint."""
    from realness.training.clip_bases import Bases  # noqa: PLC0415
    from realness.training.clip_config import TrainConfig  # noqa: PLC0415
    from realness.training.clip_train import train_clip  # noqa: PLC0415

    shared: Context = context.obj
    out = place(out)
    os.nice(10)
    with progress_bar("training") as progress:
        bases = Bases.read(place(photographs) if photographs else None)
        start = place(start) if start else None
        result = train_clip(TrainConfig(minutes=minutes, seed=seed), out, progress, bases=bases, start=start)
    shared.finish(result, f"trained; use it as --clip local-dir:{out}")

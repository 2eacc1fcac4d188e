"""Training."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realness.cli.context import Context, label, progress_bar
from realness.settings import place

if TYPE_CHECKING:
    from realness.training.regions_config import RegionConfig

app = typer.Typer(help="Train the project's own models.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group, also while it has one command."""


@app.command()
def clip(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(help="Where checkpoints and the finished folder go (runs/mini; with --regions runs/regions)."),
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to train, in minutes.")] = 60.0,
    photographs: Annotated[Path | None, typer.Option(help="A folder of your own photographs to plant into.")] = None,
    start: Annotated[Path | None, typer.Option("--from", help="A trained folder to begin with.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of everything random.")] = 0,
    regions: Annotated[bool, typer.Option("--regions", help="Adapt a CLIP on what people marked instead.")] = False,
    spec: Annotated[str, typer.Option("--clip", help="With --regions: the CLIP to adapt, by SPEC.")] = "mini",
    method: Annotated[str, typer.Option(help="With --regions: lora, or last for the last blocks in full.")] = "lora",
    rank: Annotated[int, typer.Option(min=1, max=1024, help="With --regions: of the change by lora.")] = 8,
    blocks: Annotated[int | None, typer.Option(min=1, help="With --regions: how many of the last blocks.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="With --regions: at most so many.")] = 400,
    rate: Annotated[float, typer.Option(min=1e-6, max=1.0, help="With --regions: learning rate.")] = 3e-3,
    study: Annotated[str | None, typer.Option(help="With --regions: reviews of this study only.")] = None,
) -> None:
    """Train `mini` on planted scenes, at low priority; or adapt a CLIP on the places that people marked. Stopped with
    Ctrl+C, it goes on from the last checkpoint.
    """
    shared: Context = context.obj
    _check_given(context, regions)
    os.nice(10)
    if regions:
        from realness.training.regions_config import RegionConfig  # noqa: PLC0415

        config = RegionConfig(spec, method=method, rank=rank, blocks=blocks, steps=steps, learning_rate=rate, seed=seed)
        _on_regions(shared, config, study, place(out or Path("runs/regions")))
        return
    from realness.training.clip_bases import Bases  # noqa: PLC0415
    from realness.training.clip_config import TrainConfig  # noqa: PLC0415
    from realness.training.clip_train import train_clip  # noqa: PLC0415

    out = place(out or Path("runs/mini"))
    with progress_bar("training") as progress:
        bases = Bases.read(place(photographs) if photographs else None)
        start = place(start) if start else None
        result = train_clip(TrainConfig(minutes=minutes, seed=seed), out, progress, bases=bases, start=start)
    shared.finish(result, f"trained; use it as --clip local-dir:{out}")


_WITH_REGIONS = {name: f"--{name}" for name in ("method", "rank", "blocks", "steps", "rate", "study")} | {
    "spec": "--clip"
}
_WITHOUT = {"minutes": "--minutes", "photographs": "--photographs", "start": "--from"}


def _check_given(context: typer.Context, regions: bool) -> None:
    """Refuse an option that the other of the two trainings takes: left unread, it would cost an hour to find out."""
    for name, option in (_WITHOUT if regions else _WITH_REGIONS).items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(f"{option} {'does not go' if regions else 'goes'} with --regions")


def _on_regions(shared: Context, config: "RegionConfig", study: str | None, out: Path) -> None:
    from realness.training.regions_train import adapt  # noqa: PLC0415
    from realness.workbench.regions import region_examples, untouched_images  # noqa: PLC0415

    name, excluded = label(study, "--study"), dict[str, int]()
    with shared.bench() as bench, progress_bar("adapting") as progress:
        examples = region_examples(bench, name, excluded)
        result = adapt(config, examples, out, progress, untouched=untouched_images(bench, name))
    result["excluded"] = excluded
    before, after = result["before"], result["after"]
    shared.finish(
        result,
        f"AUROC {before['auroc']:.3f} before, {after['auroc']:.3f} after, on {after['n']} images kept apart; "
        f"use it as --clip local-dir:{out}",
    )

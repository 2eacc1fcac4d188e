"""Studies: create and list."""

from typing import Annotated

import typer

from realness.cli.context import Context
from realness.domain import Study, StudySettings

app = typer.Typer(help="Studies and their settings.", no_args_is_help=True)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name; the images come with `import --study NAME`.")],
    blind: Annotated[bool, typer.Option("--blind/--not-blind", help="Rate before the machine's text is shown.")] = True,
    overlap: Annotated[int, typer.Option(help="How many people review each image.")] = 1,
    order: Annotated[
        str, typer.Option(help="imported, random (by reviewer) or informative (widest interval first).")
    ] = "imported",
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="For the random order.")] = 0,
) -> None:
    """Create a study."""
    shared: Context = context.obj
    with shared.bench() as bench:
        study = bench.store.studies.create(name, StudySettings(blind, overlap, order, seed))
    shared.finish(
        _as_dict(study), f"study {study.name!r} is there; add images with: import PATH --study {study.name!r}"
    )


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the studies, newest first."""
    shared: Context = context.obj
    with shared.bench() as bench:
        studies = [_as_dict(study) for study in bench.store.studies.all()]
    if not shared.json:
        for study in studies:
            typer.echo("{name}: {images} images, overlap {overlap}, {order} order".format(**study))
    shared.finish({"studies": studies}, f"{len(studies)} studies")


def _as_dict(study: Study) -> dict:
    return {"id": study.id, "name": study.name, "images": study.images, **vars(study.settings)}

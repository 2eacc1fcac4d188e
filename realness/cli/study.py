"""Studies: create, list, change, and what they hold reviewers against."""

from pathlib import Path
from typing import Annotated

import typer

from realness.cli.context import Context
from realness.domain import Study, StudySettings, Verdict
from realness.store import Wanted
from realness.workbench import Workbench
from realness.workbench.studies import new_study, read_gold

app = typer.Typer(help="Studies and their settings.", no_args_is_help=True)
_Name = Annotated[str, typer.Argument(help="The study's name.")]
_Blind = Annotated[bool | None, typer.Option("--blind/--not-blind", help="Rate before the machine's text is shown.")]
_Overlap = Annotated[int | None, typer.Option(help="How many people review each image.")]
_Order = Annotated[
    str | None, typer.Option(help="imported, random (by reviewer) or informative (widest interval first).")
]
_Seed = Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="For the random order.")]
_Repeats = Annotated[int | None, typer.Option(help="Of 100 images that a person rates, how many come twice, unsaid.")]
_GoldShare = Annotated[int | None, typer.Option(help="Of 100 images that a person rates, how many are gold.")]
_Target = Annotated[int | None, typer.Option(help="How many images each person is to do; 0 for all.")]
_Choices = Annotated[
    int | None, typer.Option(help="How many descriptions of an image, by as many describers, to choose from; 1 to 4.")
]
_Split = Annotated[str | None, typer.Option(help="Only images of this split.")]
_Generator = Annotated[str | None, typer.Option(help="Only images by this generator.")]
_OnlyVerdict = Annotated[Verdict | None, typer.Option(help="Only images whose description says so.")]
_Limit = Annotated[int | None, typer.Option(min=1, help="So many at most, those imported first.")]
_From = Annotated[str | None, typer.Option("--from", help="Only images of this study.")]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name; images come with `import --study NAME`, or by the filters.")],
    blind: _Blind = None,
    overlap: _Overlap = None,
    order: _Order = None,
    seed: _Seed = None,
    hidden_repeats: _Repeats = None,
    gold_share: _GoldShare = None,
    target: _Target = None,
    choices: _Choices = None,
    split: _Split = None,
    generator: _Generator = None,
    verdict: _OnlyVerdict = None,
    of_study: _From = None,
    limit: _Limit = None,
) -> None:
    """Create a study; with a filter, of images that are in the database already.

    Gold images and checks are of images that are in: `study set NAME --gold FILE --checks N`.
    """
    shared: Context = context.obj
    with shared.bench() as bench:
        settings = _changed(StudySettings(), blind, overlap, order, seed, hidden_repeats, gold_share, target, choices)
        source = bench.store.studies.named(of_study).id if of_study is not None else None
        wanted = Wanted(split, generator, verdict, source, limit)
        study, taken = new_study(bench, name, settings, wanted if wanted != Wanted() else None)
        told = _as_dict(bench, study)
    more = f"{taken} images are in it" if taken else f"add images with: import PATH --study {study.name!r}"
    shared.finish(told, f"study {study.name!r} is there; {more}")


@app.command("set")
def set_(
    context: typer.Context,
    name: _Name,
    blind: _Blind = None,
    overlap: _Overlap = None,
    order: _Order = None,
    seed: _Seed = None,
    hidden_repeats: _Repeats = None,
    gold_share: _GoldShare = None,
    target: _Target = None,
    choices: _Choices = None,
    checks: Annotated[
        int | None, typer.Option(help="Of 100 described images, how many show another one's text; `map` maps it.")
    ] = None,
    gold: Annotated[
        Path | None, typer.Option(help="CSV with image (file name or SHA-256), low, high: the ratings that are right.")
    ] = None,
    closed: Annotated[bool | None, typer.Option("--closed/--open", help="Whether it takes reviews.")] = None,
) -> None:
    """Change a study; what is not named stays, and so does every rating."""
    shared: Context = context.obj
    with shared.bench() as bench:
        study = bench.store.studies.named(name)
        settings = _changed(study.settings, blind, overlap, order, seed, hidden_repeats, gold_share, target, choices)
        ratings = read_gold(bench, study, gold) if gold is not None else {}
        bench.store.studies.change(study.id, settings)
        if ratings:
            bench.store.controls.set_gold(study.id, ratings)
        if checks is not None:
            bench.store.controls.plant_checks(study.id, checks, settings.seed)
        if closed is not None:
            bench.store.studies.close(study.id, closed=closed)
        told = _as_dict(bench, bench.store.studies.by_id(study.id))
    shared.finish(told, f"study {study.name!r} is changed")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the studies, newest first."""
    shared: Context = context.obj
    with shared.bench() as bench:
        studies = [_as_dict(bench, study) for study in bench.store.studies.all()]
    if not shared.json:
        for study in studies:
            state = ", closed" if study["closed"] else ""
            several = f", {study['choices']} texts to choose from" if study["choices"] > 1 else ""
            typer.echo("{name}: {images} images, overlap {overlap}, {order} order".format(**study) + several + state)
    shared.finish({"studies": studies}, f"{len(studies)} {'study' if len(studies) == 1 else 'studies'}")


def _changed(
    settings: StudySettings,
    blind: bool | None,
    overlap: int | None,
    order: str | None,
    seed: int | None,
    hidden_repeats: int | None,
    gold_share: int | None,
    target: int | None,
    choices: int | None,
) -> StudySettings:
    given = {"blind": blind, "overlap": overlap, "order": order, "seed": seed, "hidden_repeats": hidden_repeats}
    given |= {"gold_share": gold_share, "target": target, "choices": choices}
    known = {name: value for name, value in given.items() if value is not None}
    if known.get("target") == 0:
        known["target"] = None
    return StudySettings(**(vars(settings) | known))


def _as_dict(bench: Workbench, study: Study) -> dict:
    told = {"id": study.id, "name": study.name, "images": study.images, "closed": study.closed, **vars(study.settings)}
    return told | {"gold": len(bench.store.controls.golds(study.id)), "checks": bench.store.controls.checks(study.id)}

"""CORE: train it, measure it, score with it."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realness.cli.context import Context, label, progress_bar
from realness.cli.engine import Address, OfEngine, Workers, WorkersData, chosen
from realness.settings import place

if TYPE_CHECKING:
    from realness.domain import Skipped
    from realness.training.core_config import CoreConfig
    from realness.workbench.scoring import Setting, Source

app = typer.Typer(help="CORE: a realness score from an image and its description.", no_args_is_help=True)

_SHOWN = 10
"""Images that could not be used, of which the reason is printed."""
OfImages = Annotated[
    list[str] | None,
    typer.Option(
        "--image",
        help="Image encoder: stats, resnet18, resnet50, clip:SPEC, none; +SPEC adds. [stats] "
        "With paper: resnet50, resnet18, scratch, none. [resnet50]",
    ),
]
OfTexts = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        help="Text encoder: tfidf, clip:SPEC, a BERT folder or hub id, none; +SPEC adds. [tfidf] "
        "With paper: a BERT folder or hub id, scratch, none. [bert-base-uncased]",
    ),
]
Path_ = Annotated[
    Path | None, typer.Argument(metavar="[PATH]", help="A RAISE-TD folder, or what `import` takes; else the database.")
]
Heads = Annotated[str, typer.Option(help="With fast: gp, svr, ridge or mlp.")]
Scores = Annotated[str, typer.Option(help="Of the database: imported, people or both.")]
Study = Annotated[str | None, typer.Option(help="Of the database: one study, by name.")]
Model = Annotated[Path | None, typer.Option("--model", help="The model's folder. [DATA/core/fast]")]
Preset = Annotated[str, typer.Option(help="fast: a head on frozen encoders; paper: end to end, as published.")]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="With paper: begin with random weights; texts by scratch unless --text says so.")
]
Epochs = Annotated[int, typer.Option(min=1, help="With paper: how often every image is seen.")]
Batch = Annotated[int, typer.Option(min=1, max=4096, help="With paper: images in a step.")]
_OF_FAST = {"head": "--head"}
_OF_PAPER = {"fresh": "--fresh", "epochs": "--epochs", "batch": "--batch", "members": "--seeds"}
_OF_DATABASE = {"scores": "--scores", "study": "--study", "limit": "--limit", "engine": "--engine"}
_EPOCHS, _BATCH = 15, 16


def _check_given(context: typer.Context, preset: str) -> None:
    """Refuse an unknown preset, and options of the other one: left unread, they would cost an hour to find out."""
    if preset not in ("fast", "paper"):
        raise typer.BadParameter(f"--preset must be fast or paper, got {preset!r}")
    _check_unread(context, _OF_FAST if preset == "paper" else _OF_PAPER, f"--preset {preset}")


def _check_unread(context: typer.Context, options: dict[str, str], beside: str) -> None:
    for name, option in options.items():
        if _given(context, name):
            raise typer.BadParameter(f"{option} does not go with {beside}")


def _given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _check_of_database(context: typer.Context, path: Path | None) -> None:
    """Refuse what chooses among the images of the database, where they are not read."""
    if path is not None:
        _check_unread(context, _OF_DATABASE, f"a PATH ({path})")


def _setting(image: list[str] | None, text: list[str] | None, head: str) -> "Setting":
    from realness.workbench.scoring import Setting  # noqa: PLC0415

    return Setting(_specs(image, "stats"), _specs(text, "tfidf"), head)


def _recipe(
    image: list[str] | None, text: list[str] | None, *, fresh: bool, epochs: int, batch: int, members: int = 1
) -> "CoreConfig":
    from realness.core.bert import PUBLISHED  # noqa: PLC0415
    from realness.core.network import SCRATCH  # noqa: PLC0415
    from realness.training.core_config import CoreConfig  # noqa: PLC0415

    pixels, words = image or ["resnet50"], text or [SCRATCH if fresh else PUBLISHED]
    if len(pixels) > 1 or len(words) > 1 or pixels[0].startswith("+") or words[0].startswith("+"):
        raise typer.BadParameter("--preset paper has one image encoder and one text encoder; name one of each")
    return CoreConfig(pixels[0], words[0], fresh=fresh, epochs=epochs, batch=batch, members=members)


def _specs(given: list[str] | None, usual: str) -> tuple[str, ...]:
    """`SPEC` stands in place of the usual one, `+SPEC` beside it."""
    if not given:
        return (usual,)
    if not all(one.removeprefix("+") for one in given):
        raise typer.BadParameter("a SPEC is empty; name an encoder, or none")
    given = [_resolved(one) for one in given]
    added = [one.removeprefix("+") for one in given if one.startswith("+")]
    named = [one for one in given if not one.startswith("+")] or [usual]
    return (*named, *added)


def _resolved(spec: str) -> str:
    """A folder by its whole path: a model is used from other folders, too."""
    plus, name = ("+", spec[1:]) if spec.startswith("+") else ("", spec)
    return f"{plus}{place(name).resolve()}" if os.sep in name and place(name).is_dir() else spec


def _source(path: Path | None, scores: str, study: str | None) -> "Source":
    from realness.workbench.scoring import Source  # noqa: PLC0415

    return Source(place(path) if path else None, scores, label(study, "--study"))


@app.command()
def evaluate(
    context: typer.Context,
    path: Path_ = None,
    preset: Preset = "fast",
    image: OfImages = None,
    text: OfTexts = None,
    head: Heads = "gp",
    folds: Annotated[int, typer.Option(min=2, help="Parts, each scored by a model of the others.")] = 5,
    seeds: Annotated[
        int | None, typer.Option(min=1, max=1000, help="How often the parts are made anew. [5; with paper 1]")
    ] = None,
    fresh: Fresh = False,
    epochs: Epochs = _EPOCHS,
    batch: Batch = _BATCH,
    test: Annotated[Path | None, typer.Option(help="A set with ratings, apart from PATH.")] = None,
    scores: Scores = "both",
    study: Study = None,
    out: Annotated[Path, typer.Option(help="Folder for table, plot and scores.")] = Path("runs/core-evaluation"),
) -> None:
    """Measure CORE by cross-validation: image alone, text alone, both, and baselines on the same folds."""
    shared: Context = context.obj
    _check_given(context, preset)
    _check_of_database(context, path)
    seeds = seeds or (1 if preset == "paper" else 5)
    source = _source(path, scores, study)
    given: dict[str, Any] = {"folds": folds, "seeds": seeds}
    apart = place(test) if test else None
    with shared.bench() as bench, progress_bar("core evaluate") as progress:
        if preset == "paper":
            from realness.training.core_evaluate import evaluate_end_to_end  # noqa: PLC0415

            config = _recipe(image, text, fresh=fresh, epochs=epochs, batch=batch)
            os.nice(10)
            found = evaluate_end_to_end(bench, source, config, place(out), test=apart, progress=progress, **given)
        else:
            from realness.workbench.measuring import evaluate_core  # noqa: PLC0415

            setting = _setting(image, text, head)
            given |= {"progress": progress.of("images"), "folding": progress.of("folds")}
            found = evaluate_core(bench, source, setting, place(out), test=apart, **given)
    _tell_skipped(found.skipped)
    print(found.files["table"].read_text(encoding="utf-8"), file=sys.stderr)  # noqa: T201
    result = found.as_json() | {name: str(file) for name, file in found.files.items()}
    result |= {"folds": folds, "seeds": seeds, "skipped": [vars(one) for one in found.skipped]}
    shared.finish(result, f"SROCC {result['srocc']:.3f}, n {result['n']}; table, plot and scores: {place(out)}")


@app.command()
def train(
    context: typer.Context,
    path: Path_ = None,
    preset: Preset = "fast",
    image: OfImages = None,
    text: OfTexts = None,
    head: Heads = "gp",
    fresh: Fresh = False,
    epochs: Epochs = _EPOCHS,
    batch: Batch = _BATCH,
    members: Annotated[
        int, typer.Option("--seeds", min=1, max=100, help="With paper: networks, whose spread tells how sure it is.")
    ] = 1,
    scores: Scores = "both",
    study: Study = None,
    out: Annotated[Path | None, typer.Option(help="The model's folder. [DATA/core/PRESET]")] = None,
) -> None:
    """Fit CORE to rated images. With the preset paper, stopped by Ctrl+C, it goes on after its last checkpoint."""
    shared: Context = context.obj
    _check_given(context, preset)
    _check_of_database(context, path)
    source = _source(path, scores, study)
    folder = place(out) if out else shared.settings().model(preset)
    with shared.bench() as bench, progress_bar("core train") as progress:
        if preset == "paper":
            from realness.training.core_train import train_core_network  # noqa: PLC0415
            from realness.workbench.scoring import rated_images  # noqa: PLC0415

            config = _recipe(image, text, fresh=fresh, epochs=epochs, batch=batch, members=members)
            os.nice(10)
            found = rated_images(bench, source)
            core, figures, skipped = train_core_network(config, found.samples, folder, progress)
            skipped, how = [*found.skipped, *skipped], "on validation images"
        else:
            from realness.workbench.scoring import train_core  # noqa: PLC0415

            setting = _setting(image, text, head)
            core, figures, skipped = train_core(bench, source, setting, folder, progress=progress)
            how = "by leave-one-out"
    _tell_skipped(skipped)
    result = {"srocc": None, "plcc": None, "ci": None} | figures | {"model": core.name, "out": str(folder)}
    told = f", SROCC {figures['srocc']:.3f} {how}" if "srocc" in figures else ""
    shared.finish(result | {"skipped": [vars(s) for s in skipped]}, f"{folder}: {figures['n']} images{told}")


@app.command()
def predict(
    context: typer.Context,
    path: Path_ = None,
    model: Model = None,
    out: Annotated[
        Path | None, typer.Option(help="A CSV file with the scores. [with PATH predictions.csv, else none]")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Of the database: at most so many.")] = None,
    study: Study = None,
    engine: OfEngine = "local",
    ray_address: Address = None,
    ray_workers: Workers = None,
    ray_data: WorkersData = None,
) -> None:
    """Score the images of the database that have no score yet, or a folder to CSV."""
    from realness.core import Core  # noqa: PLC0415
    from realness.exchange.to_csv import check_target  # noqa: PLC0415
    from realness.workbench.scoring import (  # noqa: PLC0415
        OF_DATABASE,
        OF_FOLDER,
        predict_folder,
        predict_missing,
        write_scores,
    )

    shared: Context = context.obj
    _check_of_database(context, path)
    by = chosen(engine, ray_address, ray_workers, ray_data)
    named = label(study, "--study")
    file = place(out) if out else place(Path("predictions.csv")) if path else None
    folder = place(model) if model else shared.settings().model("fast")
    core: Core = Core.load(folder)
    if file is not None:
        check_target(file, [OF_DATABASE if path is None else OF_FOLDER])
    with shared.bench() as bench, progress_bar("core predict") as progress:
        if path is not None and file is not None:
            report = predict_folder(bench, core, place(path), file, progress=progress)
        else:
            given: dict[str, Any] = {"limit": limit, "progress": progress, "engine": by, "folder": folder}
            report = predict_missing(bench, core, study=named, **given)
            if file is not None:
                report.learned_from = write_scores(bench, core, file, study=named)
    _tell_skipped(report.skipped)
    if report.learned_from:
        told = f"{report.learned_from} scores are of images that all of the model learned from: they flatter it"
        typer.echo(told, err=True)
    result: dict[str, Any] = {"scores": report.scores, "n": report.scores, "model": report.model}
    result |= {"learned_from": report.learned_from, "srocc": None, "plcc": None, "ci": None}
    if report.agreement is not None:
        result |= report.agreement.as_json()
    result |= {"skipped": [vars(one) for one in report.skipped]} | ({"out": str(file)} if file else {})
    told = f"{report.scores} scores by {report.model}"
    if not report.scores and not report.skipped and path is None:
        told = f"every image has a score by {report.model} already"
    shared.finish(result, told + (f": {file}" if file else ""))


def _tell_skipped(skipped: "list[Skipped]") -> None:
    for one in skipped[:_SHOWN]:
        typer.echo(f"skipped {one.row}: {one.reason}", err=True)
    if len(skipped) > _SHOWN:
        typer.echo(f"… and {len(skipped) - _SHOWN} more", err=True)

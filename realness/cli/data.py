"""Data in and out: init, import, export."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from realness import exchange, prompts
from realness.cli.context import Context, label, progress_bar
from realness.domain import check_text
from realness.settings import place
from realness.store import ExportFilter

_LONGEST_SPLIT = 64
_DAY = "%Y-%m-%d"


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("init")(init)
    app.command("import")(import_)
    app.command("export")(export)


def init(
    context: typer.Context,
    sample: Annotated[bool, typer.Option("--sample", help="Add the sample study and its maps.")] = False,
) -> None:
    """Create the database, or bring it to this version."""
    from realness.workbench.mapping import compute_maps  # noqa: PLC0415
    from realness.workbench.sampling import add_sample  # noqa: PLC0415

    shared: Context = context.obj
    with shared.bench() as bench:
        if sample:
            with progress_bar("sample images") as progress:
                study = add_sample(bench, progress=progress)
            with progress_bar("maps") as progress:
                compute_maps(bench, study=study, progress=progress)
        counts = bench.store.images.counts()
        result = {"images": counts["images"], "descriptions": counts["descriptions"], "maps": bench.store.maps.count()}
    shared.finish(result, "{images} images, {descriptions} descriptions, {maps} maps".format(**result))


def import_(
    context: typer.Context,
    path: Annotated[str, typer.Argument(help="A folder, or a file of one of the layouts.")],
    study: Annotated[str | None, typer.Option(help="The study the images go to (default: the folder's name).")] = None,
    split: Annotated[str | None, typer.Option(help="Split of the images whose source names none.")] = None,
    link: Annotated[bool, typer.Option("--link", help="Keep the files where they are instead of copying.")] = False,
    layout: Annotated[str, typer.Option(help=f"auto, {', '.join(exchange.LAYOUTS)}.")] = "auto",
) -> None:
    """Bring images in, with descriptions, opinion scores and regions. Twice is the same as once."""
    from realness.workbench.importing import ImportOptions, check_layout, import_source  # noqa: PLC0415

    shared: Context = context.obj
    source = place(path)
    study, split = label(study, "--study"), label(split, "--split", _LONGEST_SPLIT)
    options = ImportOptions(study, split, link, check_layout(layout))
    with shared.bench() as bench, progress_bar("import") as progress:
        report = import_source(bench, source, options, progress)
    for one in report.skipped:
        typer.echo(f"skipped {one.row}: {one.reason}", err=True)
    shared.finish(
        asdict(report),
        f"{report.images} images ({report.new} new, {report.duplicates} known), {report.descriptions} descriptions, "
        f"{report.scores} opinion scores, {report.regions} regions, {len(report.skipped)} skipped",
    )


def export(
    context: typer.Context,
    format_name: Annotated[str, typer.Argument(metavar="FORMAT", help="See --list.")] = "",
    target: Annotated[Path | None, typer.Argument(metavar="DEST", help="May not exist yet.")] = None,
    source: Annotated[str, typer.Option(help="Whose texts: human, machine or both.")] = "human",
    study: Annotated[str | None, typer.Option(help="Of this study only.")] = None,
    split: Annotated[str | None, typer.Option(help="Images of this split only.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=[_DAY], help="From this day on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(formats=[_DAY], help="Up to this day, included (UTC).")] = None,
    generator: Annotated[str | None, typer.Option(help="Machine texts of this model or provider only.")] = None,
    min_reviews: Annotated[int, typer.Option(min=0, help="Images with at least so many reviews.")] = 0,
    adjudicated: Annotated[bool, typer.Option("--adjudicated", help="Only what was adjudicated.")] = False,
    skips: Annotated[bool, typer.Option("--skips", help="Take skips and flags along.")] = False,
    prompt: Annotated[str, typer.Option(help="The question that the texts answer.")] = prompts.DEFAULT,
    test_share: Annotated[
        float,
        typer.Option(min=0, max=1, help="Of the images without a split of their own, how many go to test (0 to 1)."),
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Which ones these are.")] = 0,
    list_formats: Annotated[bool, typer.Option("--list", help="Print the formats' names, one a line.")] = False,
) -> None:
    """Labels out: what people answered and what machines said, in the form that others read."""
    from realness.workbench.exporting import How, make_export  # noqa: PLC0415

    shared: Context = context.obj
    if list_formats:
        typer.echo("\n".join(exchange.EXPORTERS))
        return
    if not format_name or target is None:
        raise typer.BadParameter("name a FORMAT and a DEST, or give --list")
    target = place(check_text(str(target), "DEST"))
    study, split, generator = label(study, "--study"), label(split, "--split"), label(generator, "--generator")
    first, last = (day.date() if day else None for day in (since, until))
    wanted = ExportFilter(study, split, skips, first, last, generator, min_reviews, adjudicated)
    how = How(source, prompt, test_share, seed)
    with shared.bench() as bench, progress_bar("export") as progress:
        manifest = make_export(bench, format_name, target, wanted, how, progress)
    for note in manifest.get("notes", ()):
        typer.echo(f"note: {note}", err=True)
    left = sum(manifest["excluded"].values())
    shared.finish(dict(manifest), f"{manifest['rows']} rows in {target}, {left} left out")

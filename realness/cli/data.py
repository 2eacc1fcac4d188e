"""Data in and out: init, import, export."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from realness import exchange
from realness.cli.context import Context, label, progress_bar
from realness.domain import check_text
from realness.settings import place
from realness.store import ExportFilter

_LONGEST_SPLIT = 64


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
    study: Annotated[str | None, typer.Option(help="Reviews of this study only.")] = None,
    split: Annotated[str | None, typer.Option(help="Images of this split only.")] = None,
    skips: Annotated[bool, typer.Option("--skips", help="Take skips and flags along.")] = False,
    list_formats: Annotated[bool, typer.Option("--list", help="Print the formats' names, one a line.")] = False,
) -> None:
    """Labels out: the newest revision of every review."""
    from realness.workbench.exporting import export_reviews  # noqa: PLC0415

    shared: Context = context.obj
    if list_formats:
        typer.echo("\n".join(exchange.EXPORTERS))
        return
    if not format_name or target is None:
        raise typer.BadParameter("name a FORMAT and a DEST, or give --list")
    target = place(check_text(str(target), "DEST"))
    study, split = label(study, "--study"), label(split, "--split")
    with shared.bench() as bench:
        manifest = export_reviews(bench, format_name, target, ExportFilter(study, split, skips))
    left = sum(manifest["excluded"].values())
    shared.finish(dict(manifest), f"{manifest['rows']} reviews in {target}, {left} left out")

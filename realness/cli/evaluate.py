"""Measuring what models say against what people say."""

import sys
from typing import Annotated, Any

import typer

from realness.cli.context import Context, label, progress_bar

app = typer.Typer(help="Measure models against people.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group, also while it has one command."""


@app.command()
def maps(
    context: typer.Context,
    clip: Annotated[str, typer.Option(help="CLIP SPEC: mini, MODEL:TAG, MODEL:/path, local-dir:/path.")] = "mini",
    method: Annotated[str, typer.Option(help="dense, paper or released.")] = "dense",
    stride: Annotated[int | None, typer.Option(min=1, help="Step of the windows in pixels.")] = None,
    source: Annotated[str, typer.Option(help="people, reference, all, or the name of one data set.")] = "all",
    study: Annotated[str | None, typer.Option(help="One study, by name.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many images.")] = None,
) -> None:
    """Hold realness maps against the places that people marked, and those of imported data sets."""
    from realness.workbench.evaluating import evaluate_maps  # noqa: PLC0415

    shared: Context = context.obj
    study = label(study, "--study")
    options: dict[str, Any] = {"clip": clip, "method": method, "stride": stride}
    options |= {"source": source, "study": study, "limit": limit}
    with shared.bench() as bench, progress_bar(f"evaluate maps ({method}, {clip})") as progress:
        found = evaluate_maps(bench, **options, progress=progress)
    for one in found.skipped:
        typer.echo(f"skipped {one.row}: {one.reason}", err=True)
    _print_table({"all": found.overall, **found.by_source})
    result = {"clip": clip, "method": method, **found.overall, "by_source": found.by_source}
    result["skipped"] = [vars(one) for one in found.skipped]
    told = f"AUROC {found.overall['auroc']:.3f}" if "auroc" in found.overall else f"MSE {found.overall['mse']:.4f}"
    shared.finish(result, f"{found.overall['n']} places on {found.overall['images']} images: {told}")


def _print_table(by_source: dict[str, dict[str, Any]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from realness.workbench.evaluating import METRICS  # noqa: PLC0415

    table = Table(title="Maps against known places (mean over images, 95 % interval)")
    table.add_column("metric")
    for name in by_source:
        table.add_column(name, justify="right")
    for metric in METRICS:
        cells = []
        for figures in by_source.values():
            span = "[{:.3f}, {:.3f}]".format(*figures[f"{metric}_ci"]) if metric in figures else ""
            cells.append(f"{figures[metric]:.3f} {span}" if span else "")
        if any(cells):
            table.add_row(metric.replace("_", " "), *cells)
    table.add_row("places, images", *(f"{figures['n']}, {figures['images']}" for figures in by_source.values()))
    Console(file=sys.stderr, width=40 + 30 * len(by_source)).print(table)

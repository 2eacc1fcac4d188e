"""Measuring what models say against what people say."""

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from realness.cli.context import Context, label, progress_bar

app = typer.Typer(help="Measure models against people.", no_args_is_help=True)


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


@app.command()
def descriptions(
    context: typer.Context,
    study: Annotated[str | None, typer.Option(help="One study, by name.")] = None,
    split: Annotated[str | None, typer.Option(help="Images of this split only.")] = None,
    compare: Annotated[
        tuple[str, str] | None, typer.Option(help="Two describers, by name or model, for a paired test.")
    ] = None,
) -> None:
    """Hold descriptions against what people made of them, describer by describer."""
    from realness.workbench.describers import evaluate_descriptions  # noqa: PLC0415

    shared: Context = context.obj
    study, split = label(study, "--study"), label(split, "--split")
    with shared.bench() as bench, progress_bar("evaluate descriptions") as progress:
        found = evaluate_descriptions(bench, study=study, split=split, progress=progress)
        pair = found.compare(*compare) if compare else None
        by_generator = {name: one.as_json() for name, one in found.by_generator.items()}
    if pair:
        _print_pair(pair)
    else:
        _print_figures(by_generator)
    overall = found.overall.as_json()
    told = f"{overall['images']} descriptions by {len(by_generator)} describers"
    told += f": HTER {overall['hter']:.3f}" if "hter" in overall else ", no figures"
    if found.unsaid:
        told += f"; left out: {found.unsaid} answers that call a text wrong and do not say what is right"
    left_out = {"wrong and not corrected": found.unsaid} if found.unsaid else {}
    shared.finish({**overall, "by_generator": by_generator, "comparison": pair, "excluded": left_out}, told)


def _print_figures(by_generator: dict[str, dict[str, Any]]) -> None:
    from realness.describe.measures import FIGURES  # noqa: PLC0415

    rows = {
        name.replace("_", " "): [_figure(one, name) for one in by_generator.values()]
        for name in FIGURES
        if any(name in one for one in by_generator.values())
    }
    rows["answers, images"] = [f"{one['n']}, {one['images']}" for one in by_generator.values()]
    rows["refused"] = [str(sum(one["refusals"].values())) for one in by_generator.values()]
    _print_rows("Descriptions against people (95 % interval)", ["figure", *by_generator], rows)


def _print_pair(pair: dict[str, Any]) -> None:
    rows = {
        name.replace("_", " "): [
            f"{one['ours']:.3f}",
            f"{one['theirs']:.3f}",
            "{:+.3f} [{:+.3f}, {:+.3f}]".format(one["difference"], *one["ci"]),
            f"{one['p']:.4f}",
        ]
        for name, one in pair["figures"].items()
    }
    heads = ["figure", pair["ours"], pair["theirs"], "difference", "p"]
    _print_rows(f"Paired test on {pair['images']} images", heads, rows)


def _figure(figures: dict[str, Any], name: str) -> str:
    return "{:.3f} [{:.3f}, {:.3f}]".format(figures[name], *figures[f"{name}_ci"]) if name in figures else ""


def _print_table(by_source: dict[str, dict[str, Any]]) -> None:
    from realness.workbench.evaluating import METRICS  # noqa: PLC0415

    rows = {name.replace("_", " "): [_figure(one, name) for one in by_source.values()] for name in METRICS}
    rows = {name: cells for name, cells in rows.items() if any(cells)}
    rows["places, images"] = [f"{one['n']}, {one['images']}" for one in by_source.values()]
    _print_rows("Maps against known places (mean over images, 95 % interval)", ["metric", *by_source], rows)


def _print_rows(title: str, heads: Sequence[str], rows: Mapping[str, Sequence[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=title)
    for at, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if at else "left")
    for name, cells in rows.items():
        table.add_row(Text(name), *cells)
    Console(file=sys.stderr, width=40 + 30 * (len(heads) - 1)).print(table)

"""What reviewers said together: progress, opinion scores, agreement."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realness.cli.context import Context, label
from realness.settings import place

if TYPE_CHECKING:
    from realness.workbench.stats import Stats


def add_to(app: typer.Typer) -> None:
    """Add the command `stats`."""
    app.command()(stats)


def stats(
    context: typer.Context,
    study: Annotated[str | None, typer.Option(help="One study, by name; else all.")] = None,
    out: Annotated[Path | None, typer.Option(help="A CSV file with every image's opinion scores.")] = None,
) -> None:
    """Progress, mean opinion scores, agreement, and each reviewer's bias, pace and care."""
    from realness.workbench.stats import opinion_statistics, write_opinions  # noqa: PLC0415

    shared: Context = context.obj
    with shared.bench() as bench:
        found = opinion_statistics(bench, label(study, "--study"))
        if out is not None:
            write_opinions(bench, found, place(out))
    if not shared.json:
        typer.echo(_table(found))
    told = found.as_json() | ({"out": str(place(out))} if out else {})
    sentence = f"{told['ratings']} ratings of {told['rated']} images" + (f": {told['out']}" if out else "")
    shared.finish(told, sentence)


def _table(found: "Stats") -> str:
    """The figures as Markdown."""
    lines = ["| study | images | complete | ratings an image | drafts |", "|---|---|---|---|---|"]
    for each in found.studies:
        lines.append(f"| {each.study} | {each.images} | {each.complete} | {each.overlap} asked for | {each.drafts} |")
    lines += [
        "",
        "| reviewer | rated | skipped | flagged | mean | bias | inconsistency | minutes "
        "| wrong texts accepted | repeats, difference | gold right |",
    ]
    lines.append("|---" * 11 + "|")
    for one in found.reviewers:
        accepted = f"{one.wrong_accepted} of {one.wrong_seen}"
        figures = (_figure(one.mean, ".1f"), _figure(one.bias, "+.1f"), _figure(one.inconsistency, ".1f"))
        cells = (one.reviewer, one.rated, one.skipped, one.flagged, *figures, _figure(one.minutes, ".1f"), accepted)
        repeats = f"{one.repeats}: {one.repeat_difference:.1f}" if one.repeat_difference is not None else "none"
        cells += (repeats, f"{one.gold_right} of {one.gold_seen}")
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines.append("")
    for name, figure in (("Krippendorff's alpha (interval)", found.alpha), ("ICC(1)", found.icc)):
        told = (
            f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]" if figure else "needs two images that two rated"
        )
        lines.append(f"{name}: {told}")
    if found.without_p910:
        lines.append(f"No most likely scores: {found.without_p910}")
    return "\n".join(lines)


def _figure(value: float | None, form: str) -> Any:
    return "" if value is None else format(value, form)

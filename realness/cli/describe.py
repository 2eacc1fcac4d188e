"""Asking a describer for the descriptions that are missing."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realness.cli.context import Context, label, progress_bar
from realness.cli.engine import Address, OfEngine, Workers, WorkersData, chosen
from realness.describe import MAX_TOKENS, Asked, Endpoint, Price, ServerDescriber, known_price
from realness.errors import DescriberProblem, InvalidValue
from realness.prompts import DEFAULT, load, names

if TYPE_CHECKING:
    from realness.workbench.describing import DescribeReport
    from realness.workbench.spending import Estimate


_MOST = 1_000_000_000


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("describe")(describe)


def describe(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="Its name at the server, or the folder of a local one.")],
    base_url: Annotated[
        str | None, typer.Option(help="A server that speaks as OpenAI's does. [$OPENAI_BASE_URL, OpenAI itself]")
    ] = None,
    local: Annotated[
        bool, typer.Option("--local", help="In this process, by transformers; so is a folder without --base-url.")
    ] = False,
    prompt: Annotated[str, typer.Option(help=f"{', '.join(names())}, or one with its version.")] = DEFAULT,
    study: Annotated[str | None, typer.Option(help="The images of one study, by name.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=_MOST, help="At most so many images.")] = None,
    again: Annotated[
        list[str] | None, typer.Option(help="Ask again where the reply was refused, empty or invalid; repeatable.")
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="By the Batch API: submits; the same command collects later.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much would be asked.")] = False,
    price: Annotated[
        tuple[float, float] | None, typer.Option(help="US dollars for a million tokens, in and out.")
    ] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="Stop before this run costs more, in dollars.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Images asked about at once.")] = 4,
    max_tokens: Annotated[
        int, typer.Option(min=1, max=_MOST, help="Most tokens of a reply, reasoning included.")
    ] = MAX_TOKENS,
    temperature: Annotated[float | None, typer.Option(min=0, max=2, help="The model's own without it.")] = None,
    effort: Annotated[str | None, typer.Option(help="Of a reasoning model: none, low, medium, high, …")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for a reply.")] = 120.0,
    retries: Annotated[int, typer.Option(min=0, max=20, help="Times to ask again at 429, 5xx and no answer.")] = 5,
    engine: OfEngine = "local",
    ray_address: Address = None,
    ray_workers: Workers = None,
    ray_data: WorkersData = None,
) -> None:
    """Ask a describer about the images that it has not described yet. A key is read from $OPENAI_API_KEY."""
    from realness.workbench.batching import describe_in_batches  # noqa: PLC0415
    from realness.workbench.describing import DescribeOptions, describe_images, expected  # noqa: PLC0415

    shared: Context = context.obj
    by = chosen(engine, ray_address, ray_workers, ray_data)
    study, model = label(study, "--study"), label(model, "--model") or ""
    asked = Asked(model.strip(), load(prompt), max_tokens, temperature, label(effort, "--effort", 32))
    if local and (base_url is not None or batch):
        raise typer.BadParameter("--local goes with neither --base-url nor --batch")
    if by.apart and batch:
        raise typer.BadParameter("--engine ray goes with a local describer, --batch with a server")
    if local or (base_url is None and not batch and _is_folder(asked.model)):
        from realness.describe.local import LocalDescriber  # noqa: PLC0415  torch

        describer = LocalDescriber(asked)
    else:
        describer = ServerDescriber(asked, Endpoint.at(base_url), timeout=timeout, retries=retries, at_once=concurrency)
    given = _price(price) or known_price(describer.provider, describer.name, batch=batch)
    options = DescribeOptions(limit=limit, again=_again(again), price=given, max_cost=max_cost)
    with shared.bench() as bench:
        if study is not None:
            options = replace(options, study=bench.store.studies.named(study))
        if dry_run:
            _tell_estimate(shared, expected(bench, describer, options))
            return
        with progress_bar(f"describe ({describer.name})") as progress:
            if batch and isinstance(describer, ServerDescriber):
                report = describe_in_batches(bench, describer, options, progress)
            else:
                report = describe_images(bench, describer, options, progress, by)
    _tell(shared, report, options.again)
    if report.skipped and not report.descriptions and not report.batches:
        raise DescriberProblem("no image was described; the reasons are above, by image")


def _is_folder(model: str) -> bool:
    try:
        return (Path(model).expanduser() / "config.json").is_file()
    except (RuntimeError, OSError):  # nobody's home; a name too long for one
        return False


def _price(given: tuple[float, float] | None) -> Price | None:
    if given is None:
        return None
    if not all(0 <= value < float("inf") for value in given):
        raise InvalidValue(f"--price must be two amounts of dollars from 0 on, got {given[0]} {given[1]}")
    return Price(*given)


def _again(given: list[str] | None) -> tuple[str, ...]:
    from realness.workbench.describing import AGAIN  # noqa: PLC0415

    if unknown := set(given or ()).difference(AGAIN):
        raise InvalidValue(f"--again must be {', '.join(AGAIN)}; got {min(unknown)!r}")
    return tuple(given or ())


def _tell_estimate(shared: Context, found: "Estimate") -> None:
    result = {"descriptions": 0, "failed": 0, "images": found.images, "cost": found.cost, "dry_run": True}
    result["worst_cost"] = found.worst_cost
    result |= {"input_tokens": found.usage.input_tokens, "output_tokens": found.usage.output_tokens}
    cost = "the price is not known"
    if found.cost is not None:
        cost = f"{found.cost:.4f} US dollars, and at worst {found.worst_cost:.4f}"
    tokens = f"{found.usage.input_tokens:,} tokens in and {found.usage.output_tokens:,} out"
    shared.finish(result, f"{_number(found.images, 'image')} would be asked about: about {tokens}; {cost}")


def _tell(shared: Context, report: "DescribeReport", again: Collection[str]) -> None:
    for one in report.skipped:
        typer.echo(f"not described: {one.row}: {one.reason}", err=True)
    for state in report.batches:
        typer.echo(f"batch {state.remote_id}: {state.status}, {state.done} of {state.total} requests", err=True)
    result: dict[str, Any] = {"descriptions": report.descriptions, "failed": len(report.skipped)}
    result |= {"input_tokens": report.input_tokens, "output_tokens": report.output_tokens, "cost": report.cost}
    result |= {"skipped": [vars(one) for one in report.skipped], "left": report.left, "before": report.before}
    result["waiting"] = report.waiting
    result |= {"worst_cost": report.worst_cost, "overcounted": report.overcounted}
    shared.finish(result, _sentence(report, again))


def _sentence(report: "DescribeReport", again: Collection[str]) -> str:
    parts = [_number(report.descriptions, "description"), f"{_number(len(report.skipped), 'image')} without one"]
    parts.append(f"{report.input_tokens:,} tokens in and {report.output_tokens:,} out")
    if report.cost is not None:
        parts.append(f"{report.cost:.4f} US dollars")
    if report.left:
        parts.append(_no_room(report))
    if report.waiting:
        collects = "the same command" if report.batches else "the same command with --batch"
        parts.append(f"{_number(report.waiting, 'image')} at the server in a batch: {collects} collects what comes")
    if before := sum(report.before.values()):
        unused = sum(count for status, count in report.before.items() if status not in ("described", *again))
        told = f", {unused:,} of them without a description (--again asks anew)" if unused else ""
        parts.append(f"{before:,} had a reply before{told}")
    said = "; ".join(parts)
    return f"{said}. `map` computes their maps" if report.descriptions else said


def _no_room(report: "DescribeReport") -> str:
    left = f"{_number(report.left, 'image')} left"
    if report.overcounted:
        return f"{left}: stopped, since the server counted more tokens than were asked for"
    return (
        f"{left}, for which --max-cost has no room: one may cost up to {report.worst_cost or 0:.4f} US dollars, less "
        "with a lower --max-tokens"
    )


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"

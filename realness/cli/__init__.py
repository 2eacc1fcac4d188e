"""The command line: `python -m realness COMMAND`. Parses, calls one verb of the workbench, prints.

Exit status 0, or 1 with one line `error: …`, or 2 for usage.
"""

import sys

import typer

from realness.cli import (
    backup,
    bench,
    copy,
    core,
    data,
    describe,
    erase,
    evaluate,
    maps,
    reviewer,
    serve,
    stats,
    study,
    train,
    tune,
)
from realness.cli.context import Context, hoist
from realness.errors import RealnessError

_INTERRUPTED = 130
"""What typer makes of Ctrl+C."""

app = typer.Typer(
    name="realness",
    help="A workbench for people who judge AI-generated images.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="Every command takes --db URL, --data DIR and --json, before or after its name.",
)
_EVERYWHERE = (
    "Also: --db URL, the database [$REALNESS_DB, sqlite:///annotations.db]; --data DIR, the folder of images and maps "
    "[$REALNESS_DATA, data/]; --json, the last line on stdout is one JSON object."
)
for part in (data, maps, describe, stats, backup, copy, erase, serve, bench):
    part.add_to(app)
app.add_typer(study.app, name="study")
app.add_typer(reviewer.app, name="reviewer")
app.add_typer(train.app, name="train")
app.add_typer(tune.app, name="tune")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(core.app, name="core")


def _tell_everywhere(of: typer.Typer) -> None:
    """Let the help of every command name the options that all of them take."""
    for command in of.registered_commands:
        command.epilog = _EVERYWHERE
    for group in of.registered_groups:
        if group.typer_instance is not None:
            _tell_everywhere(group.typer_instance)


_tell_everywhere(app)


@app.callback()
def _options(
    db: str = typer.Option(None, "--db", metavar="URL", help="Database [$REALNESS_DB, sqlite:///annotations.db]."),
    data_folder: str = typer.Option(None, "--data", metavar="DIR", help="Images, maps, … [$REALNESS_DATA, data/]."),
    as_json: bool = typer.Option(False, "--json", help="The last line on stdout is one JSON object."),
) -> None:
    """Global options: `main` takes them out of the line before typer sees it; here they are for the help."""


def main(argv: list[str]) -> int:
    """Run one command; gives the exit status."""
    context = Context()
    try:
        rest = hoist(argv, context)
        status = app(args=rest, obj=context, standalone_mode=False, prog_name="realness")
        if status == _INTERRUPTED:
            raise KeyboardInterrupt
        return status if isinstance(status, int) else 0
    except (typer.Abort, KeyboardInterrupt):
        return _fail("stopped; what was finished is kept, and the same command goes on from there")
    except RealnessError as error:
        return _fail(str(error))
    except Exception as error:
        # Typer carries its own click, whose usage errors have no public class, only this way to be printed.
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        return getattr(error, "exit_code", 2)


def _fail(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    return 1

"""The app."""

import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from realness.cli.context import Context, label, progress_bar
from realness.errors import DatabaseProblem
from realness.logs import set_up
from realness.store.slow import SLOW_MS
from realness.workbench import Workbench
from realness.workbench.alone import served
from realness.workbench.erasing import resume
from realness.workbench.sampling import sample_is_missing


def add_to(app: typer.Typer) -> None:
    """Register this group's commands."""
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(help="Another than this machine's needs accounts: `reviewer add`.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 7860,
    study: Annotated[str | None, typer.Option(help="The study that opens first.")] = None,
    log_file: Annotated[
        Path | None, typer.Option(help="Where the log goes, one JSON object a line; to stderr if left out.")
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(help="debug, info (every request), warning, error [warning; info with --log-file].")
    ] = None,
    slow_ms: Annotated[float, typer.Option(min=0, help="Statements that take as long are logged.")] = SLOW_MS,
    backup_every: Annotated[
        float, typer.Option(min=0, metavar="HOURS", help="A backup by itself, where something changed; 0 for none.")
    ] = 24.0,
    keep: Annotated[int, typer.Option(min=1, metavar="N", help="So many of those are kept.")] = 7,
) -> None:
    """Serve the workbench; the first start makes the sample study."""
    from realness.ui.guard import check_host  # noqa: PLC0415
    from realness.ui.server import serve as run  # noqa: PLC0415  gradio takes seconds to import
    from realness.workbench.timer import Plan  # noqa: PLC0415

    shared: Context = context.obj
    set_up(log_level or ("info" if log_file else "warning"), log_file)
    study = label(study, "--study")
    with shared.bench() as bench:
        resume(bench)
        with served(bench):
            check_host(host, accounts=bench.store.people.any_accounts())
            if sample_is_missing(bench):
                _add_sample(bench)
            if study is not None:
                bench.store.studies.named(study)
            bench.store.database.slow.ms = slow_ms
            _stop_as_by_ctrl_c()
            if bench.store.journal is not None:  # what a killed process left out, or was answered before there was one
                with progress_bar("journal") as progress:
                    bench.store.journal.settle(progress)
            # Ctrl+C is how a server is stopped; uvicorn has closed everything by then
            with suppress(KeyboardInterrupt):
                run(bench, host, port, study, Plan(backup_every, keep) if backup_every else None)


def _stop_as_by_ctrl_c() -> None:
    """SIGTERM ends the server as Ctrl+C does, and the database is closed after it."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _add_sample(bench: Workbench) -> None:
    """In a process of its own: what plants and maps is heavy, and the server stays light."""
    typer.echo("first start: making the sample study and its maps (half a minute)", err=True)
    settings = bench.settings
    done = subprocess.run(
        [sys.executable, "-m", "realness", "init", "--sample"],
        env=settings.environment(),
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode and not bench.store.studies.all():
        raise DatabaseProblem("the sample study could not be made; the reason stands above")

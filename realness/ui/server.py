"""The app: our routes and the Gradio page on one FastAPI server."""

import gc
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from realness import __version__
from realness.errors import InvalidValue, RealnessError
from realness.settings import ASSETS
from realness.ui import problems
from realness.ui.entrance import Entrance
from realness.ui.guard import Guard, check_host, is_loopback
from realness.ui.metrics import Metrics
from realness.ui.page import mount_page
from realness.ui.routes import router
from realness.ui.routes.health import metrics_token
from realness.ui.shield import Shield
from realness.ui.tickets import Tickets
from realness.ui.unknown import PLACES, refusing
from realness.ui.watch import Watch
from realness.workbench import Workbench
from realness.workbench.accounts import Door
from realness.workbench.chores import Chores
from realness.workbench.learning import Learning
from realness.workbench.opinions import Statistics
from realness.workbench.timer import Plan, Timer
from realness.workbench.uploads import Uploads

_KEPT_OPEN = 75
"""Seconds that a connection is kept for the next request: who looks at an image does not wait for a new one."""
_FINISHING = 15
"""Seconds for what is being answered when the server is stopped: a save may wait 10 s for another process."""
_COLLECTED = (20_000, 20, 20)
"""The garbage collector looks after so many new objects: an answer makes thousands, and leaves hardly any circle."""


def build_app(
    bench: Workbench, study: str | None = None, *, reachable: bool = False, backups: Plan | None = None
) -> FastAPI:
    """Our routes, the scripts and the page, behind the guard and the entrance. Loads no model.

    Args:
        study: by name, which opens first.
        reachable: other machines can come; then nobody is let in without an account.
        backups: how often one is made by itself; None for never.
    """
    token = secrets.token_urlsafe(32)
    journal = bench.store.journal
    learning, chores, uploads = Learning(bench.settings), Chores(bench.settings), Uploads(bench.settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        uploads.clear()
        timer = backups and Timer(bench.settings, chores, backups)
        if timer:
            timer.start()
        with journal.following() if journal is not None else nullcontext():
            yield
        if timer:
            timer.stop()
        learning.stop()
        chores.stop()

    app = FastAPI(
        title="Realness", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    app.state.bench, app.state.learning = bench, learning
    app.state.chores, app.state.uploads, app.state.tickets = chores, uploads, Tickets()
    app.state.study, app.state.token = study, token
    app.state.door = door = Door(bench, open_house=not reachable)
    app.state.statistics = Statistics(bench)
    app.state.metrics = metrics = Metrics(bench)
    app.state.metrics_token = metrics_token()
    app.include_router(router)
    for place in PLACES:
        app.mount(place, refusing(place, router))
    app.mount("/assets/ui", StaticFiles(directory=ASSETS / "ui"), name="scripts")
    app.add_exception_handler(RealnessError, problems.problem)
    app.add_exception_handler(Exception, problems.failed)
    app.add_exception_handler(RequestValidationError, problems.malformed)
    app.add_exception_handler(HTTPException, problems.refused)
    head = f'<meta name="realness-token" content="{token}">'
    app = mount_page(app, head)
    app.add_middleware(Entrance, door=door)
    app.add_middleware(Guard, token=token, local_only=not reachable)
    app.add_middleware(Shield)
    app.add_middleware(Watch, metrics=metrics)
    return app


def serve(bench: Workbench, host: str, port: int, study: str | None = None, backups: Plan | None = None) -> None:
    """Run the app until it is stopped.

    Raises:
        InvalidValue: the host is another than this machine's loopback and there are no accounts, or the port is taken.
    """
    check_host(host, accounts=bench.store.people.any_accounts())
    listener = _listen(host, port)
    address = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        build_app(bench, study, reachable=not is_loopback(host), backups=backups),
        log_config=None,
        access_log=False,
        timeout_keep_alive=_KEPT_OPEN,
        timeout_graceful_shutdown=_FINISHING,
        server_header=False,
    )
    gc.collect()
    gc.set_threshold(*_COLLECTED)
    gc.freeze()  # what the app is made of stays: the garbage collector need not look through it again and again
    print(f"Realness is on http://{address}:{listener.getsockname()[1]}", flush=True)  # noqa: T201  for the person who started it
    uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # who opens the address as soon as it is told waits, and is not refused
    except OSError as error:
        listener.close()
        raise InvalidValue(
            f"port {port} on {host} cannot be used ({error.strerror}); stop the other program or give --port another"
        ) from error
    return listener

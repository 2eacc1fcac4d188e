"""What those who run the app ask of it: whether it is up, whether it can work, and its figures."""

import hmac
import logging
import os

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from realness.errors import InvalidValue, NotAllowed
from realness.ui.entrance import session_token
from realness.ui.routes.needs import Bench, Doorway
from realness.workbench.health import unready

METRICS_TOKEN = "REALNESS_METRICS_TOKEN"
"""The environment's name for the token that figures are had with, without a session."""
_SHORTEST = 16
_log = logging.getLogger("realness.health")
router = APIRouter()


def metrics_token() -> str:
    """The token for the figures; empty where there is none.

    Raises:
        InvalidValue: it is so short that it could be guessed.
    """
    token = os.environ.get(METRICS_TOKEN, "")
    if token and len(token) < _SHORTEST:
        raise InvalidValue(f"${METRICS_TOKEN} is too short; give at least {_SHORTEST} characters, or leave it out")
    return token


@router.get("/healthz")
async def up() -> Response:
    """The process answers."""
    return JSONResponse({"up": True})


@router.get("/readyz")
def ready(bench: Bench) -> Response:
    """Whether the database answers, in this version's schema, and the data folder can be written; why not is logged."""
    problems = unready(bench)
    for problem in problems:
        _log.warning(problem)
    return JSONResponse({"ready": not problems}, status_code=503 if problems else 200)


@router.get("/metrics")
def metrics(door: Doorway, request: Request) -> Response:
    """The figures, for who leads, and for who has the token."""
    wanted = request.app.state.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not (wanted and hmac.compare_digest(given.encode(), wanted.encode())):
        person = door.who(session_token(request.headers))
        if person is None or not person.leads:
            raise NotAllowed(f"figures are for those who lead; or send the token that ${METRICS_TOKEN} holds")
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)

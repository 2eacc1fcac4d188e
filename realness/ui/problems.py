"""What is answered instead of what was asked for: one sentence, of which kind it is, and the status."""

import logging

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from realness.errors import (
    Conflict,
    InvalidValue,
    Locked,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RealnessError,
    StudyClosed,
    TooManyTries,
    UnreadableImage,
)
from realness.logs import REQUEST
from realness.ui.shield import REST

_log = logging.getLogger("realness.problem")
_STATUS = {Conflict: (409, "conflict"), Locked: (403, "locked"), NotFound: (404, "not_found")}
_STATUS |= {InvalidValue: (422, "invalid"), StudyClosed: (409, "closed"), UnreadableImage: (410, "not_found")}
_STATUS |= {NotSignedIn: (401, "refused"), NotAllowed: (403, "not_allowed"), TooManyTries: (429, "too_many")}


def problem(_request: Request, error: Exception) -> JSONResponse:
    """An error that a person can put right, as one sentence."""
    status, kind = _STATUS.get(type(error), (503, "unavailable"))
    assert isinstance(error, RealnessError)
    if status == 503:
        _log.error(str(error))
    told = {"error": error.words if status == 503 else str(error), "kind": kind}
    field = error.field if isinstance(error, InvalidValue) else ""
    return JSONResponse(told | ({"field": field} if field else {}), status_code=status)


def failed(_request: Request, _error: Exception) -> JSONResponse:
    """A mistake in the program: where, stands in the log."""
    told = f"something failed here; what, stands in the log under {REQUEST.get()}"
    headers = {name.decode(): value.decode() for name, value in REST}  # this answer passes no middleware
    return JSONResponse({"error": told, "kind": "failed"}, 500, headers)


def refused(_request: Request, error: Exception) -> JSONResponse:
    """What FastAPI refuses by itself: no such file, a body that is no JSON."""
    assert isinstance(error, HTTPException)
    kind = "not_found" if error.status_code == 404 else "invalid"
    return JSONResponse({"error": error.detail, "kind": kind}, error.status_code, error.headers)


def malformed(_request: Request, error: Exception) -> JSONResponse:
    """A body or a parameter of the wrong form: which field, and why; never what was sent."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    return JSONResponse({"error": f"{place}: {first['msg']}", "kind": "invalid", "field": place}, status_code=422)

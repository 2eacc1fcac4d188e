"""Every request, from outside all else: its id, its line in the log, its place in the figures."""

import logging
import re
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from realness.logs import REQUEST
from realness.ui.entrance import WHO
from realness.ui.metrics import Metrics

HEADER = b"x-request-id"
_SAFE = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_OURS = ("/api/", "/files/", "/download/", "/login", "/healthz", "/readyz", "/metrics")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_log = logging.getLogger("realness.access")


class Watch:
    """Gives each request an id, which its answer bears, and tells of it once it is answered.

    An id that came with the request is kept where it is 8 to 64 letters, digits, dashes and underscores: so a line can
    be found by what a server in front wrote.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and tell of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        key = _id(scope)
        REQUEST.set(key.decode())
        began, status, size = time.perf_counter(), 500, 0

        async def answer(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, key)]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        self.metrics.running += 1
        try:
            await self.app(scope, receive, answer)
        finally:
            self.metrics.running -= 1
            self._tell(scope, status, time.perf_counter() - began, size)

    def _tell(self, scope: Scope, status: int, seconds: float, size: int) -> None:
        method, route, person = scope["method"], template(scope), scope.get(WHO)
        method = method if method in _METHODS else "other"
        self.metrics.answered(method, route, status, seconds, None if person is None else person.id)
        if _log.isEnabledFor(logging.INFO):
            told = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 2), "bytes": size}
            _log.info("request", extra={"told": told | {"who": None if person is None else person.pseudonym}})


def template(scope: Scope) -> str:
    """The route that answered, as it is written in the code, without what stood in its place: `/files/thumb/{key}`.

    `page` for whatever the page is made of, `none` for an address below ours that no route has.
    """
    if not scope["path"].startswith(_OURS):
        return "page"
    return getattr(scope.get("route"), "path", None) or "none"


def _id(scope: Scope) -> bytes:
    given = next((value for name, value in scope["headers"] if name == HEADER), b"")
    return given if _SAFE.fullmatch(given) else secrets.token_hex(8).encode()

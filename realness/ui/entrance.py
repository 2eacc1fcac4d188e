"""Nobody goes past the sign-in page without a session, whatever is behind it: our routes, files, or Gradio's own."""

import json
from http.cookies import CookieError, SimpleCookie

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from realness.errors import RealnessError
from realness.ui.problems import problem
from realness.workbench.accounts import Door

COOKIE = "realness_session"
WHO = "realness.who"
"""Where a request's scope holds the person who asks."""
_OPEN = ("/login", "/api/sign-in", "/healthz", "/readyz", "/metrics")
"""The figures are open to nobody: their route asks for a token or a session by itself."""
_OPEN_BELOW = "/assets/ui/"
_PAGES = ("/api/", "/files/")


class Entrance:
    """Says who asks, and sends those whom it does not know to the sign-in page."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with its person, or answer 401 or the way to the sign-in page."""
        if scope["type"] in ("http", "websocket") and not _is_open(scope["path"]):
            token = session_token(Headers(scope=scope))
            try:
                person = self.door.seen(token) or await run_in_threadpool(self.door.who, token)
            except RealnessError as error:
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": 1013})
                else:
                    await problem(Request(scope), error)(scope, receive, send)
                return
            if person is None:
                await _turn_away(scope, send)
                return
            scope[WHO] = person
        await self.app(scope, receive, send)


def session_token(headers: Headers) -> str | None:
    """The token of the session that a request carries."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith(_OPEN_BELOW)


async def _turn_away(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4401})
        return
    if scope["path"].startswith(_PAGES):
        status, body = 401, json.dumps({"error": "sign in first", "kind": "signed_out"}).encode()
        headers = [(b"content-type", b"application/json")]
    else:
        status, body, headers = 303, b"", [(b"location", b"/login")]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""Which pages may talk to the workbench: those it served itself.

A website in the reviewer's browser can send requests to 127.0.0.1. It is kept out by the Host header (a name
that was rebound to 127.0.0.1 is not ours), by the Origin header, and by a token made at each start that only
our own page knows. Where other machines may come, the Host is whatever they call this one: there the session's cookie,
which browsers send to no other name, takes its place.

Of Gradio's own routes the page only reads what it is made of. Those that take something (uploads, events, a queue) are
there for components that the page does not have: nobody gets to them.
"""

import hmac
import ipaddress
import json
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from realness.errors import InvalidValue

TOKEN_HEADER = "x-realness-token"
_OURS = "/api/"
_GUARDED = (_OURS, "/files/")
_UNUSED = "/gradio_api/"
_READS = ("GET", "HEAD")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's loopback."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_host(host: str, *, accounts: bool) -> None:
    """Refuse to listen where other machines could reach a workbench without accounts.

    Raises:
        InvalidValue: it is empty, or another than this machine's loopback, and there are no accounts.
    """
    if not host.strip():
        raise InvalidValue("--host is empty; give an address of this machine, 0.0.0.0 for all of them")
    if not accounts and not is_loopback(host):
        raise InvalidValue(
            f"--host {host} would let other machines in, and there are no accounts yet; make one with "
            "`python -m realness reviewer add NAME --role admin`, or use 127.0.0.1"
        )


class Guard:
    """Refuses, before any route runs, what did not come from our own page."""

    def __init__(self, app: ASGIApp, token: str, *, local_only: bool = True) -> None:
        self.app, self.token, self.local_only = app, token, local_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer 403."""
        if scope["type"] in ("http", "websocket"):
            reason = self._refusal(scope, Headers(scope=scope))
            if reason:
                await _refuse(scope, send, reason)
                return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> str | None:
        path, host = scope["path"], headers.get("host", "")
        if self.local_only and not is_loopback(_name(host)):
            return f"this workbench answers on this machine only, not as {_name(host)!r}; open http://127.0.0.1"
        origin = headers.get("origin")
        if origin not in (None, f"http://{host}", f"https://{host}"):
            return "a page of another website asked; open the workbench itself"
        if path.startswith(_UNUSED) or (scope.get("method") not in _READS and not path.startswith(_OURS)):
            return "the workbench has no use for this; its own page never asks for it"
        if path.startswith(_GUARDED):
            given = headers.get(TOKEN_HEADER, "").encode()
            if not hmac.compare_digest(given, self.token.encode()):
                return "this page is from an earlier start of the workbench; reload it"
        return None


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


async def _refuse(scope: Scope, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4403})
        return
    body = json.dumps({"error": reason, "kind": "refused"}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})

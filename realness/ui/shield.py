"""What browsers are told to refuse on our behalf, with every answer.

Gradio's page begins with scripts inside its markup. They are allowed one by one, by their hashes, and no other script
of that kind is: markup that found its way into the page could bring one, or `onerror=`, and neither would run. Gradio
makes functions out of the templates of its components, which needs `unsafe-eval`, and sets styles on elements.
"""

import base64
import hashlib
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PAGE = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_REST = b"default-src 'none'; frame-ancestors 'none'; sandbox"
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
]
REST = [*_ALWAYS, (b"content-security-policy", _REST)]
"""For all that is no page."""
_API = [*REST, (b"cache-control", b"no-store")]
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_OURS = {name for name, _ in _API}


class Shield:
    """Adds the headers to every answer, in place of those of the same name; to a page its own policy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin: Message | None = None
        body = b""

        async def answer(message: Message) -> None:
            nonlocal begin, body
            if message["type"] == "http.response.start":
                if _is_page(message):
                    begin = message  # held back until its scripts are known
                    return
                _add(message, _API if scope["path"].startswith("/api/") else REST)
            elif begin is not None:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                _add(begin, [*_ALWAYS, (b"content-security-policy", policy(body))])
                await send(begin)
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self.app(scope, receive, answer)


def policy(page: bytes) -> bytes:
    """The policy of a page of HTML: the scripts inside it may run, and those that the server has."""
    hashes = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE.findall(page))
    return _PAGE.format(scripts="".join(f" 'sha256-{one}'" for one in hashes)).encode()


def _is_page(message: Message) -> bool:
    return any(name == b"content-type" and kind.startswith(b"text/html") for name, kind in message["headers"])


def _add(message: Message, headers: list[tuple[bytes, bytes]]) -> None:
    """`no-store` gives way to what a route says of itself: files of images may be kept."""
    own = [pair for pair in message.get("headers", ()) if pair[0] not in _OURS or pair[0] == b"cache-control"]
    said = any(name == b"cache-control" for name, _ in own)
    message["headers"] = own + [pair for pair in headers if not (said and pair[0] == b"cache-control")]

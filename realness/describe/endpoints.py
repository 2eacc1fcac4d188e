"""Where a server is, what it is called, and the key that it is shown."""

import hashlib
import os
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from realness.describe.asking import storable
from realness.errors import DescriberProblem, InvalidValue

OPENAI = "https://api.openai.com/v1"
KEY = "OPENAI_API_KEY"
_OPENAI_HOST, _AZURE = "api.openai.com", (".openai.azure.com", ".services.ai.azure.com")
_SHORTEST_KEY = 8
"""What is shorter is a dummy for a server that asks for none, and may be a word of any text."""
_CONNECT_SECONDS = 10.0
_LONGEST_PROVIDER = 64


@dataclass(frozen=True)
class Endpoint:
    """A server.

    Attributes:
        url: without a user name, a password or a query.
        host: of the URL.
        port: of the URL, or the usual one of its scheme.
        provider: what descriptions say of it: `openai`, `azure`, or host and port.
    """

    url: str
    host: str
    port: int
    provider: str

    @classmethod
    def at(cls, url: str | None) -> "Endpoint":
        """The server at a URL; without one `$OPENAI_BASE_URL`, else OpenAI itself.

        Raises:
            InvalidValue: it is no http(s) address, or holds a password, a query or parameters.
        """
        given = (url or os.environ.get("OPENAI_BASE_URL") or OPENAI).strip().rstrip("/")
        try:
            parts = urlsplit(given)
            host, port = parts.hostname, parts.port
            (host or "").encode("idna")  # as whoever looks it up does: no part empty or of more than 63 characters
        except ValueError:
            host = port = parts = None
        if parts is None or parts.scheme not in ("http", "https") or not host:
            raise InvalidValue("--base-url must be an address such as http://localhost:8000/v1")
        if parts.username is not None or parts.password is not None or set("?#;").intersection(given):
            raise InvalidValue(f"--base-url must hold no password and nothing after ?, # or ;; give a key as ${KEY}")
        return cls(given, host, port or {"http": 80, "https": 443}[parts.scheme], _provider(host, port))

    def check(self) -> None:
        """Whether somebody listens there, before anything is asked.

        Raises:
            DescriberProblem: nobody does.
        """
        if not self.is_local and urlsplit(self.url).scheme in getproxies() and not proxy_bypass(self.host):
            return  # only the proxy can tell
        try:
            socket.create_connection((self.host, self.port), timeout=_CONNECT_SECONDS).close()
        except OSError as error:
            reason = error.strerror or str(error) or "no answer"
            raise DescriberProblem(
                f"{self.host}:{self.port} cannot be reached ({reason}); check --base-url, and that the server runs"
            ) from None

    @property
    def stored(self) -> str:
        """What may be kept of the URL, whose path may hold a key: scheme, host, port, and the SHA-256 of the whole."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (
            f"{urlsplit(self.url).scheme}://{host}:{self.port} sha256:{hashlib.sha256(self.url.encode()).hexdigest()}"
        )

    @property
    def is_local(self) -> bool:
        """Whether it is on this computer, where no proxy leads."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    def key(self) -> str:
        """The key in the environment, or a dummy for a server that asks for none.

        Raises:
            DescriberProblem: OpenAI or Azure is asked without one, or it cannot be one.
        """
        key = os.environ.get(KEY, "").strip()
        if not key and self.provider in ("openai", "azure"):
            raise DescriberProblem(
                f"{self.host} wants a key; put it into the environment: {KEY}=… (it is never stored)"
            )
        if not all("!" <= character <= "~" for character in key):
            raise DescriberProblem(f"what ${KEY} holds is no key: it has spaces, or letters beyond ASCII; copy it anew")
        return key or "none"


def without_key(text: str, key: str) -> str:
    """A text that came from a server, as it can be stored, and in which the key must not stand."""
    return storable(text.replace(key, "…") if len(key) >= _SHORTEST_KEY else text)


def _provider(host: str, port: int | None) -> str:
    if host == _OPENAI_HOST:
        return "openai"
    if host.endswith(_AZURE):
        return "azure"
    # A bare name always with a port: nothing that a network calls "check" or "local" is taken for what that means here.
    shown = f"{host}:{port or 80}" if port or not ("." in host or ":" in host) else host
    return shown[-_LONGEST_PROVIDER:]

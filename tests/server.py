"""The real app in a process of its own, as a person starts it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
_TOKEN = re.compile(r'realness-token\\?" content=\\?"([^"\\]+)')  # inside the page's JSON, so quotes are escaped


class Server:
    """Starts, kills and starts again `app.py` on one database and one port."""

    def __init__(self, database: Path, data: Path, port: int | None = None, address: str | None = None) -> None:
        """`address`: the URL of a database that is no file; `database` names the log alone then."""
        self.database, self.data, self.port = database, data, port or free_port()
        self.address = address or f"sqlite:///{database}"
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = database.with_suffix(".log")
        self.options: list[str] = []
        self.process: subprocess.Popen | None = None

    def start(self, seconds: float = 180.0) -> "Server":
        """Start and wait until it answers; the first start makes the sample study."""
        options = ["--db", self.address, "--data", str(self.data), "--port", str(self.port)]
        options += self.options
        options += ["--backup-every", "0"]  # no test finds a backup that it did not make
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py", *options], cwd=ROOT, stdout=log, stderr=log, env={**os.environ}
            )
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.process.poll() is None, f"the server stopped: {self.log.read_text()}"
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(self.url, timeout=10, trust_env=False).status_code < 400:
                    return self
            time.sleep(0.05)
        raise AssertionError(f"no answer in {seconds} s: {self.log.read_text()}")

    def client(self) -> httpx.Client:
        """Speaks to the routes as our own page does."""
        # Where there are accounts the token is on the page for signing in; without, that leads to the first one.
        page = httpx.get(f"{self.url}/login", timeout=30, trust_env=False, follow_redirects=True).text
        found = _TOKEN.search(page)
        assert found, "the page carries no token"
        headers = {"X-Realness-Token": found.group(1)}
        return httpx.Client(base_url=self.url, headers=headers, timeout=10, trust_env=False)

    def kill(self) -> None:
        """SIGKILL: no time to finish anything."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """As Ctrl+C does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

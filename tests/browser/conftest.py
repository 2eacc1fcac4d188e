"""A real server, a real Chromium, and a small study for each test."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from screen import Screen
from server import Server
from small_study import make_study

from realness.domain import Role
from realness.settings import Settings
from realness.workbench import Workbench
from realness.workbench.accounts import add_account

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 20_000  # ms: for a machine that does much else at the time
PASSWORD = "correct horse battery"
NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Served:
    """A running server and what it works on."""

    server: Server
    settings: Settings

    @property
    def url(self) -> str:
        """Where it is."""
        return self.server.url

    def study(self, *args, **kwargs) -> str:
        """Add a study beside those there are; its name."""
        return make_study(self.settings, *args, **kwargs)

    def rows(self, query: str, *values) -> list[dict]:
        """What the database holds, read without the app."""
        connection = sqlite3.connect(f"file:{self.server.database}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def reviews(self, study: str) -> list[dict]:
        """Every revision of every review of a study, in order."""
        query = "SELECT r.* FROM reviews r JOIN studies s ON s.id = r.study_id WHERE s.name = ? ORDER BY r.id"
        return self.rows(query, study)


def _serve(folder) -> Served:
    settings = Settings(f"sqlite:///{folder}/a.db", folder / "data")
    make_study(settings)
    return Served(Server(folder / "a.db", settings.data).start(), settings)


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """One server for all tests; each works on a study of its own."""
    running = _serve(tmp_path_factory.mktemp("served"))
    yield running
    running.server.stop()


@pytest.fixture
def served_alone(tmp_path):
    """A server for one test, to be killed and started again."""
    running = _serve(tmp_path)
    yield running
    running.server.stop()


@pytest.fixture(scope="module")
def led(tmp_path_factory):
    """A server with accounts, all with the password `PASSWORD`: two leads and three reviewers."""
    running = _serve(tmp_path_factory.mktemp("led"))
    bench = Workbench.open(running.settings)
    roles = {"ada": Role.ADMIN, "lea": Role.LEAD, "lou": Role.LEAD}
    roles |= dict.fromkeys(("ana", "ben", "cid"), Role.REVIEWER)
    for name, role in roles.items():
        add_account(bench, name, role, PASSWORD)
    bench.close()
    yield running
    running.server.stop()


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium. Missing is a failure where tests must run, and a skip elsewhere."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        reason = "no Chromium: install the package `chromium` to run the browser tests"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser):
    """Open a study as a new browser would; whatever the page reports as an error fails the test at its end.

    `visit(served, study)` gives a `Screen`. Options: `noise`, words that an expected error holds; `first`, True
    for a reviewer who never was here; the rest goes to the browser's context.
    """
    contexts, errors = [], []

    def open_page(
        where: Served, study: str, *, at: str = "", noise: str = "", first: bool = False, **options
    ) -> Screen:
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}} | options)
        contexts.append(context)
        # Chromium gives a living page new loaders when requests are first watched, and one that is sent before it has
        # them slips through. Watched from the start, a test's own `page.route` holds at once.
        context.route("**/watched-from-the-start", lambda route: route.abort())
        (found,) = where.rows("SELECT id FROM studies WHERE name = ?", study)
        context.add_init_script(f"sessionStorage.setItem('realness.study', '{found['id']}')")
        if not first:
            context.add_init_script("localStorage.setItem('realness.seen', 'true')")
        page = context.new_page()
        _watch(page, errors, noise)
        page.goto(f"{where.url}/#{at}")
        return Screen(page)

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def screen(served, visit):
    """An image that is rated and judged partly right: nothing is said of its two findings yet."""
    opened = visit(served, served.study())
    opened.rate("2")
    opened.judge("p")
    return opened


def _watch(page: Page, errors: list[str], noise: str) -> None:
    def report(kind: str) -> Callable:
        def note(event) -> None:
            text = event.text if kind == "console" else str(event)
            if kind == "console" and event.type not in ("error", "warning"):
                return
            if not (noise and noise in text):
                errors.append(text)

        return note

    page.set_default_timeout(PATIENCE)
    page.on("console", report("console"))
    page.on("pageerror", report("error"))

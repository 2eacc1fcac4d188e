"""How long it takes on the screen: until the first one can be used, and from a key press to the next image painted.

The app is served over a database of many images, as it is started by hand; a real Chromium opens it. `first_screen_s`
is from asking for the page to the first image and its scale, in a browser that never was there, the median of a few.
`key_to_image_ms` is taken inside the page: from the key that submits to the frame after the next image stands there.
"""

import re
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.review import PASSWORD, Served
from benchmarks.timing import judged
from realness import images as image_files
from realness.errors import InvalidValue
from realness.workbench import Workbench

Progress = Callable[[int, int | None], None]

IMAGES, IMAGES_QUICK = 100_000, 1_000
SHOWN, SHOWN_QUICK = 40, 5
OPENED = 3
SIZE = (1024, 768)
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
LIMITS = {
    "first_screen_s": ("at_most", 3.0, True),
    "memory_mb": ("at_most", 600.0, True),
    "key_to_image_p50_ms": ("at_most", 100.0, True),
}
_TIMER = """
window.waits = [];
const submits = ({ ctrlKey, key }) => ctrlKey && key === "Enter";
addEventListener("keydown", (event) => { if (submits(event)) window.pressed = performance.now(); }, true);
new MutationObserver((changes) => {
  const come = changes.some((one) => [...one.addedNodes].some((node) => node.className === "photo"));
  if (!come || !window.pressed) return;
  const { pressed } = window;
  window.pressed = null;
  requestAnimationFrame(() => requestAnimationFrame(() => window.waits.push(performance.now() - pressed)));
}).observe(document, { childList: true, subtree: true });
"""


def run(quick: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Serve, open and review.

    Args:
        quick: 1,000 images and five reviews.
        progress: told how many reviews are done, of how many.

    Returns:
        `name`; `results`: `first_screen_s`, `memory_mb` (of the server, with Review, Browse and Insights opened),
        `key_to_image_p50_ms`, `key_to_image_p95_ms`, `images`; `targets`; `passed`.

    Raises:
        InvalidValue: there is no Chromium, or Playwright is not installed.
    """
    images, shown = (IMAGES_QUICK, SHOWN_QUICK) if quick else (IMAGES, SHOWN)
    with tempfile.TemporaryDirectory() as folder, Chromium() as browser:
        pictures = shown + 3  # those that are loaded ahead, too
        app = Served(Path(folder), images, lambda bench: _put_pictures(bench, Path(folder), pictures))
        with app as (url, _):
            results: dict[str, Any] = {"images": images}
            results["first_screen_s"] = round(statistics.median(_opened(browser, url) for _ in range(OPENED)), 2)
            waits = _reviewed(browser, url, shown, progress)
            results["memory_mb"] = round(_resident_mb(app.process.pid), 1)
    for percent in (50, 95):
        results[f"key_to_image_p{percent}_ms"] = round(float(np.percentile(waits, percent)), 1)
    for name, value in results.items():
        print(f"{name:22s} {value}", file=sys.stderr)  # noqa: T201
    targets = judged(LIMITS, results)
    return {"name": "screen", "results": results, "targets": targets, "passed": all(t["met"] for t in targets.values())}


class Chromium:
    """The system's Chromium."""

    def __enter__(self) -> Any:
        """Start it."""
        path = next((found for name in NAMES if (found := shutil.which(name))), None)
        try:
            from playwright.sync_api import sync_playwright  # noqa: PLC0415  for the tests and this benchmark
        except ImportError as error:
            raise InvalidValue("Playwright is not installed; run `make setup-dev` first") from error
        if path is None:
            raise InvalidValue("there is no Chromium on this machine; install the package `chromium` first")
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=path, args=FLAGS)
        return self.browser

    def __exit__(self, *_error: object) -> None:
        """Stop it."""
        self.browser.close()
        self.playwright.stop()


def _arrived(browser: Any, url: str) -> tuple[Any, Any]:
    """A browser that never was there, signed in, and a page that has not been opened."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{url}/login")
    token = re.search(r'realness-token" content="([^"]+)', page.content())
    assert token is not None
    body = {"name": "reviewer 0", "password": PASSWORD}
    answer = context.request.post(f"{url}/api/sign-in", data=body, headers={"X-Realness-Token": token.group(1)})
    assert answer.ok, answer.text()
    page.goto("about:blank")
    return context, page


def _opened(browser: Any, url: str) -> float:
    context, page = _arrived(browser, url)
    begun = time.perf_counter()
    page.goto(f"{url}/#review?study=1", wait_until="commit")
    page.wait_for_selector(".photo", state="visible")
    took = time.perf_counter() - begun
    context.close()
    return took


def _reviewed(browser: Any, url: str, shown: int, progress: Progress | None) -> list[float]:
    context, page = _arrived(browser, url)
    page.add_init_script("localStorage.setItem('realness.seen', 'true')")
    page.add_init_script(_TIMER)
    page.goto(f"{url}/#review?study=1")
    for done in range(1, shown + 1):
        page.wait_for_selector('[data-el="rateBody"]', state="visible")
        page.wait_for_timeout(300)  # a person looks at the image, and the next one is loaded meanwhile
        page.keyboard.press("3")
        page.keyboard.press("Enter")
        page.wait_for_selector('[data-el="judge"]', state="visible")
        page.keyboard.press("a")
        page.wait_for_selector('[data-el="correctBody"]', state="visible")
        page.keyboard.press("Control+Enter")
        page.wait_for_function(f"window.waits.length === {done}")
        if progress is not None:
            progress(done, shown)
    waits = page.evaluate("window.waits")
    for where, what in (("browse", ".grid .card"), ("insights", ".insights")):
        page.goto(f"{url}/#{where}")
        page.wait_for_selector(f'[data-screen="{where}"] {what}', state="visible")
    context.close()
    return waits


def _resident_mb(process: int) -> float:
    """The memory that a process has in RAM, as Linux tells it."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


_GIVE = "UPDATE images SET path = ?, sha256 = ?, width = ?, height = ?, bytes = ? WHERE id = ?"


def _put_pictures(bench: Workbench, folder: Path, count: int) -> None:
    """Give the images that come first files."""
    connection = sqlite3.connect(bench.store.database.path)
    for number in range(1, count + 1):
        small = np.random.default_rng(number).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        path = folder / f"{number}.png"
        Image.fromarray(small).resize(SIZE, Image.Resampling.BICUBIC).save(path)
        facts = image_files.inspect_image(path)
        values = (str(path), facts.sha256, facts.width, facts.height, facts.size, number)
        connection.execute(_GIVE, values)
    connection.commit()
    connection.close()

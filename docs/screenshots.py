"""Takes the pictures of the documentation: a fresh sample study, reviewed in a real browser.

    .venv/bin/python docs/screenshots.py

Needs requirements-dev.txt and Debian's `chromium`. Writes into `docs/images/`.
"""

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
URL = "http://127.0.0.1:7899"
SIZE = {"width": 1440, "height": 900}


def start(folder: Path) -> subprocess.Popen:
    """The workbench with a database of its own; returns when it answers."""
    options = ["--db", f"sqlite:///{folder}/a.db", "--data", str(folder / "data"), "--port", URL.rsplit(":", 1)[1]]
    server = subprocess.Popen([sys.executable, "app.py", *options], cwd=ROOT)
    for _ in range(600):
        try:
            urllib.request.urlopen(URL, timeout=5).close()
            return server
        except urllib.error.URLError:
            if server.poll() is not None:
                break
            time.sleep(0.5)
    raise SystemExit("error: the workbench did not start; its own words stand above")


def review(page: Page, rating: str) -> None:
    """Rate the image that is there and judge its description."""
    page.locator('[data-el="rateBody"]').wait_for()
    page.keyboard.press(rating)
    page.keyboard.press("Enter")
    page.locator('[data-el="judge"]').wait_for()
    page.keyboard.press("p")
    page.locator('[data-el="correctBody"]').wait_for()


def correct(page: Page) -> None:
    """Add a sentence to the explanation, answer both findings, draw a box for the first."""
    page.keyboard.press("e")
    page.keyboard.press("End")
    page.keyboard.type(" So has its shadow.")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("g")
    picture = page.locator(".photo").bounding_box()
    assert picture
    for at, act in (((0.17, 0.5), page.mouse.down), ((0.38, 0.82), page.mouse.up)):
        page.mouse.move(picture["x"] + at[0] * picture["width"], picture["y"] + at[1] * picture["height"], steps=4)
        act()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("0")


def take(page: Page, name: str) -> None:
    """Save what is on the screen once it has come to rest."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)
    page.screenshot(path=IMAGES / name)


def main() -> None:
    """Both screens, in light and dark."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("error: no Chromium; install the package `chromium`")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = start(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        try:
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.goto(URL)
            page.locator(".photo").wait_for()
            page.keyboard.press("Enter")
            review(page, "2")
            correct(page)
            take(page, "review.png")
            page.keyboard.press("Control+Enter")
            page.locator('[data-el="note"]', has_text="Saved").wait_for()
            for rating in "134":
                review(page, rating)
                page.keyboard.press("Control+Enter")
                page.locator('[data-el="rateBody"]').wait_for()
            page.goto(f"{URL}/#browse")
            page.emulate_media(color_scheme="dark")
            page.locator(".card").first.wait_for()
            take(page, "browse.png")
        finally:
            browser.close()
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()

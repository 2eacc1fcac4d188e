"""More than a hundred texts that want to run, in every place where a text is kept, on every screen: none runs."""

import base64

import pytest
from builders import make_submission
from conftest import PASSWORD, _serve
from payloads import PAYLOADS
from playwright.sync_api import expect
from screen import sign_in
from test_data_screen import LONG, drop

from realness.domain import Role, StudySettings, fits_one_line, name_key
from realness.workbench import Workbench, views
from realness.workbench.accounts import add_account
from realness.workbench.reviewing import desk

pytestmark = pytest.mark.browser
GROUPS = 6
SCREENS = ("browse?per=60", "studies", "studies?new=1", "studies?part=people", "data", "data?part=export")
SCREENS += ("data?part=backup", *(f"insights?part={part}" for part in ("progress", "opinions", "agreement", "people")))
SCREENS += ("insights?part=scores", "insights?part=maps")
_LINES = (" ".join(payload.split()) for payload in PAYLOADS)
LINES = list({name_key(line[:99]): line for line in _LINES if fits_one_line(line)}.values())
"""Those that may be names, and no two of them the same for people."""
SHOWN = "[...document.querySelectorAll('[data-screen]:not([hidden]), header')].map((e) => e.textContent).join()"


def grouped():
    return [" ".join(PAYLOADS[at::GROUPS]) for at in range(GROUPS)]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A server whose every text is hostile, and the name of the study that is looked at."""
    served = _serve(tmp_path_factory.mktemp("hostile"))
    name = served.study(tuple(f"Somewhat. {text}" for text in grouped()))
    bench = Workbench.open(served.settings)
    people = {who: add_account(bench, who, Role.ADMIN, PASSWORD).reviewer for who in ("ada",)}
    _, kept = bench.store.people.password_hash("ada")
    for line in LINES:
        bench.store.people.add(line[:99], Role.REVIEWER, kept)
        bench.store.studies.create(line[:199], StudySettings())
    bench.store.studies.change(bench.store.studies.named(name).id, StudySettings(overlap=5))
    study = bench.store.studies.named(name)
    others = [one.reviewer for one in bench.store.people.all() if one.reviewer.name.startswith("<")][:2]
    at = desk(bench, people["ada"], study.id)
    for number, text in enumerate(grouped()):
        for person in others:
            image = bench.store.assignments.open(study, keys(bench, study)[number], person.id)
            bench.store.assignments.lock(study.id, image.id, person.id, 20.0)
            given = {"explanation": text, "note": text}
            bench.store.reviews.submit(person.id, make_submission(study, image, **given))
        bench.store.tags.change(study.id, [image.id], [line[:99] for line in LINES[number::GROUPS]], [], at.reviewer.id)
    for line in LINES:
        views.save(bench, people["ada"], study.id, line[:99], "sort=imported", shared=True)
    found = keys(bench, study)
    bench.close()
    yield served, name, found
    served.server.stop()


def keys(bench, study):
    with bench.store.database.read() as connection:
        query = "SELECT i.key FROM images i JOIN study_images s ON s.image_id = i.id WHERE s.study_id = ? ORDER BY i.id"
        return [key for (key,) in connection.exec_driver_sql(query, (study.id,))]


@pytest.fixture
def page(hostile, visit):
    """The page, signed in, on which nothing may run, ask for a word or ask another server."""
    served, study, _ = hostile
    page = visit(served, study, at="browse").page
    told = []
    page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
    page.context.on("request", lambda request: told.append(request.url) if stranger(served, request.url) else None)
    page.context.on("page", lambda _other: told.append("another page"))
    sign_in(page, "ada", PASSWORD)
    expect(page.locator(".card").first).to_be_visible()
    before = set(page.evaluate("Object.getOwnPropertyNames(window)"))
    yield page
    assert told == []
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("({}).hacked") is None
    made = set(page.evaluate("Object.getOwnPropertyNames(window)")) - before
    assert made == set()


def stranger(served, url):
    return not url.startswith((served.url, "blob:", "data:"))


def test_there_are_more_than_a_hundred_of_them():
    assert len(set(PAYLOADS)) == len(PAYLOADS) > 100


def test_none_runs_where_studies_people_tags_views_and_figures_are_listed(hostile, page):
    seen = ""
    for where in SCREENS:
        page.evaluate(f"location.hash = {where!r}")
        expect(page.locator(f'[data-screen="{where.split("?")[0]}"]')).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(150)
        seen += page.evaluate(
            "[...document.querySelectorAll('[data-screen]:not([hidden]), header')].map((e) => e.textContent).join()"
        )
    told = " ".join(seen.split())
    missing = [line for line in LINES if line[:40] not in told]
    assert missing == []  # they were shown, as the text that they are


def test_none_runs_where_a_text_is_read_compared_and_decided(hostile, page):
    _, _, found = hostile
    for first, second in zip(found[::2], found[1::2], strict=True):
        page.evaluate(f"location.hash = 'compare?t={first}&t={second}'")
        expect(page.locator('[data-screen="compare"]')).to_be_visible()
        page.wait_for_load_state("networkidle")
    for key in found:
        page.evaluate(f"location.hash = 'adjudicate?image={key}'")
        expect(page.locator('[data-screen="adjudicate"]')).to_be_visible()
        page.wait_for_load_state("networkidle")
    expect(page.locator('[data-screen="adjudicate"]')).to_contain_text("window.hacked=1")


def test_none_runs_in_a_review_from_the_reveal_to_the_next_image(hostile, page):
    page.evaluate("location.hash = 'review'")
    review = page.locator('[data-screen="review"]')
    for _ in range(GROUPS):
        expect(page.locator(".photo")).to_be_visible()
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        expect(review.locator('[data-el="judge"]')).to_be_visible()
        expect(review.locator('[data-el="said"]')).to_contain_text("window.hacked=1")
        page.keyboard.press("p")
        expect(review.locator('[data-el="correctBody"]')).to_be_visible()
        page.keyboard.press("Control+Enter")
        expect(review.locator('[data-el="note"]')).to_contain_text("Saved")


def test_none_runs_as_the_name_of_a_file_that_is_sent_and_skipped(hostile, page):
    page.evaluate("location.hash = 'data'")
    names = [f"{line.replace('/', '_')[:60]}.png" for line in LINES if "\\" not in line]
    drop(page, dict.fromkeys(names, b"no image") | {"good.png": base64.b64decode(PIXEL)})
    page.locator("#rz-data-study").fill("<img src=x onerror=window.hacked=1>")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Imported into <img")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("region", name="Skipped")).to_contain_text("window.hacked=1")


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

"""The parts of Insights on the screen: what several reviewers say together."""

import csv

import pytest
from panel import answer, reviewer
from PIL import Image
from playwright.sync_api import expect
from small_study import TEXT

from realness.workbench import Workbench

pytestmark = pytest.mark.browser

NASTY = "<img src=x onerror=window.hacked=1>"
PARTS = ("Progress", "Opinion scores", "Agreement", "People", "Scores", "Maps", "Describers")


@pytest.fixture
def rated(served):
    """A study of six images that is not blind; five rated the first, and the last only one."""
    name = served.study(texts=(TEXT,) * 6)
    bench = Workbench.open(served.settings)
    store = bench.store
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE studies SET blind = 0, overlap = 5 WHERE name = ?", (name,))
    study = store.studies.named(name)
    for at in range(5):
        person = reviewer(store, f"{name}-{at}")
        ratings = [70, 60, 50, 40, 30, 20][: 6 - at]
        answer(store, study, person, [rating + 3 * at for rating in ratings], active_seconds=60.0 + 30 * at)
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET pseudonym = ? WHERE name = ?", (f"{NASTY}{name}", f"{name}-0"))
    bench.close()
    return name


def test_every_part_is_reached_by_keyboard_and_kept_in_the_address(served, visit, rated):
    page = visit(served, rated, at="insights").page
    expect(page.get_by_role("heading", name="Ratings a day")).to_be_visible()
    parts = page.get_by_role("navigation", name="Parts of Insights").get_by_role("link")
    assert parts.all_inner_texts() == list(PARTS)
    expect(parts.first).to_have_attribute("aria-current", "page")
    parts.first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mean opinion scores")).to_be_visible()
    assert "part=opinions" in page.url
    expect(parts.nth(1)).to_have_attribute("aria-current", "page")
    page.reload()
    expect(page.get_by_role("heading", name="Mean opinion scores")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Ratings a day")).to_be_visible()


def test_opinions_have_intervals_from_five_ratings_on_and_votes_below(served, visit, rated):
    page = visit(served, rated, at="insights?part=opinions").page
    plot = page.locator('[data-plot="mos"]')
    expect(plot.locator(".one")).to_have_count(6)
    expect(plot.locator(".pt")).to_have_count(2)  # of the first two images five people rated each
    expect(plot.locator(".vote")).to_have_count(4 + 3 + 2 + 1)
    expect(plot.locator(".unbiased")).to_have_count(6)
    expect(plot.locator(".likely")).to_have_count(0)
    expect(page.get_by_text("no image has 12 ratings")).to_be_visible()
    expect(plot.get_by_role("img", name="Mean opinion scores of 6 images")).to_be_visible()
    lowest = page.get_by_role("row").nth(1)
    expect(lowest).to_contain_text("20")
    lowest.get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-screen="review"]')).to_be_visible()


def test_people_are_told_by_pseudonym_and_what_is_not_known_yet_says_so(served, visit, rated):
    page = visit(served, rated, at="insights?part=people").page
    rows = page.get_by_role("region", name="Reviewers").get_by_role("row")
    expect(rows).to_have_count(6)
    expect(rows.filter(has_text=NASTY)).to_contain_text("none yet")
    expect(rows.filter(has_text=NASTY)).to_contain_text("1:00")
    expect(page.locator('[data-plot="reviewers"] .pt')).to_have_count(5)
    expect(page.locator('[data-plot="minutes"] .pt')).to_have_count(1)
    assert page.evaluate("window.hacked") is None


def test_agreement_and_progress_have_their_figures(served, visit, rated):
    page = visit(served, rated, at="insights?part=agreement").page
    stats = page.locator(".stats.any > div")
    expect(stats.nth(0)).to_contain_text("Krippendorff's alpha")
    expect(stats.nth(0)).to_contain_text("95 %:")
    expect(stats.nth(2)).to_contain_text("5 of 6")
    expect(page.locator('[data-plot="spread"] .dot')).to_have_count(5)
    page.get_by_role("link", name="Progress").click()
    expect(stats.nth(0)).to_contain_text("20 of 30")
    expect(stats.nth(1)).to_contain_text("2 of 6")
    expect(stats.nth(2)).to_contain_text("needs ratings on 3 of the last 14 days")
    expect(page.locator(".bar-day")).to_have_count(1)


def test_a_plot_is_taken_along_as_picture_and_as_table(served, visit, rated, tmp_path):
    page = visit(served, rated, at="insights?part=opinions").page
    for kind in ("PNG", "SVG", "CSV"):
        with page.expect_download() as loading:
            page.get_by_role("button", name=f"Mean opinion scores: {kind}").click()
        assert loading.value.suggested_filename == f"mos.{kind.lower()}"
        loading.value.save_as(tmp_path / f"mos.{kind.lower()}")
    assert Image.open(tmp_path / "mos.png").width > 500
    assert (tmp_path / "mos.svg").read_text(encoding="utf-8").startswith("<?xml")
    rows = list(csv.DictReader((tmp_path / "mos.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["image"] for row in rows] == ["6", "5", "4", "3", "2", "1"]


def test_what_is_not_there_yet_says_what_to_do(served, visit):
    page = visit(served, served.study(), at="insights?part=opinions").page
    for part, said in (
        ("Opinion scores", "Nothing is rated yet"),
        ("Agreement", "Nothing is rated yet"),
        ("People", "You have not answered any image of this study yet"),
        ("Maps", "No place is marked yet"),
    ):
        page.get_by_role("link", name=part, exact=True).click()
        expect(page.get_by_text(said)).to_be_visible()
    page.get_by_role("button", name="Go on rating").click()
    expect(page.locator('[data-screen="review"]')).to_be_visible()


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (720, 450)])
def test_the_parts_fit_the_window(served, visit, rated, size):
    page = visit(served, rated, at="insights", viewport={"width": size[0], "height": size[1]}).page
    for part, plot in (
        ("Progress", "ratings"),
        ("Opinion scores", "mos"),
        ("Agreement", "spread"),
        ("People", "minutes"),
    ):
        page.get_by_role("link", name=part, exact=True).click()
        expect(page.locator(f'[data-plot="{plot}"] svg')).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        spill = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"
        assert page.locator(".insights, .insights-bar, .stats.any, .plots, .plot header").evaluate_all(spill) == [], (
            part
        )

"""Scores on Browse and Insights, and training on all ratings."""

import csv
import re

import pytest
from playwright.sync_api import expect
from small_study import TEXT, describe

from realness.store import NewPrediction
from realness.workbench import Workbench

pytestmark = pytest.mark.browser

NASTY = "<img src=x onerror=window.hacked=1>"
TRAINING = 180_000  # ms: on a machine that does much else
FILLED = "rgb(27, 92, 200)"  # the accent


def score(served, study, *spans):
    """Scores, `(rating, low, high)`, for the first images of a study."""
    query = "SELECT image_id FROM study_images i JOIN studies s ON s.id = i.study_id WHERE s.name = ? ORDER BY position"
    images = [row["image_id"] for row in served.rows(query, study)]
    bench = Workbench.open(served.settings)
    kept = [NewPrediction(image, None, *span) for image, span in zip(images, spans, strict=False)]
    bench.store.predictions.add(NASTY, kept)
    bench.close()


def lock(served, study, count):
    """Review so many images of a study as its reviewer."""
    (found,) = served.rows("SELECT id FROM studies WHERE name = ?", study)
    with served.server.client() as client:
        for at in range(count):
            item = client.get("/api/next", params={"study": found["id"]}).json()["item"]
            body = {"study": found["id"], "image": item["image"]["key"]}
            client.post("/api/lock", json=body | {"rating": 20.0 + 25 * at}).raise_for_status()
            body |= {"submission_id": f"{study}-review-{at}", "base_revision": 0, "judgement": "accurate"}
            client.post("/api/reviews", json=body).raise_for_status()


def test_browse_shows_the_score_of_a_rated_image_and_finds_those_that_disagree(served, visit):
    study = served.study()  # imported opinions: 30, 35, 40, 45
    score(served, study, (31, 20, 42), (80, 70, 90), (50, 45, 55), (44, 40, 48))
    screen = visit(served, study, at="browse?sort=disagreement", color_scheme="light")
    page = screen.page
    expect(page.locator(".card")).to_have_count(4)
    expect(page.get_by_text("Score 80")).to_have_count(0)
    expect(page.locator("option", has_text="Uncertainty, most first")).to_be_enabled()
    expect(page.get_by_label("Filters")).not_to_contain_text("MOS and score")
    lock(served, study, 3)
    page.reload()
    figures = page.locator(".card .row")
    expect(figures.first).to_contain_text("Score 80")
    expect(figures.first).to_contain_text("You 45")
    expect(figures.nth(1)).to_contain_text("Score 50")
    expect(figures.nth(2)).to_contain_text("Score 31")
    expect(figures.nth(3)).not_to_contain_text("Score")
    fills = page.locator(".meter path").evaluate_all("(all) => all.map((one) => getComputedStyle(one).fill)")
    assert [fill == FILLED for fill in fills] == [True, True, False]
    page.locator(".opt", has_text="Outside its interval").click()
    expect(page.locator(".card")).to_have_count(2)
    assert "agreement=disagrees" in page.url
    page.get_by_label("Sort").select_option("score_low")
    expect(figures.first).to_contain_text("Score 50")


def test_insights_draw_what_may_be_seen_and_lead_to_the_image(served, visit, tmp_path):
    study = served.study()
    score(served, study, (31, 20, 42), (80, 70, 90), (50, 45, 55), (44, 40, 48))
    screen = visit(served, study, at="insights?part=scores")
    page = screen.page
    expect(page.get_by_text("No score to hold against people yet")).to_be_visible()
    lock(served, study, 3)
    page.reload()
    dots = page.locator(".dot")
    expect(dots).to_have_count(3)
    expect(page.locator(".dot.hollow")).to_have_count(1)
    plot = page.get_by_role("img", name=re.compile("3 images. People's opinion lies outside .* for 2 of 3"))
    expect(plot).to_be_visible()
    expect(page.get_by_text(f"by {NASTY}")).to_be_visible()
    expect(page.locator('[data-el="sroccMore"]')).to_contain_text("n 3")
    rows = page.get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text("+45")
    with page.expect_download() as loading:
        page.get_by_role("button", name="Predicted against people: CSV").click()
    loading.value.save_as(tmp_path / "drawn.csv")
    lines = list(csv.DictReader((tmp_path / "drawn.csv").read_text(encoding="utf-8").splitlines()))
    assert [(float(line["score"]), float(line["mos"])) for line in lines] == [(31, 30), (80, 35), (50, 40)]
    rows.nth(1).get_by_role("link").click()
    expect(screen.el("lockedValue")).to_be_visible()
    (named,) = served.rows("SELECT key FROM images WHERE sha256 = ?", lines[1]["image_sha256"])
    assert named["key"] in page.url
    assert [line["image"] for line in lines] == ["1", "2", "3"]
    assert {line["model"] for line in lines} == {NASTY}
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (720, 450)])
def test_insights_fit_the_window(served, visit, size):
    study = served.study()
    score(served, study, (31, 20, 42), (80, 70, 90), (50, 45, 55))
    lock(served, study, 3)
    screen = visit(served, study, at="insights?part=scores", viewport={"width": size[0], "height": size[1]})
    expect(screen.page.locator(".dot")).to_have_count(3)
    assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    spill = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"
    assert screen.page.locator(".insights, .insights-bar, .stats, .plots, .canvas").evaluate_all(spill) == []


def test_training_is_started_followed_over_a_reload_and_drawn_at_its_end(served_alone, visit):
    study = served_alone.study(texts=(TEXT, "No. It looks natural.") * 9, maps=False)  # beside the four there are
    lock(served_alone, study, 3)
    screen = visit(served_alone, study, at="insights?part=scores")
    page = screen.page
    button = page.get_by_role("button", name="Train on all ratings")
    expect(page.get_by_text("No score yet: train a model")).to_be_visible()
    button.click()
    expect(page.get_by_role("status").filter(has_text="Training")).to_be_visible()
    stop = page.get_by_role("button", name="Stop training")
    stop.click()
    expect(page.get_by_text("Stopped; the model that was there stays")).to_be_visible()
    button.click()
    page.reload()
    expect(page.get_by_role("status").filter(has_text=re.compile("Training|Scoring"))).to_be_visible()
    expect(stop).to_be_visible()
    expect(page.get_by_text(re.compile(r"Trained: SROCC 0\.\d\d; 22 images scored"))).to_be_visible(timeout=TRAINING)
    expect(page.locator(".dot")).to_have_count(3)
    expect(button).to_be_enabled()
    expect(page.locator('[data-el="unseenMore"]')).to_contain_text("n 22, each left out")


def test_training_that_fails_says_why(served_alone, visit):
    (study,) = served_alone.rows("SELECT name FROM studies")
    browse = visit(served_alone, study["name"], at="browse").page
    expect(browse.locator("option", has_text="Uncertainty, most first")).to_be_disabled()
    expect(browse.locator("option", has_text="MOS, lowest")).to_be_enabled()
    screen = visit(served_alone, study["name"], at="insights?part=scores")
    page = screen.page
    expect(page.get_by_text("Fewer than 20 images are rated")).to_be_visible()
    expect(page.get_by_text("4 so far.")).to_be_visible()
    page.get_by_role("button", name="Train on all ratings").click()
    expect(page.get_by_role("alert").filter(has_text="at least 20 rated images")).to_be_visible(timeout=TRAINING)
    expect(page.get_by_role("button", name="Train on all ratings")).to_be_enabled()
    served_alone.server.stop()
    assert served_alone.server.process.returncode == 0


def test_describers_are_told_of_by_what_people_made_of_their_texts(served, visit):
    study = served.study((TEXT,) * 2)
    describe(served.settings, study, {"other": "No. It looks natural."}, choices=2)
    screen = visit(served, study)
    screen.rate("2")
    screen.el("texts").get_by_role("button").filter(has_text="melts").click()
    screen.judge("a")
    screen.submit()
    page = visit(served, study, at="insights?part=describers").page
    expect(page.locator(".list-card")).to_have_count(2)
    judged, changed = page.locator(".list-card").all()
    expect(judged.get_by_role("columnheader")).to_have_text(
        ["Describer", "Prompt", "Answered", "Found right", "Partly", "Wrong", "Misses", "Taken"]
    )
    expect(judged.get_by_role("row").nth(1)).to_contain_text("100 %")
    rows = judged.get_by_role("row").filter(has_text="none yet")
    expect(rows).to_have_count(1)
    expect(rows.locator(".how-far")).to_have_count(0)
    expect(changed).to_contain_text("Edit rate of changed texts")
    part = "card.querySelector('{}').offsetHeight".format
    spare = f"(card) => card.clientHeight - {part('header')} - {part('table')}"
    assert changed.evaluate(spare) < 60

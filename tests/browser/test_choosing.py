"""Choosing images in Browse, what leads do with them, filters and saved views: by keys, with two people."""

from urllib.parse import quote_plus

import pytest
from builders import make_submission
from playwright.sync_api import expect
from screen import sign_in as enter
from small_study import TEXT

from realness.domain import ReviewKind, Role
from realness.store import NewPrediction
from realness.workbench import Workbench
from realness.workbench.accounts import add_account

pytestmark = pytest.mark.browser
OVER = """[...document.querySelectorAll(".bar, .key")]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1).length"""
WORDS = "correct horse battery"


@pytest.fixture
def staffed(served_alone):
    """A server where an admin, a lead and a reviewer sign in."""
    bench = Workbench.open(served_alone.settings)
    for name, role in (("ada", Role.ADMIN), ("lea", Role.LEAD), ("ana", Role.REVIEWER)):
        add_account(bench, name, role, WORDS)
    bench.close()
    return served_alone


@pytest.fixture
def as_person(visit):
    """`as_person(served, study, name)` signs in as somebody and opens Browse."""

    def sign_in(where, study, name, at="browse"):
        screen = visit(where, study, at=at)
        page = screen.page
        enter(page, name, WORDS)
        expect(page.locator(".card").first).to_be_visible()
        return screen

    return sign_in


def part(screen, name):
    return screen.page.locator(f'[data-screen="browse"] [data-el="{name}"]')


def chosen(screen):
    return screen.page.locator('.card[aria-checked="true"]')


def test_images_are_chosen_one_by_one_in_ranges_and_by_page_by_keys(served, visit):
    screen = visit(served, served.study(texts=(TEXT,) * 62, maps=False), at="browse?sort=imported")
    page = screen.page
    expect(page.locator(".card")).to_have_count(60)
    screen.press("Space", "ArrowRight", "ArrowRight", "Space")
    expect(chosen(screen)).to_have_count(2)
    expect(part(screen, "chosenCount")).to_have_text("2 chosen")
    screen.press("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft")
    expect(chosen(screen)).to_have_count(4)  # the range is drawn in again
    screen.press("Shift+ArrowDown")
    expect(chosen(screen)).to_have_count(9)
    expect(page.get_by_role("button", name="Compare first 4")).to_be_visible()
    screen.press("a")
    expect(chosen(screen)).to_have_count(60)
    screen.press("End", "ArrowDown")
    expect(page.locator(".card")).to_have_count(2)
    expect(part(screen, "chosenCount")).to_have_text("60 chosen")
    screen.press("Space")
    expect(part(screen, "chosenCount")).to_have_text("61 chosen")
    screen.press("Shift+A")
    expect(part(screen, "chosenCount")).to_have_text("All 62 chosen")
    screen.press("Escape")
    expect(part(screen, "chosenBar")).to_be_hidden()
    expect(chosen(screen)).to_have_count(0)


def test_a_range_is_chosen_with_shift_and_a_click_and_four_at_most_are_compared(served, visit):
    screen = visit(served, served.study(texts=(TEXT,) * 6), at="browse?sort=imported")
    cards = screen.page.locator(".card")
    expect(cards).to_have_count(6)
    cards.nth(5).click(modifiers=["Shift"])
    expect(chosen(screen)).to_have_count(6)
    screen.press("c")
    expect(screen.page.locator(".pane:not(.difference)")).to_have_count(4)


def test_a_search_that_finds_nothing_tells_a_lead_nothing_of_own_ratings(staffed, as_person):
    lead = as_person(staffed, staffed.study(), "lea")
    lead.press("/")
    lead.page.keyboard.type("zebra")
    expect(part(lead, "nothingText")).to_have_text("Take a filter away to see more.")


def test_a_card_says_what_it_shows(served, visit):
    screen = visit(served, served.study(), at="browse?sort=imported")
    card = screen.page.locator(".card").first
    expect(card).to_have_attribute("aria-label", "Image 1, To review, not rated yet")
    expect(screen.page.locator(".card .number")).to_have_text(["1", "2", "3", "4"])
    screen.press("Enter")
    screen.rate("2")
    screen.page.get_by_role("link", name="Browse").click()
    expect(card).to_have_attribute("aria-label", "Image 1, Draft, your rating 30, imported MOS 30, verdict somewhat")


def test_all_that_match_are_no_longer_chosen_when_the_filters_change(served, visit):
    screen = visit(served, served.study(), at="browse")
    expect(screen.page.locator(".card")).to_have_count(4)
    screen.press("Shift+A")
    expect(part(screen, "chosenCount")).to_have_text("All 4 chosen")
    screen.page.locator(".opt", has_text="To review").click()
    expect(part(screen, "chosenBar")).to_be_hidden()


def test_a_lead_puts_a_tag_on_that_a_reviewer_sees_once_the_image_is_rated(staffed, as_person):
    study = staffed.study()
    lead = as_person(staffed, study, "lea", "browse?sort=imported")
    lead.press("Space", "ArrowRight", "Space", "t")
    dialog = lead.page.get_by_role("dialog", name="Tags of 2 images")
    lead.page.keyboard.type("melted <b>cup</b>")
    lead.press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("“melted <b>cup</b>” put on 2 images.")
    expect(dialog.get_by_role("listitem")).to_contain_text("2 images")
    lead.press("Escape")
    expect(lead.page.locator(".card .tags")).to_have_count(2)
    lead.page.locator(".opt", has_text="melted").click()
    expect(lead.page.locator(".card")).to_have_count(2)

    reviewer = as_person(staffed, study, "ana", "browse?sort=imported")
    expect(reviewer.page.locator(".facets", has_text="melted")).to_have_count(0)
    expect(reviewer.page.locator(".card .tags")).to_have_count(0)
    reviewer.press("Enter")
    reviewer.rate("2")
    reviewer.page.get_by_role("link", name="Browse").click()
    expect(reviewer.page.locator(".card .tags")).to_have_text(["melted <b>cup</b>"])
    reviewer.press("Space", "t", "g")
    expect(reviewer.page.locator("dialog[open]")).to_have_count(0)
    for button in ("tagChosen", "giveChosen", "gatherAll"):
        expect(part(reviewer, button)).to_be_hidden()

    lead.press("Shift+A", "t")
    dialog = lead.page.get_by_role("dialog", name="Tags of 2 images")
    dialog.get_by_role("button", name="Take off: melted").click()
    expect(dialog.get_by_role("listitem")).to_have_count(0)
    expect(dialog.get_by_role("status")).to_have_text("“melted <b>cup</b>” taken off 2 images.")
    lead.press("Escape")
    expect(lead.page.get_by_text("No image matches")).to_be_visible()


def test_a_lead_gives_images_to_a_reviewer_who_gets_them_first_and_takes_others_back(staffed, as_person):
    study = staffed.study()
    lead = as_person(staffed, study, "lea", "browse?sort=imported")
    lead.press("End", "Shift+ArrowLeft", "g")
    dialog = lead.page.get_by_role("dialog", name="Give 2 images")
    expect(dialog.get_by_role("radio")).to_have_count(3)
    lead.press("ArrowDown", "Enter")
    expect(dialog.get_by_role("status")).to_have_text("2 images given to ana.")
    expect(dialog.locator(".opt", has_text="ana")).to_contain_text("2 open")
    (given, *_) = staffed.rows("SELECT i.key FROM assignments a JOIN images i ON i.id = a.image_id ORDER BY i.id")
    reviewer = as_person(staffed, study, "ana")
    reviewer.page.get_by_role("link", name="Review").click()
    reviewer.wait_for_image()
    expect(reviewer.page.locator(".photo")).to_be_visible()
    (begun,) = staffed.rows("SELECT i.key FROM assignments a JOIN images i ON i.id = a.image_id WHERE lease_expires_at")
    assert begun == given
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog.get_by_role("status")).to_have_text("1 image taken back from ana. 1 was begun and stays.")


def test_generators_are_a_filter_for_leads_and_many_are_found_by_typing(staffed, as_person, visit):
    study = staffed.study(texts=(TEXT,) * 24, maps=False)
    bench = Workbench.open(staffed.settings)
    with bench.store.database.write() as connection:
        (found,) = staffed.rows(
            "SELECT min(image_id) AS first FROM study_images JOIN studies s ON s.id = study_id WHERE name = ?", study
        )
        connection.exec_driver_sql(
            "UPDATE images SET generator = 'model ' || (id - ?) WHERE id >= ?", (found["first"],) * 2
        )
    bench.close()
    lead = as_person(staffed, study, "lea")
    section = lead.page.get_by_role("group", name="Generator")
    expect(section.locator(".opt")).to_have_count(20)
    expect(section.get_by_text("4 more: type to find one")).to_be_visible()
    section.get_by_label("Find: Generator").fill("model 23")
    expect(section.locator(".opt")).to_have_count(1)
    section.locator(".opt").click()
    expect(lead.page.locator(".card")).to_have_count(1)
    assert "generator=model+23" in lead.page.url
    reviewer = as_person(staffed, study, "ana")
    expect(reviewer.page.get_by_role("group", name="My review")).to_be_visible()
    expect(reviewer.page.get_by_role("group", name="Generator")).to_have_count(0)


def test_views_are_saved_opened_renamed_shared_and_deleted_by_keys(staffed, as_person):
    study = staffed.study()
    lead = as_person(staffed, study, "lea", "browse?status=todo&sort=mos_low&q=melts")
    page = lead.page
    lead.press("v")
    dialog = page.get_by_role("dialog", name="Views")
    expect(dialog.get_by_label("Save what is shown now as")).to_be_focused()
    page.keyboard.type("worst first")
    lead.press("Tab", "Tab", "Space", "Shift+Tab", "Enter")
    expect(dialog.get_by_role("status")).to_have_text("“worst first” is saved.")
    expect(dialog.get_by_role("listitem")).to_contain_text("shown now, shared")
    lead.press("Escape")
    page.evaluate("location.hash = 'browse'")
    expect(page.get_by_label("Sort")).to_have_value("newest")

    reviewer = as_person(staffed, study, "ana")
    reviewer.press("v")
    expect(reviewer.page.get_by_role("button", name="worst first")).to_be_focused()
    reviewer.press("Enter")
    expect(reviewer.page.get_by_label("Sort")).to_have_value("mos_low")
    assert "status=todo&sort=mos_low&q=melts" in reviewer.page.url
    reviewer.press("v")
    expect(reviewer.page.get_by_role("button", name="Delete")).to_have_count(0)  # it is the lead's

    lead.press("v")
    dialog.get_by_role("button", name="Rename").press("Enter")
    page.keyboard.type("melting")
    lead.press("Enter")
    expect(dialog.get_by_role("button", name="melting", exact=True)).to_be_focused()
    lead.press("Enter")
    expect(page.get_by_label("Sort")).to_have_value("mos_low")
    lead.press("v")
    dialog.get_by_role("button", name="Delete").press("Enter")
    lead.press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("“melting” is deleted.")
    expect(dialog.get_by_role("listitem")).to_have_count(0)


FILTERS = {
    "status": "Flagged", "ratings": "Complete", "agreement": "Outside its interval", "flags": "Flagged by anybody",
    "notes": "Has a note", "tags": "melted & bent", "verdict": "Somewhat", "origin": "Photograph",
    "generator": "sd=xl & co", "split": "Train",
}  # fmt: skip
FACETS = {
    "status": "My review", "ratings": "Ratings", "agreement": "MOS and score", "flags": "Flags", "notes": "Notes",
    "tags": "Tags", "verdict": "Verdict", "origin": "Origin", "generator": "Generator", "split": "Split",
}  # fmt: skip


def test_the_address_holds_every_filter_the_sort_and_the_search_and_brings_them_back(staffed, as_person):
    study = staffed.study(texts=(TEXT,) * 3, maps=False)
    bench = Workbench.open(staffed.settings)
    found = bench.store.studies.named(study)
    (row,) = staffed.rows("SELECT image_id FROM study_images WHERE study_id = ? AND position = 1", found.id)
    lea = bench.store.people.named("lea").reviewer
    bench.store.tags.change(found.id, [row["image_id"]], [FILTERS["tags"]], [], lea.id)
    bench.store.predictions.add("core", [NewPrediction(row["image_id"], None, 90.0, 85.0, 95.0)])
    with bench.store.database.write() as connection:
        here = "id IN (SELECT image_id FROM study_images WHERE study_id = ?)"
        told = f"UPDATE images SET generator = ?, is_real = (id = ?) WHERE {here}"
        connection.exec_driver_sql(told, (FILTERS["generator"], row["image_id"], found.id))
        connection.exec_driver_sql(
            f"UPDATE images SET generator = 'other' WHERE {here} AND id <> ?", (found.id, row["image_id"])
        )
    image = bench.store.images.by_id(row["image_id"])
    bench.store.assignments.open(found, image.key, lea.id)
    bench.store.reviews.submit(lea.id, make_submission(found, image, kind=ReviewKind.FLAG, reason="odd", note="Look."))
    bench.close()
    lead = as_person(staffed, study, "lea", "browse?sort=score_high&q=melts")
    page = lead.page
    for name, label in FILTERS.items():
        page.get_by_role("group", name=FACETS[name]).locator(".opt", has_text=label).click()
        expect(page.locator(f'.opt.on input[data-facet^="{name} "]')).to_have_count(1)
        expect(page.locator(".card")).to_have_count(1)
    assert f"tags={quote_plus(FILTERS['tags'])}" in page.url
    page.reload()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".opt.on")).to_have_count(len(FILTERS))
    expect(page.get_by_label("Sort")).to_have_value("score_high")
    expect(page.get_by_label("Search descriptions and findings")).to_have_value("melts")


@pytest.mark.parametrize("size", [(1024, 768), (720, 450)])
def test_the_bar_of_chosen_images_fits_narrow_windows(served, visit, size):
    screen = visit(served, served.study(texts=(TEXT,) * 6), at="browse", viewport={"width": size[0], "height": size[1]})
    expect(screen.page.locator(".card")).to_have_count(6)
    for keys in ((), ("a",), ("Shift+A",)):
        screen.press(*keys)
        assert screen.page.evaluate(OVER) == 0

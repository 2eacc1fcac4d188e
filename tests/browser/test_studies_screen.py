"""Studies and people as those who lead meet them, and what a reviewer in another browser sees of it."""

import re
import time

import httpx
import pytest
from playwright.sync_api import expect
from screen import sign_in

from realness.domain import Role
from realness.workbench import Workbench
from realness.workbench.accounts import add_account

pytestmark = pytest.mark.browser

WORDS = "correct horse battery"


def accounts(served, **people):
    """Make accounts, all with the same password, an admin first."""
    bench = Workbench.open(served.settings)
    for name, role in people.items():
        add_account(bench, name, role, WORDS)
    bench.close()


def open_as(served, chromium, name, at="", **options):
    """A browser of its own, signed in as somebody."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, **options)
    context.add_init_script("localStorage.setItem('realness.seen', 'true')")
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{served.url}/login#{at}")
    sign_in(page, name, WORDS)
    page.wait_for_url(re.compile(r"/#"))
    return page


def led(page):
    """The Studies screen."""
    return page.locator('[data-screen="studies"]')


def confirm(page, name):
    page.get_by_role("dialog").get_by_role("button", name=name).click()


def test_a_lead_makes_changes_and_closes_a_study_and_a_reviewer_sees_it_closed(served_alone, chromium):
    served = served_alone
    accounts(served, ada=Role.ADMIN, lea=Role.LEAD, ana=Role.REVIEWER)
    page = open_as(served, chromium, "lea", "studies")
    screen = led(page)
    screen.get_by_role("link", name="New study").click()
    screen.locator("#rz-new-name").fill("pilot")
    screen.get_by_label("Split").select_option("test")
    expect(screen.get_by_text("2 images", exact=True)).to_be_visible()
    screen.get_by_role("button", name="Create study").click()
    expect(screen.get_by_role("heading", name="pilot")).to_be_visible()
    expect(page.locator('[data-el="pick"] option:checked')).to_have_text("pilot")

    screen.locator("#rz-set-overlap").fill("2")
    expect(screen.get_by_text("1 change not saved")).to_be_visible()
    expect(screen.get_by_text("Nobody has begun")).to_be_visible()
    screen.get_by_role("button", name="Save changes").click()
    expect(screen.get_by_text(re.compile(r"^Saved \d\d:\d\d$"))).to_be_visible()

    adding = screen.get_by_role("form", name="Add a gold image")
    adding.get_by_label("Number, or key").fill("2")
    adding.get_by_label("From").fill("10")
    adding.get_by_label("To").fill("30")
    adding.get_by_role("button", name="Add").click()
    high = screen.get_by_label("Highest right rating of image 2")
    expect(high).to_have_value("30")
    high.fill("35")
    high.press("Tab")
    expect(screen.locator('[data-el="goldSaid"]')).to_contain_text("Saved")

    other = open_as(served, chromium, "ana", "review")
    expect(other.locator('[data-el="pick"] option:checked')).to_have_text("pilot")  # the newest
    expect(other.locator(".photo")).to_be_visible()
    expect(other.locator('[data-screen="review"] [data-el="rateBody"]')).to_be_visible()
    other.keyboard.press("3")
    expect(other.get_by_role("button", name="Lock rating")).to_be_enabled()

    screen.get_by_role("button", name="Close study…").click()
    confirm(page, "Close study")
    expect(screen.get_by_text("It takes no reviews. What was answered stays")).to_be_visible()
    other.keyboard.press("Enter")  # in the middle of it: the lock is refused
    expect(other.get_by_role("heading", name="This study is closed")).to_be_visible()
    other.reload()
    expect(other.get_by_role("heading", name="This study is closed")).to_be_visible()
    expect(other.get_by_role("link", name="Studies")).to_have_count(0)

    screen.get_by_role("button", name="Open again…").click()
    confirm(page, "Open it again")
    expect(screen.get_by_role("button", name="Close study…")).to_be_visible()
    (kept,) = served.rows("SELECT overlap, closed_at, images FROM studies WHERE name = 'pilot'")
    assert kept == {"overlap": 2, "closed_at": None, "images": 2}
    (gold,) = served.rows("SELECT gold FROM study_images WHERE gold IS NOT NULL")
    assert '"high": 35' in gold["gold"]


def test_a_reviewer_who_asks_for_the_screen_is_told_whose_it_is(served_alone, chromium):
    accounts(served_alone, ada=Role.ADMIN, ana=Role.REVIEWER)
    page = open_as(served_alone, chromium, "ana", "studies")
    expect(led(page).get_by_text("This is for those who lead studies")).to_be_visible()
    expect(page.get_by_role("navigation", name="Screens").get_by_role("link", name="Studies")).to_have_count(0)


def test_changes_are_kept_until_they_are_saved_and_what_is_wrong_stands_beside_its_field(served, visit):
    first, second = served.study(), served.study()
    page = visit(served, first, at="studies").page
    screen = led(page)
    screen.locator("#rz-set-target").fill("7")
    screen.get_by_role("link", name=re.compile(second)).click()
    expect(screen.get_by_role("heading", name=second)).to_be_visible()
    expect(screen.locator("#rz-set-target")).to_have_value("")
    screen.get_by_role("link", name=re.compile(first)).filter(has_text="Not saved").click()
    expect(screen.locator("#rz-set-target")).to_have_value("7")
    screen.locator("#rz-set-hidden_repeats").fill("70")
    screen.get_by_role("button", name="Save changes").click()
    wrong = screen.locator('#rz-settings [data-field="hidden_repeats"] .wrong')
    expect(wrong).to_have_text("Hidden repeats must be a whole number from 0 to 50.")
    expect(screen.locator("#rz-set-hidden_repeats")).to_be_focused()
    screen.locator("#rz-set-hidden_repeats").fill("5")
    screen.locator("#rz-set-hidden_repeats").press("Enter")
    expect(screen.get_by_text(re.compile(r"^Saved \d\d:\d\d$"))).to_be_visible()
    (kept,) = served.rows("SELECT target, hidden_repeats FROM studies WHERE name = ?", first)
    assert kept == {"target": 7, "hidden_repeats": 5}


def test_checks_are_planted_and_those_without_a_map_are_told(served, visit):
    texts = tuple(f"Somewhat. The spoon number {at} melts into the rim." for at in range(10))
    study = served.study(texts=texts)
    screen = led(visit(served, study, at="studies").page)
    share = screen.get_by_label("Of 100 described images")
    expect(share).to_have_value("0")
    share.fill("20")
    screen.get_by_role("button", name="Set", exact=True).click()
    expect(screen.get_by_text("2 of 10 described images")).to_be_visible()
    expect(screen.get_by_text("2 of these texts have no map yet")).to_be_visible()
    expect(screen.get_by_role("button", name="Compute the maps")).to_be_visible()


def test_an_admin_adds_a_person_who_signs_in_and_is_out_once_disabled(served_alone, chromium):
    served = served_alone
    accounts(served, ada=Role.ADMIN)
    page = open_as(served, chromium, "ada", "studies?part=people", permissions=["clipboard-read", "clipboard-write"])
    screen = led(page)
    form = screen.get_by_role("form", name="Add a person")
    form.get_by_label("Name").fill("ana")
    form.get_by_role("button", name="Add", exact=True).click()
    expect(form.get_by_text("A password must have at least 10 characters.")).to_be_visible()
    form.get_by_role("button", name="Generate").click()
    form.get_by_role("button", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog", name="ana can sign in")
    word = dialog.locator("code").inner_text()
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", word)
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    row = screen.get_by_role("row", name=re.compile("^ana"))
    expect(row).to_contain_text("Active")
    assert word not in page.content()

    context = chromium.new_context()
    other = context.new_page()
    other.goto(f"{served.url}/login")
    sign_in(other, "ana", word)
    expect(other.get_by_role("button", name="ana: account")).to_be_visible()

    row.get_by_role("button", name="Disable: ana").click()
    confirm(page, "Disable")
    expect(row).to_contain_text("Disabled")
    other.get_by_role("link", name="Browse").click()
    other.wait_for_url(re.compile("/login"))

    mine = screen.get_by_role("row", name=re.compile("^ada"))
    mine.get_by_label("Role of ada").select_option("reviewer")
    expect(screen.get_by_text("nobody who manages accounts would be left")).to_be_visible()
    expect(mine.get_by_label("Role of ada")).to_have_value("admin")


def test_the_first_account_is_explained_and_made_an_admins(served_alone, visit):
    (study,) = served_alone.rows("SELECT name FROM studies")
    page = visit(served_alone, study["name"], at="studies?part=people").page
    screen = led(page)
    expect(screen.get_by_text("Nobody has an account yet")).to_be_visible()
    form = screen.get_by_role("form", name="The first account")
    expect(form.get_by_label("Role")).to_have_value("admin")
    expect(form.locator("option:disabled")).to_have_count(2)
    form.get_by_label("Name").fill("ada")
    form.get_by_label("First password").fill(WORDS)
    form.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/login"))
    assert httpx.get(f"{served_alone.url}/api/start", trust_env=False).status_code in (401, 403)


@pytest.mark.parametrize("size", [(2560, 1440), (1440, 900), (1024, 768), (720, 450)])
@pytest.mark.parametrize("part", ["", "?new=1", "?part=people"])
def test_the_screen_fits_the_window(served, visit, part, size):
    page = visit(served, served.study(), at=f"studies{part}", viewport={"width": size[0], "height": size[1]}).page
    expect(led(page).locator("h2:visible").first).to_be_visible()
    time.sleep(0.2)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    spill = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"
    assert led(page).locator(".led, .led-list, .led-body, .led-foot, .setting, .bar").evaluate_all(spill) == []

"""Several people on one server: who is who, who gets what, and what nobody sees of another."""

import pytest
from conftest import Served
from playwright.sync_api import expect
from screen import Screen
from screen import sign_in as enter
from server import Server
from small_study import TEXT, make_study

from realness.domain import Role, StudySettings
from realness.settings import Settings
from realness.workbench import Workbench
from realness.workbench.accounts import add_account

pytestmark = pytest.mark.browser
WORDS = "correct horse battery"
ASKED = """async () => {
  const token = document.querySelector('meta[name="realness-token"]').content;
  const study = new URLSearchParams(location.hash.split("?")[1]).get("study");
  return (await fetch(`/api/browse?study=${study}`, { headers: { "X-Realness-Token": token } })).json();
}"""


@pytest.fixture(scope="module")
def staffed(tmp_path_factory):
    """A server with an admin, a lead and two reviewers."""
    folder = tmp_path_factory.mktemp("staffed")
    settings = Settings(f"sqlite:///{folder}/a.db", folder / "data")
    make_study(settings)
    bench = Workbench.open(settings)
    for name, role in {"ada": Role.ADMIN, "lea": Role.LEAD, "ana": Role.REVIEWER, "ben": Role.REVIEWER}.items():
        add_account(bench, name, role, WORDS)
    bench.close()
    running = Served(Server(folder / "a.db", settings.data).start(), settings)
    yield running
    running.server.stop()


@pytest.fixture
def sign_in(staffed, visit):
    """Open a study as a person, in a browser of their own."""

    def open_as(name: str, study: str, **options) -> Screen:
        screen = visit(staffed, study, **options)
        page = screen.page
        expect(page).to_have_url(f"{staffed.url}/login")
        enter(page, name, WORDS)
        screen.wait_for_image()
        return screen

    return open_as


def change(staffed, study, **settings):
    bench = Workbench.open(staffed.settings)
    found = bench.store.studies.named(study)
    bench.store.studies.change(found.id, StudySettings(**(vars(found.settings) | settings)))
    bench.close()


def test_a_wrong_password_is_told_and_the_right_one_lets_in(staffed, visit):
    screen = visit(staffed, staffed.study(), noise="401")
    page = screen.page
    enter(page, "ana", "something else")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(WORDS)
    page.keyboard.press("Enter")
    screen.wait_for_image()
    expect(page.locator('[data-el="who"]')).to_have_text("AN")


def test_two_people_get_two_images_and_one_person_in_two_tabs_gets_one(staffed, sign_in):
    study = staffed.study()
    ana, ben = sign_in("ana", study), sign_in("ben", study)
    tab = ana.page.context.new_page()
    tab.goto(ana.page.url)
    again = Screen(tab)
    again.wait_for_image()
    keys = [
        screen.page.evaluate(ASKED.replace("browse", "next"))["item"]["image"]["key"] for screen in (ana, ben, again)
    ]
    assert keys[0] == keys[2] != keys[1]


def test_two_people_who_review_at_once_share_no_image_and_lose_nothing(staffed, sign_in):
    study = staffed.study(texts=(TEXT,) * 6)
    screens = [sign_in(name, study) for name in ("ana", "ben")]
    for _ in range(3):
        for screen in screens:
            screen.rate("3")
        for screen in screens:
            screen.judge("a")
            screen.press("Control+Enter")
    for screen in screens:
        expect(screen.el("restTitle")).to_be_visible()
    rows = staffed.reviews(study)
    assert len({row["image_id"] for row in rows}) == len(rows) == 6
    assert len({row["reviewer_id"] for row in rows}) == 2


def test_others_answers_are_hidden_until_ones_own_is_in(staffed, sign_in):
    study = staffed.study(texts=(TEXT,))
    change(staffed, study, overlap=2)
    ana = sign_in("ana", study)
    ana.rate("1")
    ana.judge("a")
    ana.press("Control+Enter")
    expect(ana.el("restTitle")).to_be_visible()
    ben = sign_in("ben", study)
    for rated in (False, True):
        if rated:
            ben.rate("5")
            ben.judge("a")
            ben.press("Control+Enter")
            expect(ben.el("restTitle")).to_be_visible()
        (card,) = ben.page.evaluate(ASKED)["items"]
        assert (card["mos"] is None) == (not rated)
    assert card["mos"]["mean"] == 50


def test_a_session_outlives_the_server_and_what_is_typed_outlives_the_session(staffed, sign_in):
    study = staffed.study()
    screen = sign_in("ana", study, noise="")
    screen.rate("2")
    screen.judge("p")
    screen.write("Half of a sentence")
    screen.draft_saved()
    staffed.server.stop()
    staffed.server.start()
    screen.page.reload()
    expect(screen.el("text")).to_have_value("Half of a sentence")
    screen.page.locator('[data-el="who"]').click()
    screen.page.get_by_role("button", name="Sign out", exact=True).click()
    expect(screen.page).to_have_url(f"{staffed.url}/login")
    enter(screen.page, "ana", WORDS)
    expect(screen.el("text")).to_have_value("Half of a sentence")


def test_signing_out_everywhere_ends_the_other_browser_at_its_next_request(staffed, sign_in):
    study = staffed.study()
    one, other = sign_in("ben", study), sign_in("ben", study, noise="401")
    one.page.locator('[data-el="who"]').click()
    one.page.get_by_role("button", name="Sign out everywhere").click()
    expect(one.page).to_have_url(f"{staffed.url}/login")
    other.press("3", "Enter")
    expect(other.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_what_one_person_left_in_a_browser_is_not_sent_as_anothers(staffed, sign_in):
    study = staffed.study()
    screen = sign_in("ana", study)
    page = screen.page
    screen.press("2")
    names = page.evaluate("Object.keys(localStorage).filter((name) => name.includes('draft.'))")
    number = staffed.rows("SELECT id FROM reviewers WHERE name = 'ana'")[0]["id"]
    assert names
    assert all(name.startswith(f"realness.{number}.draft.") for name in names)
    page.locator('[data-el="who"]').click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    enter(page, "ben", WORDS)
    screen.wait_for_image()
    expect(screen.el("ratingWord")).to_have_text("No rating yet")


def test_a_target_is_the_end_and_a_repeat_is_told_only_by_its_lock(staffed, sign_in):
    study = staffed.study(texts=(TEXT,) * 13)
    change(staffed, study, hidden_repeats=10, target=11)
    screen = sign_in("ana", study)
    for _ in range(10):
        screen.rate("3")
        screen.judge("a")
        screen.submit()
    screen.wait_for_image()
    expect(screen.page.locator('[data-el="progress"]')).to_have_text("10 of 11")
    screen.press("4", "Enter")
    expect(screen.el("note")).to_contain_text("Saved")
    screen.rate("3")
    screen.judge("a")
    screen.press("Control+Enter")
    expect(screen.el("restTitle")).to_be_visible()
    (repeat,) = staffed.rows(
        "SELECT r.rating FROM repeats r JOIN studies s ON s.id = r.study_id WHERE s.name = ?", study
    )
    assert repeat["rating"] == 70

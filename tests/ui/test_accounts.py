"""Accounts as a browser, or somebody who pretends to be one, meets them."""

import re
import unicodedata

import pytest
from builders import make_study, make_submission
from fastapi.testclient import TestClient
from sqlalchemy import update

from realness.domain import Role
from realness.errors import InvalidValue
from realness.store.tables import reviewers
from realness.ui.server import build_app
from realness.workbench import Workbench
from realness.workbench.accounts import add_account, change_account

WORDS = "correct horse battery"


@pytest.fixture
def people(bench):
    """An admin, a lead and two reviewers, all with the same password."""
    roles = {"ada": Role.ADMIN, "lea": Role.LEAD, "ana": Role.REVIEWER, "ben": Role.REVIEWER}
    return {name: add_account(bench, name, role, WORDS).reviewer for name, role in roles.items()}


@pytest.fixture
def app(bench, people):
    return build_app(bench)


def browser(app, name=None, password=WORDS):
    """A browser of its own that has read the token, signed in as somebody."""
    client = TestClient(app, base_url="http://127.0.0.1:7860", follow_redirects=False)
    page = client.get("/login").text or client.get("/").text
    client.headers["X-Realness-Token"] = re.search(r'realness-token\\?" content=\\?"([^"\\]+)', page).group(1)
    if name:
        answer = client.post("/api/sign-in", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
    return client


def test_without_accounts_nobody_signs_in(bench):
    client = browser(build_app(bench))
    assert client.get("/").status_code == 200
    assert client.get("/login").headers["location"] == "/"
    told = client.get("/api/start").json()["reviewer"]
    assert (told["name"], told["account"], told["leads"]) == ("local", False, True)


def test_only_who_manages_accounts_is_told_where_the_files_lie(bench):
    local = browser(build_app(bench)).get("/api/start").json()
    assert local["options"] == bench.settings.options() != ""
    for name, role in (("ada", Role.ADMIN), ("lea", Role.LEAD), ("ana", Role.REVIEWER)):
        add_account(bench, name, role, WORDS)
    told = [browser(build_app(bench), name).get("/api/start").json()["options"] for name in ("ada", "lea", "ana")]
    assert told == [local["options"], "", ""]


def test_with_the_first_account_everybody_has_to_sign_in_at_once(bench):
    client = browser(build_app(bench))
    assert client.get("/api/start").status_code == 200
    other = Workbench.open(bench.settings)  # as another process would
    add_account(other, "ada", Role.ADMIN, WORDS)
    other.close()
    assert client.get("/api/start").status_code == 401


def test_where_other_machines_come_nobody_is_let_in_without_an_account(bench):
    client = TestClient(build_app(bench, reachable=True), base_url="http://lab.example", follow_redirects=False)
    assert client.get("/").headers["location"] == "/login"


@pytest.mark.parametrize("path", ["/", "/config", "/svelte/x", "/download/1/x", "/theme.css"])
def test_a_stranger_sees_the_sign_in_page_alone(app, path):
    assert browser(app).get(path).status_code in (303, 401)


@pytest.mark.parametrize("path", ["/api/start", "/api/next?study=1", "/files/image/0", "/api/people"])
def test_a_stranger_gets_nothing_from_the_routes(app, path):
    answer = browser(app).get(path)
    assert (answer.status_code, answer.json()["kind"]) == (401, "signed_out")


def test_who_signs_in_is_who_asks(app):
    told = browser(app, " ANA ").get("/api/start").json()["reviewer"]
    assert (told["name"], told["role"], told["leads"]) == ("ana", "reviewer", False)


def test_a_wrong_password_and_a_wrong_name_are_told_alike(app):
    client = browser(app)
    answers = [client.post("/api/sign-in", json={"name": n, "password": "not the words"}) for n in ("ana", "nobody")]
    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].json() == answers[1].json()
    assert not client.cookies


def test_signing_in_is_slowed_down_after_a_few_failures(app):
    client = browser(app)
    wrong = {"name": "ana", "password": "not the words"}
    assert [client.post("/api/sign-in", json=wrong).status_code for _ in range(6)] == [401] * 5 + [429]
    answer = client.post("/api/sign-in", json={"name": "ana", "password": WORDS})
    assert (answer.status_code, answer.json()["kind"]) == (429, "too_many")
    assert "seconds" in answer.json()["error"]


def test_a_session_survives_a_restart_and_only_its_hash_is_kept(bench, app, people):
    token = browser(app, "ana").cookies["realness_session"]
    again = Workbench.open(bench.settings)
    client = browser(build_app(again))
    client.cookies.set("realness_session", token)
    assert client.get("/api/start").json()["reviewer"]["name"] == "ana"
    again.close()
    bench.close()
    files = [path.read_bytes() for path in bench.store.database.path.parent.glob("a.db*")]
    assert not any(token.encode() in data or WORDS.encode() in data for data in files)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app):
    client = browser(app)
    cookie = client.post("/api/sign-in", json={"name": "ana", "password": WORDS}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_signing_out_ends_this_session_and_signing_out_everywhere_all(app):
    first, second, third = browser(app, "ana"), browser(app, "ana"), browser(app, "ana")
    kept = first.cookies["realness_session"]
    first.post("/api/sign-out")
    first.cookies.set("realness_session", kept)
    assert [one.get("/api/start").status_code for one in (first, second, third)] == [401, 200, 200]
    assert second.post("/api/sign-out-everywhere").json()["sessions"] == 2
    assert third.get("/api/start").status_code == 401


def test_a_disabled_account_is_out_at_once_and_its_answers_stay(bench, app, people):
    study = make_study(bench.store)
    image = bench.store.assignments.next_image(study, people["ana"].id)
    bench.store.assignments.lock(study.id, image.id, people["ana"].id, 50)
    bench.store.reviews.submit(people["ana"].id, make_submission(study, image))
    client = browser(app, "ana")
    change_account(bench, bench.store.people.named("ana"), disabled=True)
    assert client.get("/api/start").status_code == 401
    assert client.post("/api/sign-in", json={"name": "ana", "password": WORDS}).status_code == 401
    assert bench.store.people.named("ana").reviews == 1
    change_account(bench, bench.store.people.named("ana"), disabled=False)
    assert client.post("/api/sign-in", json={"name": "ana", "password": WORDS}).status_code == 200


def test_another_password_ends_every_session(app):
    client, other = browser(app, "ana"), browser(app, "ana")
    assert client.post("/api/password", json={"password": "another set of words"}).status_code == 200
    assert other.get("/api/start").status_code == 401
    assert browser(app, "ana", "another set of words").get("/api/start").status_code == 200


def test_a_password_is_changed_for_who_asks_and_nobody_else(bench, people):
    # a newer version may take two names for one that an older one kept apart
    with bench.store.database.write() as connection:
        for name, person in (("Straße", people["ana"]), ("STRASSE", people["ben"])):
            connection.execute(update(reviewers).where(reviewers.c.id == person.id).values(name=name))
    client = browser(build_app(bench), "ben")
    assert client.post("/api/password", json={"password": "another set of words"}).status_code == 200
    browser(client.app, "ana")
    browser(client.app, "ben", "another set of words")


@pytest.mark.parametrize("name", ["Élan", "Ärzte", "ΣΊΣΥΦΟΣ", "ｆｕｌｌ", "Zoë\u200d"])
def test_a_name_in_any_alphabet_signs_in_however_it_is_written(bench, app, name):
    made = add_account(bench, name, Role.REVIEWER, WORDS).reviewer
    for written in (name, name.lower(), name.upper(), unicodedata.normalize("NFD", name)):
        assert browser(app, written).get("/api/start").json()["reviewer"]["name"] == made.name


@pytest.mark.parametrize(("first", "second"), [("Ärzte", "ärzte"), ("Straße", "STRASSE"), ("Élan", "Élan")])
def test_names_that_are_one_are_not_two_accounts(app, first, second):
    client = browser(app, "ada")
    asked = {"role": "reviewer", "password": WORDS}
    assert client.post("/api/people", json={"name": first, **asked}).status_code == 201
    refused = client.post("/api/people", json={"name": second, **asked})
    assert (refused.status_code, refused.json()["field"]) == (422, "name")
    assert refused.json()["error"].startswith(f"there is somebody named {second!r} already")


def test_nobody_is_named_as_the_work_without_sign_in(bench):
    with pytest.raises(InvalidValue, match="without sign-in"):
        add_account(bench, "Local", Role.ADMIN, WORDS)


def test_nobody_gives_themselves_a_role(app):
    client = browser(app, "ana")
    assert client.post("/api/password", json={"password": "another set of words", "role": "admin"}).status_code == 403
    assert client.post("/api/password", json={"role": "admin"}).status_code == 403
    assert client.patch("/api/people/4", json={"role": "admin"}).status_code == 403
    assert client.get("/api/start").json()["reviewer"]["role"] == "reviewer"


@pytest.mark.parametrize("name", ["ana", "lea"])
def test_accounts_are_for_admins(app, name):
    client = browser(app, name)
    assert client.get("/api/people").status_code == 403
    assert client.post("/api/people", json={"name": "x", "role": "admin", "password": WORDS}).status_code == 403


def test_an_admin_adds_changes_and_disables_people(app):
    client = browser(app, "ada")
    made = client.post("/api/people", json={"name": "Zoë", "role": "reviewer", "password": WORDS})
    assert (made.status_code, made.json()["pseudonym"]) == (201, "reviewer-5")
    assert client.post("/api/people", json={"name": "ANA", "role": "lead", "password": WORDS}).status_code == 422
    changed = client.patch(f"/api/people/{made.json()['id']}", json={"role": "lead", "disabled": True}).json()
    assert (changed["role"], changed["disabled"]) == ("lead", True)
    assert client.post("/api/people", json={"name": "x", "role": "lead", "password": "short"}).status_code == 422


@pytest.mark.parametrize("change", [{"password": "x"}, {"disabled": True, "password": "x"}])
def test_a_change_that_is_refused_in_part_changes_nothing(app, people, change):
    client = browser(app, "ada")
    before = client.get("/api/people").json()
    assert client.patch(f"/api/people/{people['ana'].id}", json={"role": "lead"} | change).status_code == 422
    assert client.get("/api/people").json() == before


def test_a_role_alone_ends_no_session_and_with_a_password_it_ends_all(app, people):
    client, ana = browser(app, "ada"), browser(app, "ana")
    address = f"/api/people/{people['ana'].id}"
    assert client.patch(address, json={"role": "lead"}).json()["role"] == "lead"
    assert ana.get("/api/start").json()["reviewer"]["role"] == "lead"
    client.patch(address, json={"role": "reviewer", "password": "another set of words"})
    assert ana.get("/api/start").status_code == 401


def test_the_last_admin_cannot_be_disabled_or_demoted(bench, app, people):
    client = browser(app, "ada")
    for change in ({"disabled": True}, {"role": "reviewer"}):
        assert client.patch(f"/api/people/{people['ada'].id}", json=change).status_code == 422
    assert client.get("/api/start").json()["reviewer"]["role"] == "admin"


def test_the_first_account_is_an_admins(bench):
    with pytest.raises(InvalidValue, match="--role admin"):
        add_account(bench, "ana", Role.REVIEWER, WORDS)


def test_a_lead_sees_all_of_a_blind_study_and_a_reviewer_nothing(bench, app):
    study = make_study(bench.store)
    hidden = {}
    for name in ("lea", "ana"):
        listed = browser(app, name).get("/api/browse", params={"study": study.id}).json()["items"]
        hidden[name] = [card["hidden"] for card in listed]
    assert hidden == {"lea": [False] * 3, "ana": [True] * 3}

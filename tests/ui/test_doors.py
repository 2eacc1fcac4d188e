"""Every door of the app, tried by everybody: a route that is not named here fails the tests."""

import re
import uuid
from datetime import timedelta

from builders import make_study
from fastapi.testclient import TestClient
from sqlalchemy import update
from starlette.routing import Mount
from test_accounts import app, browser, people

from realness.store.engine import now
from realness.store.tables import sessions
from realness.ui.routes import router
from realness.ui.server import build_app
from realness.ui.unknown import every_route

__all__ = ["app", "people"]

OPEN = {"GET /login", "POST /api/sign-in", "GET /healthz", "GET /readyz"}
FIGURES = {"GET /metrics"}
EVERYBODY = {
    "GET /api/start", "GET /api/next", "GET /api/item", "GET /api/last", "POST /api/lock", "PUT /api/draft",
    "POST /api/reviews", "GET /api/browse", "GET /api/views", "POST /api/views", "PATCH /api/views/{view}",
    "DELETE /api/views/{view}", "GET /api/compare", "GET /api/insights", "GET /api/insights/plot/{name}.{kind}",
    "GET /api/insights/{part}", "GET /api/learning", "GET /download/{ticket}/{name}", "GET /files/image/{key}",
    "GET /files/thumb/{key}", "GET /files/mapped/{study}/{map_id}/{colour_map}",
    "GET /files/text-map/{study}/{image}/{name}/{layer}",
    "GET /files/map/{study}/{map_id}/{layer}", "POST /api/sign-out", "POST /api/sign-out-everywhere",
    "POST /api/password",
}  # fmt: skip
LEADS = {
    "GET /api/tags", "POST /api/tags", "GET /api/assignments", "POST /api/assignments",
    "POST /api/assignments/take-back", "POST /api/learning", "DELETE /api/learning", "GET /api/adjudicate",
    "GET /api/adjudicate/image", "POST /api/adjudications", "GET /api/data", "GET /api/data/jobs",
    "DELETE /api/data/jobs/{kind}", "POST /api/data/uploads", "PUT /api/data/uploads/{key}",
    "DELETE /api/data/uploads/{key}", "POST /api/data/import", "POST /api/data/maps", "GET /api/data/export",
    "POST /api/data/export", "GET /api/data/exports", "POST /api/data/backup", "GET /api/data/backups",
    "POST /api/data/download", "GET /api/studies", "GET /api/studies/images", "POST /api/studies",
    "GET /api/studies/{study}", "PATCH /api/studies/{study}", "GET /api/studies/{study}/gold",
    "PUT /api/studies/{study}/gold", "DELETE /api/studies/{study}/gold/{image}",
    "POST /api/studies/{study}/gold/table", "POST /api/studies/{study}/checks",
}  # fmt: skip
ADMINS = {
    "DELETE /api/data/backups/{name}", "GET /api/people", "POST /api/people", "PATCH /api/people/{reviewer}",
    "DELETE /api/people/{reviewer}/sessions",
}  # fmt: skip
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def doors():
    return {f"{method} {route.path}" for route in every_route(router) for method in route.methods}


def knock(client, door, **asked):
    method, path = door.split(" ")
    return client.request(method, re.sub(r"\{\w+\}", "1", path), **asked)


def test_every_route_is_named_here():
    assert doors() == OPEN | FIGURES | EVERYBODY | LEADS | ADMINS


def test_without_a_session_no_door_opens_but_those_to_the_sign_in(app):
    stranger = browser(app)
    answers = {door: knock(stranger, door, json={}) for door in EVERYBODY | LEADS | ADMINS}
    wrong = {door: answer.status_code for door, answer in answers.items() if answer.status_code != 401}
    assert wrong == {"GET /download/{ticket}/{name}": 303}  # a browser comes here by itself: it is shown the way in
    assert knock(stranger, "GET /metrics").status_code == 403


def test_a_session_that_ran_out_opens_none_either(bench, app):
    ana = browser(app, "ana")
    with bench.store.database.write() as connection:
        connection.execute(update(sessions).values(expires_at=now() - timedelta(seconds=1)))
    bench.store.people.changes.more()
    assert {knock(ana, door, json={}).status_code for door in EVERYBODY - {"GET /download/{ticket}/{name}"}} == {401}


def test_without_the_token_of_the_page_no_route_of_ours_answers(app):
    ana = browser(app, "ana")
    del ana.headers["X-Realness-Token"]
    guarded = {door for door in doors() if " /api/" in door or " /files/" in door}
    assert {knock(ana, door, json={}).status_code for door in guarded} == {403}


def test_a_page_of_another_site_gets_nothing_changed_at_any_door(app):
    ada = browser(app, "ada")
    changing = {door for door in doors() if not door.startswith("GET")}
    others = ("http://evil.example", "null", "http://127.0.0.1:7861", "https://127.0.0.1.evil.example")
    tried = [(door, {"Origin": origin}) for door in changing for origin in others]
    assert {knock(ada, door, json={}, headers=headers).status_code for door, headers in tried} == {403}


def test_a_reviewer_passes_no_door_of_leads_and_admins_and_a_lead_none_of_admins(app):
    ana, lea = browser(app, "ana"), browser(app, "lea")
    assert {door for door in LEADS | ADMINS if knock(ana, door, json={}).status_code != 403} == set()
    assert {door for door in ADMINS if knock(lea, door, json={}).status_code != 403} == set()
    read = {door for door in LEADS if door.startswith("GET")}
    assert {door for door in read if knock(lea, door).status_code == 403} == set()


def test_gradios_own_doors_are_shut_for_strangers(app):
    stranger = browser(app)
    gradio = next(route.app for route in app.routes if isinstance(route, Mount) and route.path == "")
    paths = {route.path for route in every_route(gradio)}
    assert len(paths) > 20
    answers = {path: stranger.get(re.sub(r"\{[\w:]+\}", "1", path)).status_code for path in paths if path != "/login"}
    assert {path: status for path, status in answers.items() if status not in (303, 401, 403)} == {}


def test_another_method_is_refused_in_our_own_words(app):
    ana = browser(app, "ana")
    for method in ("PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        answer = ana.request(method, "/api/lock")
        assert (answer.status_code, answer.json()["kind"], answer.headers["Allow"]) == (405, "not_allowed", "POST")


def test_an_unknown_address_is_refused_in_our_own_words(app):
    ada = browser(app, "ada")
    paths = ("/api/nothing", "/api/", "/files/", "/files/image", "/api/people/1/2/3", "/api/%2e%2e/config")
    answers = [ada.get(path) for path in paths]
    assert {(answer.status_code, answer.json()["kind"]) for answer in answers} == {(404, "not_found")}


def test_a_session_is_begun_anew_whatever_cookie_the_browser_brought(app):
    ana = browser(app)
    ana.cookies.set("realness_session", "chosen-by-somebody-else", domain="127.0.0.1")
    ana.post("/api/sign-in", json={"name": "ana", "password": "correct horse battery"})
    tokens = [cookie.value for cookie in ana.cookies.jar]
    other = browser(app)
    other.cookies.set("realness_session", "chosen-by-somebody-else", domain="127.0.0.1")
    assert other.get("/api/start").status_code == 401
    assert max(map(len, tokens)) >= 43


def test_over_https_the_cookie_never_goes_out_in_the_clear(bench, people):
    client = TestClient(build_app(bench, reachable=True), base_url="https://lab.example", follow_redirects=False)
    page = client.get("/login").text
    client.headers["X-Realness-Token"] = re.search(r'realness-token" content="([^"]+)', page).group(1)
    answer = client.post("/api/sign-in", json={"name": "ana", "password": "correct horse battery"})
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(answer.headers["Set-Cookie"].split("; "))


def test_every_answer_tells_the_browser_what_to_refuse_and_not_what_serves_it(bench, app):
    ana, stranger = browser(app, "ana"), browser(app)
    del stranger.headers["X-Realness-Token"]
    answers = [ana.get(path) for path in ("/", "/api/start", "/api/nothing", "/files/thumb/x", "/assets/ui/api.js")]
    answers += [ana.get(path) for path in ("/theme.css", "/metrics", "/healthz", "/favicon.ico")]
    answers += [stranger.get(path) for path in ("/", "/login", "/api/start")]
    answers += [ana.post("/api/lock", json={}), ana.post("/gradio_api/upload"), stranger.post("/api/sign-in")]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, answer.url
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert policy.startswith("default-src 'none'")
        assert not {"Server", "X-Powered-By", "Access-Control-Allow-Origin"} & set(answer.headers)
    assert {answer.headers["Cache-Control"] for answer in answers if "/api/" in str(answer.url)} == {"no-store"}


def test_the_page_allows_its_own_inline_scripts_by_hash_and_no_other(app):
    answer = browser(app, "ana").get("/")
    scripts = re.search(r"script-src ([^;]+)", answer.headers["Content-Security-Policy"])[1]
    inside = re.findall(r"<script(?![^>]*\ssrc=)", answer.text)
    assert scripts.count("'sha256-") == len(inside) > 0
    assert "unsafe-inline" not in scripts
    assert "http" not in scripts
    assert "*" not in scripts


BOX = {"shape": "box", "coordinates": [1, 1, 9, 9]}
EMPTY = {
    "line": {"shape": "polygon", "coordinates": [1, 1, 5, 5, 9, 9, 3, 3]},
    "point": {"shape": "polygon", "coordinates": [4, 4, 4, 4, 4, 4]},
    "no pixel": {"shape": "mask", "coordinates": [640 * 480]},
    "half pixels": {"shape": "mask", "coordinates": [10.5, 20.25, 640 * 480 - 30.75]},
}


def reviewed(client, study, **given):
    item = client.get("/api/next", params={"study": study.id}).json()["item"]
    key = item["image"]["key"]
    client.post("/api/lock", json={"study": study.id, "image": key, "rating": 40})
    body = {"submission_id": str(uuid.uuid4()), "study": study.id, "image": key, "base_revision": 0}
    return client.post("/api/reviews", json=body | {"explanation": "x", "verdict": "yes"} | given)


def test_a_mark_that_holds_nothing_is_refused(bench, app):
    ana, study = browser(app, "ana"), make_study(bench.store)
    for name, mark in EMPTY.items():
        answer = reviewed(ana, study, findings=[{"state": "added", "phrase": "odd", "regions": [mark]}])
        assert (answer.status_code, answer.json()["kind"]) == (422, "invalid"), name


def test_a_flag_without_a_reason_and_a_kind_with_a_nul_are_refused(bench, app):
    ana, study = browser(app, "ana"), make_study(bench.store)
    finding = {"state": "added", "phrase": "odd", "kind": "ha\0nd", "regions": [BOX]}
    for given in ({"kind": "flag", "reason": ""}, {"kind": "flag", "reason": " \n"}, {"findings": [finding]}):
        assert reviewed(ana, study, **given).status_code == 422


def test_a_triangle_however_thin_and_a_mask_of_one_pixel_are_kept(bench, app):
    marks = [
        {"shape": "polygon", "coordinates": [1, 1, 9, 1.5, 5, 1]},
        {"shape": "mask", "coordinates": [5, 1, 640 * 480 - 6]},
    ]
    finding = {"state": "added", "phrase": "odd", "regions": marks}
    assert reviewed(browser(app, "ana"), make_study(bench.store), findings=[finding]).status_code == 200

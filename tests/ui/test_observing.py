"""What the running app tells those who run it, and what it keeps to itself."""

import io
import json
import logging
import re

import pytest
from builders import make_study
from test_accounts import WORDS, app, browser, people

from realness.errors import InvalidValue
from realness.logs import JsonLines, set_up
from realness.ui.server import build_app

__all__ = ["app", "people"]
TEXT = "a hand that nobody should read in a log"


@pytest.fixture
def lines():
    """What is logged meanwhile, line by line."""
    stream = io.StringIO()
    handler, logger = logging.StreamHandler(stream), logging.getLogger("realness")
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_every_request_is_a_line_with_its_id_and_without_what_was_asked(bench, app, people, lines):
    study = make_study(bench.store)
    ana = browser(app, "ana")
    answer = ana.get("/api/browse", params={"study": study.id, "q": TEXT}, headers={"X-Request-ID": "from-the-proxy_1"})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (200, "from-the-proxy_1")
    line = lines()[-1]
    assert (line["event"], line["method"], line["route"], line["status"]) == ("request", "GET", "/api/browse", 200)
    assert (line["request"], line["who"], line["bytes"]) == (
        "from-the-proxy_1",
        people["ana"].pseudonym,
        len(answer.content),
    )
    assert 0 < line["ms"] < 60_000
    told = json.dumps(lines())
    secrets = [TEXT, "ana", WORDS, ana.cookies["realness_session"], app.state.token]
    assert [secret for secret in secrets if secret in told] == []


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "two words here", 'quote"quote"', "line%0Abreak", "<script>1</script>"]
)
def test_an_id_that_is_no_plain_token_is_replaced(app, given):
    answer = browser(app, "ana").get("/api/start", headers={"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-ID"])


def test_files_are_told_of_by_route_and_addresses_without_one_as_none(bench, app, lines):
    ana = browser(app, "ana")
    for path in ("/files/thumb/abc", "/api/what-somebody-typed", "/what-else"):
        ana.get(path)
    assert [line["route"] for line in lines()[-3:]] == ["/files/thumb/{key}", "none", "page"]


def test_a_mistake_in_the_program_is_told_by_its_kind_and_place_and_not_by_its_words():
    try:
        raise ValueError(TEXT)
    except ValueError as error:
        found = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed\n" + TEXT, None, found)
    line = json.loads(JsonLines().format(record))
    assert (line["event"], line["error"]) == ("failed", "ValueError")
    assert line["at"][-1].startswith("test_observing.py:")
    assert TEXT not in json.dumps(line)


def test_who_met_a_mistake_in_the_program_is_told_where_to_find_it_and_nothing_of_it(bench, people, monkeypatch):
    def fails(_self):
        raise ValueError(TEXT)

    monkeypatch.setattr(type(bench.store.studies), "all", fails)
    ana = browser(build_app(bench), "ana")
    ana._transport.raise_server_exceptions = False
    answer = ana.get("/api/start", headers={"X-Request-ID": "from-the-proxy"})
    assert (answer.status_code, answer.json()["kind"]) == (500, "failed")
    assert "from-the-proxy" in answer.json()["error"]
    assert TEXT not in answer.text


def test_a_slow_statement_is_told_with_its_request_and_without_values(bench, app, lines):
    study = make_study(bench.store)
    ana = browser(app, "ana")
    bench.store.database.slow.ms = 0.0
    answer = ana.get("/api/next", params={"study": study.id})
    found = [line for line in lines() if line["event"] == "slow statement"]
    assert {line["request"] for line in found} == {answer.headers["X-Request-ID"]}
    assert any(line["sql"].startswith("SELECT") and "?" in line["sql"] for line in found)
    assert bench.store.database.slow.count >= len(found) > 0


def test_whether_it_is_up_and_ready_is_told_to_anybody_and_nothing_else(bench, app):
    stranger = browser(app)
    del stranger.headers["X-Realness-Token"]
    assert [stranger.get(path).json() for path in ("/healthz", "/readyz")] == [{"up": True}, {"ready": True}]


def test_a_database_of_another_schema_or_a_folder_that_is_gone_is_not_ready(bench, app, lines):
    with bench.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    bench.settings.data.rename(bench.settings.data.with_name("elsewhere"))
    answer = browser(app).get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False})
    told = [line["event"] for line in lines() if line["from"] == "realness.health"]
    assert [word in line for word, line in zip(("schema 0001", "data folder"), told, strict=True)] == [True, True]


def figures(client, **headers):
    return client.get("/metrics", headers=headers)


def test_figures_are_for_who_leads_or_has_the_token(bench, people, monkeypatch):
    monkeypatch.setenv("REALNESS_METRICS_TOKEN", "a-token-of-the-figures")
    app = build_app(bench)
    assert [figures(browser(app, name)).status_code for name in (None, "ana", "lea", "ada")] == [403, 403, 200, 200]
    told = [
        figures(browser(app), Authorization=f"Bearer {token}") for token in ("a-token-of-the-figures", "", "x" * 20)
    ]
    assert [answer.status_code for answer in told] == [200, 403, 403]


def test_without_a_token_nobody_has_figures_by_an_empty_one(app):
    assert figures(browser(app), Authorization="Bearer ").status_code == 403


def test_a_token_that_could_be_guessed_is_refused(bench, monkeypatch):
    monkeypatch.setenv("REALNESS_METRICS_TOKEN", "short")
    with pytest.raises(InvalidValue, match="at least 16"):
        build_app(bench)


def test_figures_count_by_route_and_tell_what_was_saved_and_how_much_there_is(bench, app):
    study = make_study(bench.store)
    ana, lea = browser(app, "ana"), browser(app, "lea")
    key = ana.get("/api/next", params={"study": study.id}).json()["item"]["image"]["key"]
    assert ana.post("/api/lock", json={"study": study.id, "image": key, "rating": 40}).status_code == 200
    for secret in ("one", "two"):
        ana.get(f"/files/thumb/{secret}")
    told = figures(lea).text
    assert 'realness_requests_total{method="GET",route="/files/thumb/{key}",status="404"} 2.0' in told
    assert 'realness_saves_total{kind="rating"} 1.0' in told
    assert 'realness_saves_total{kind="review"} 0.0' in told
    assert 'realness_request_seconds_count{route="/api/lock"} 1.0' in told
    assert "realness_people_at_work 1.0" in told
    assert "realness_running_requests 1.0" in told
    size = re.search(r"^realness_database_bytes (\S+)", told, re.MULTILINE)
    assert size
    assert float(size[1]) == bench.store.database.path.stat().st_size
    assert key not in told
    assert "ana" not in told.replace("realness_", "")


def test_the_log_goes_to_a_file_from_a_level_on(tmp_path):
    root, ours = logging.getLogger(), logging.getLogger("realness")
    before = root.handlers.copy(), root.level, ours.level
    try:
        set_up("warning", tmp_path / "a.log")
        logging.getLogger("realness.access").info("request")
        logging.getLogger("realness.slow").warning("slow statement", extra={"told": {"ms": 5}})
    finally:
        for handler in set(root.handlers) - set(before[0]):
            root.removeHandler(handler)
            handler.close()
        root.setLevel(before[1])
        ours.setLevel(before[2])
    (line,) = map(json.loads, (tmp_path / "a.log").read_text().splitlines())
    assert (line["event"], line["level"], line["ms"]) == ("slow statement", "warning", 5)


def test_a_level_that_there_is_not_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="--log-level must be debug, info"):
        set_up("loud")

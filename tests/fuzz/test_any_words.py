"""Whatever words come, from a describer or in a request: they are taken, or refused in one sentence."""

import json
import re
from urllib.parse import quote

import pytest
import targets
from builders import make_study
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realness.domain import Verdict
from realness.ui.routes import router
from realness.ui.server import build_app
from realness.ui.unknown import every_route

WORDS = [
    "Yes.",
    "No,",
    "Somewhat",
    ". ",
    ", ",
    "\n",
    "- ",
    '"',
    "{",
    "}",
    "[",
    "]",
    ":",
    "verdict",
    "findings",
    "yes",
    "```",
]
WORDS += [
    "json",
    "explanation",
    "phrase",
    "box",
    "however",
    "there is nothing",
    "1.",
    "\u2028",
    "\0",
    "\ud800",
    "…",
    "e.g.",
]
SPOKEN = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=12)), max_size=30).map("".join)
NAMES = [
    "study",
    "image",
    "rating",
    "base_revision",
    "body",
    "submission_id",
    "findings",
    "kind",
    "state",
    "regions",
    "shape",
]
NAMES += [
    "coordinates",
    "name",
    "role",
    "password",
    "settings",
    "images",
    "listing",
    "after",
    "add",
    "remove",
    "reason",
    "low",
]
NAMES += [
    "high",
    "text",
    "share",
    "files",
    "bytes",
    "path",
    "upload",
    "layout",
    "format",
    "limit",
    "query",
    "base",
    "sources",
]
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20),
    st.sampled_from(["box", "mask", "review", "flag", "added", "admin", "0" * 64, "../../etc/passwd", "${1}", "=1+1"]),
)  # fmt: skip
JSON = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)
ROUTES = sorted((method, route.path) for route in every_route(router) for method in route.methods)
LEFT_OUT = {
    ("POST", "/api/data/maps"),
    ("POST", "/api/learning"),
    ("POST", "/api/data/backup"),
    ("POST", "/api/data/import"),
}
"""They start processes; what they take is two of the fields that others take."""


@given(reply=SPOKEN)
@settings(max_examples=150, deadline=None)
def test_any_reply_of_a_describer_is_taken_apart_or_refused(reply):
    feed = targets.description(None)
    assert feed(reply.encode("utf-8", "surrogatepass")) in ("read", "refused")


@given(reply=JSON)
@settings(max_examples=80, deadline=None)
def test_any_json_as_a_reply_is_read_or_refused(reply):
    feed = targets.description(None)
    assert feed(json.dumps({"verdict": Verdict.YES.value, "explanation": reply, "findings": reply}).encode()) in (
        "read",
        "refused",
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The one local person, who may do all."""
    from realness.settings import Settings
    from realness.workbench import Workbench

    folder = tmp_path_factory.mktemp("any")
    bench = Workbench.open(Settings(f"sqlite:///{folder}/a.db", folder / "data"))
    make_study(bench.store)
    with TestClient(build_app(bench), base_url="http://127.0.0.1:7860", raise_server_exceptions=False) as client:
        token = re.search(r'realness-token\\?" content=\\?"([^"\\]+)', client.get("/").text).group(1)
        client.headers["X-Realness-Token"] = token
        yield client
    bench.close()


PART = st.one_of(
    st.sampled_from(["1", "0", "-1", "import", "png", "..", "%00", "9" * 30, "é"]), st.text(min_size=1, max_size=8)
)


@given(
    door=st.sampled_from([one for one in ROUTES if one not in LEFT_OUT]),
    body=JSON,
    parts=st.lists(PART, min_size=4, max_size=4),
    query=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=10) | st.just("1"), max_size=3),
)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_is_answered_without_a_failure_and_what_is_refused_in_one_sentence(
    client, door, body, parts, query
):
    method, path = door
    given_parts = iter(parts)
    address = re.sub(r"\{\w+\}", lambda _: _quoted(next(given_parts)), path)
    answer = client.request(
        method, address, params={"study": "1"} | query, content=_bytes(body), follow_redirects=False
    )
    assert answer.status_code < 500, (method, address, answer.text)
    if answer.status_code >= 400 and path.startswith("/api/"):
        assert 0 < len(answer.json()["error"]) < 1000
        assert answer.json()["kind"]


def _bytes(body):
    return json.dumps(body).encode()


def _quoted(part):
    return quote(part, safe="%", errors="replace")

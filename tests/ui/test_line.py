"""Routes in line: one after another, in the order they came, each answered for itself once its work is on the disk."""

import asyncio
import inspect
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from builders import make_study
from fastapi.testclient import TestClient

from realness.store.dialects import sqlite
from realness.ui.line import in_line
from realness.ui.server import build_app


def run(doing):
    """In a thread of its own: that of the tests may have a loop that runs already."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(doing())).result()


def test_one_after_another_in_the_order_they_came():
    begun, ended = [], []

    @in_line
    def route(number: int) -> int:
        begun.append(number)
        time.sleep(0.01)
        ended.append(number)
        assert begun == ended
        return 2 * number

    async def all_at_once():
        return await asyncio.gather(*(route(number) for number in range(5)))

    assert run(all_at_once) == [0, 2, 4, 6, 8]
    assert ended == [0, 1, 2, 3, 4]


def test_an_error_is_that_of_its_own_route_and_the_line_goes_on():
    @in_line
    def route(number: int) -> int:
        return 1 // number

    async def all_at_once():
        return await asyncio.gather(route(1), route(0), route(1), return_exceptions=True)

    first, failed, last = run(all_at_once)
    assert (first, last) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        raise failed


def test_what_a_route_asks_for_is_seen_through_the_line():
    @in_line
    def route(study: int, image: str = "none") -> int:
        """Of a study."""
        return study

    assert list(inspect.signature(route).parameters) == ["study", "image"]
    assert route.__doc__ == "Of a study."


@pytest.fixture
def page(bench):
    """A signed-in page whose study has three images, and what it sends to lock a rating."""
    study = make_study(bench.store, 3)
    app = build_app(bench)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.headers["X-Realness-Token"] = app.state.token
        image = client.get("/api/next", params={"study": study.id}).json()["item"]["image"]["key"]
        yield client, {"study": study.id, "image": image, "rating": 40}


def test_nobody_is_answered_before_the_disk_has_it(bench, page, monkeypatch):
    client, rated = page
    path, seen = bench.store.database.path, []
    log = path.with_name(f"{path.name}-wal")

    def flush(descriptor):
        with bench.store.database.read() as connection:  # what is being synced was committed before
            seen.append(connection.exec_driver_sql("SELECT max(blind_rating) FROM assignments").scalar())
        assert sqlite.os.fstat(descriptor).st_ino == log.stat().st_ino
        time.sleep(0.2)

    monkeypatch.setattr(sqlite, "flush", flush)
    begun = time.perf_counter()
    assert client.post("/api/lock", json=rated).status_code == 200
    assert time.perf_counter() - begun >= 0.2
    assert 40 in seen


def test_what_the_disk_refuses_is_not_acknowledged_and_the_retry_is_kept_once(page, monkeypatch):
    client, rated = page
    client.post("/api/lock", json=rated)
    sent = {"submission_id": "submission-disk", "study": rated["study"], "image": rated["image"], "base_revision": 0}
    sent |= {"verdict": "no", "explanation": "kept"}
    real = sqlite.flush

    def refuse(_descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sqlite, "flush", refuse)
    answer = client.post("/api/reviews", json=sent)
    assert (answer.status_code, answer.json()["kind"]) == (503, "unavailable")
    assert "fails (Input/output error); check it" in answer.json()["error"]
    monkeypatch.setattr(sqlite, "flush", real)
    assert [client.post("/api/reviews", json=sent).json()["revision"] for _ in range(2)] == [1, 1]


def test_one_sync_serves_all_who_wait_for_it(bench, page, monkeypatch):
    client, rated = page
    syncs, going, real = [], threading.Event(), sqlite.flush

    def slowly(descriptor):
        syncs.append(1)
        if len(syncs) == 1:
            going.wait(10)
        real(descriptor)

    monkeypatch.setattr(sqlite, "flush", slowly)
    drafts = [
        {"study": rated["study"], "image": rated["image"], "base_revision": 0, "body": {"n": n}} for n in range(8)
    ]
    with ThreadPoolExecutor(8) as people:
        sent = [people.submit(client.put, "/api/draft", json=one) for one in drafts]
        until = time.monotonic() + 10
        while bench.store.reviews.draft(rated["study"], 1, 1) is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.5)
        assert not any(one.done() for one in sent)
        going.set()
        assert {one.result().status_code for one in sent} == {200}
    assert len(syncs) <= 3


def test_while_somebody_else_writes_a_save_waits_and_all_other_routes_answer(bench, page):
    client, rated = page
    with ThreadPoolExecutor(1) as person:
        with bench.store.database.write():
            sent = person.submit(client.post, "/api/lock", json=rated)
            for _ in range(5):
                assert client.get("/api/next", params={"study": 99}).status_code == 404
                assert client.get("/healthz").status_code == 200
                time.sleep(0.05)
            assert not sent.done()
        assert sent.result(10).status_code == 200

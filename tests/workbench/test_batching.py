"""Batches: submitted, collected and asked for again, whenever a call is stopped."""

import pytest
from describers import finish_batch, grey, serving
from sqlalchemy import select

from realness.describe import Asked, BatchServer, Endpoint, Price, ServerDescriber
from realness.errors import DescriberProblem
from realness.prompts import load
from realness.store import BatchStore
from realness.store.tables import descriptions, replies
from realness.workbench import batching
from realness.workbench.batching import describe_in_batches
from realness.workbench.describing import DescribeOptions
from realness.workbench.importing import import_source

KEY = "sk-very-secret-0123456789abcdef"


@pytest.fixture
def server():
    with serving() as listening:
        yield listening


def filled(bench, folder, count):
    for number in range(count):
        grey(number, folder)
    import_source(bench, folder)


def called(bench, server, **options):
    describer = ServerDescriber(Asked("m", load("findings")), Endpoint.at(server.url), timeout=5)
    return describe_in_batches(bench, describer, DescribeOptions(**options))


def count(bench, table):
    with bench.store.database.read() as connection:
        return len(connection.execute(select(table.c.id)).all())


def test_a_batch_is_submitted_polled_and_collected_once(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 6)
    first = called(bench, server)
    assert (first.descriptions, first.waiting, len(server.batches)) == (0, 6, 1)
    again = called(bench, server)
    assert (again.waiting, len(server.batches)) == (6, 1)
    assert [(one.status, one.total) for one in again.batches] == [("in_progress", 6)]
    finish_batch(server, "batch_0")
    done = called(bench, server, price=Price(1.0, 4.0))
    assert (done.descriptions, done.waiting, done.skipped) == (6, 0, [])
    assert done.cost == pytest.approx(6 * (1000 * 1.0 + 100 * 4.0) / 1e6)
    assert called(bench, server).before == {"described": 6}
    assert len(server.batches) == 1
    for image, _ in bench.store.replies.missing("another request"):
        number = int(bench.store.images.name(image.id).removesuffix(".png"))
        assert f"person {number} " in bench.store.descriptions.newest(image.id).description.text
    assert list((tmp_path / "data/batches").iterdir()) == []


def test_failed_and_expired_requests_are_listed_and_asked_again_by_the_next_call(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 6)
    called(bench, server)
    server.plan = {1: ["expired"], 2: ["400"], 3: ["missing"], 4: ["empty"], 5: ["prose"]}
    finish_batch(server, "batch_0", "expired")
    report = called(bench, server)
    reasons = {one.row: one.reason for one in report.skipped}
    assert (report.descriptions, set(reasons)) == (1, {f"0{number}.png" for number in range(1, 6)})
    assert "This request expired." in reasons["01.png"]
    assert "Invalid image." in reasons["02.png"]
    assert "the batch expired" in reasons["03.png"]
    assert len(server.batches) == 1
    assert called(bench, server).waiting == 3
    finish_batch(server, "batch_1")
    assert called(bench, server).descriptions == 3
    assert {number for number, seen in server.seen.items() if len(seen) > 1} == {1, 2, 3}


def test_a_file_that_is_full_is_followed_by_another(bench, server, tmp_path, monkeypatch):
    filled(bench, tmp_path / "set", 7)
    monkeypatch.setattr(batching, "MOST_REQUESTS", 3)
    assert called(bench, server).waiting == 7
    sizes = [len(server.files[one["input_file_id"]].splitlines()) for one in server.batches.values()]
    assert sizes == [3, 3, 1]
    longest = max(map(len, server.files["file-0"].splitlines()))
    monkeypatch.setattr(batching, "MOST_BYTES", 2 * longest + 10)
    for number in range(3):
        finish_batch(server, f"batch_{number}")
    called(bench, server)
    grey(20, tmp_path / "more"), grey(21, tmp_path / "more"), grey(22, tmp_path / "more")
    import_source(bench, tmp_path / "more")
    assert called(bench, server).waiting == 3
    assert all(len(data) <= 2 * longest + 10 for name, data in server.files.items() if name in ("file-3", "file-4"))
    assert len(server.batches) == 5


def test_a_batch_that_was_submitted_but_not_noted_is_found_at_the_server(bench, server, tmp_path, monkeypatch):
    filled(bench, tmp_path / "set", 4)

    def killed(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(BatchStore, "submitted", killed)
        with pytest.raises(KeyboardInterrupt):
            called(bench, server)
    assert called(bench, server).waiting == 4
    assert len(server.batches) == 1
    finish_batch(server, "batch_0")
    assert called(bench, server).descriptions == 4


def test_a_batch_that_never_reached_the_server_is_submitted_anew(bench, server, tmp_path, monkeypatch):
    filled(bench, tmp_path / "set", 4)

    def killed(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(BatchServer, "submit", killed)
        with pytest.raises(KeyboardInterrupt):
            called(bench, server)
    assert server.batches == {}
    assert called(bench, server).waiting == 4
    assert len(server.batches) == 1


def test_a_collection_that_was_stopped_halfway_goes_on_and_keeps_no_reply_twice(bench, server, tmp_path, monkeypatch):
    filled(bench, tmp_path / "set", 6)
    called(bench, server)
    finish_batch(server, "batch_0")
    kept = batching.keep

    def stops_at_the_third(*given):
        if count(bench, replies) == 3:
            raise KeyboardInterrupt
        kept(*given)

    with monkeypatch.context() as patched:
        patched.setattr(batching, "keep", stops_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            called(bench, server)
    assert called(bench, server).descriptions == 3
    assert (count(bench, replies), count(bench, descriptions)) == (6, 6)


def test_batches_too_keep_within_what_they_may_cost(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 6)
    report = called(bench, server, price=Price(100.0, 100.0), max_cost=2.0)
    assert 0 < report.waiting < 6
    assert report.left == 6 - report.waiting


def test_a_server_without_batches_says_so_and_the_key_is_kept_nowhere(bench, server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.key = KEY
    filled(bench, tmp_path / "set", 2)
    called(bench, server)
    finish_batch(server, "batch_0")
    called(bench, server)
    other = ServerDescriber(Asked("m", load("findings")), Endpoint.at(server.url + "/elsewhere"))
    with pytest.raises(DescriberProblem, match="no Batch API"):
        describe_in_batches(bench, other, DescribeOptions())
    bench.store.close()
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

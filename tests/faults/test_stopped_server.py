"""A server that is asked to stop finishes what it is saving, and says so."""

import json
import signal
import sqlite3
import threading
import time

import httpx
import pytest
from builders import make_description, make_image
from server import Server

from realness.domain import StudySettings
from realness.settings import Settings
from realness.workbench import Workbench

WRITERS = 4


@pytest.fixture
def server(tmp_path):
    bench = Workbench.open(Settings(f"sqlite:///{tmp_path}/a.db", tmp_path / "data"))
    study = bench.store.studies.create("stop", StudySettings())
    bench.store.images.add(study.id, [make_image(description=make_description()) for _ in range(WRITERS)])
    bench.close()
    server = Server(tmp_path / "a.db", tmp_path / "data").start()
    yield server
    server.stop()


def opened(server):
    """Every image, taken and rated."""
    with server.client() as client:
        keys = [card["key"] for card in client.get("/api/browse", params={"study": 1}).json()["items"]]
        for key in keys:
            client.get("/api/item", params={"study": 1, "image": key}).raise_for_status()
            client.post("/api/lock", json={"study": 1, "image": key, "rating": 40}).raise_for_status()
    return keys


def save(client, key, revision, told):
    body = {"submission_id": f"save-{key[:20]}-{revision}", "study": 1, "image": key, "base_revision": revision}
    try:
        told.append(client.post("/api/reviews", json=body | {"explanation": "x", "verdict": "yes"}).status_code)
    except httpx.TransportError:
        told.append(0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_saves_that_wait_when_the_server_is_stopped_are_finished_and_acknowledged(server, how):
    keys, told = opened(server), []
    other = sqlite3.connect(server.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # as another process that writes: the saves have to wait
    savers = [threading.Thread(target=save, args=(server.client(), key, 0, told)) for key in keys]
    for saver in savers:
        saver.start()
    time.sleep(0.7)
    server.process.send_signal(how)
    time.sleep(0.7)
    assert told == []
    assert server.process.poll() is None
    other.execute("ROLLBACK")
    other.close()
    for saver in savers:
        saver.join(20)
    assert told == [200] * WRITERS
    assert server.process.wait(20) == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(server.url, trust_env=False)
    kept = sqlite3.connect(server.database)
    assert kept.execute("SELECT count(*), count(DISTINCT image_id) FROM reviews").fetchone() == (WRITERS, WRITERS)
    kept.close()
    assert not server.database.with_name("a.db-wal").exists()  # the database was closed, not left


def test_what_was_acknowledged_in_a_storm_of_saves_is_there_after_a_stop(server):
    keys, acknowledged, stop = opened(server), {}, threading.Event()

    def storm(client, key):
        revision = 0
        while not stop.is_set():
            told = []
            save(client, key, revision, told)
            if told != [200]:
                return
            revision += 1
            acknowledged[key] = revision

    savers = [threading.Thread(target=storm, args=(server.client(), key)) for key in keys]
    for saver in savers:
        saver.start()
    time.sleep(1.0)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    stop.set()
    for saver in savers:
        saver.join(20)
    kept = sqlite3.connect(server.database)
    rows = kept.execute("SELECT i.key, max(r.revision) FROM reviews r JOIN images i ON i.id = r.image_id GROUP BY 1")
    assert dict(rows.fetchall()) == acknowledged  # neither lost, nor kept without a word
    kept.close()


def test_the_log_of_a_server_is_lines_of_json_and_holds_no_text(tmp_path, server):
    server.stop()
    log = tmp_path / "lines.log"
    server.options = ["--log-file", str(log)]
    server.start()
    keys, told = opened(server), []
    save(server.client(), keys[0], 0, told)
    server.stop()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    saved = [line for line in lines if line.get("route") == "/api/reviews"]
    assert [(line["status"], line["who"]) for line in saved] == [(200, "reviewer-1")]
    assert keys[0] not in log.read_text()

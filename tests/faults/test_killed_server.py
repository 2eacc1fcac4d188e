"""A server that is killed while people save loses nothing that it acknowledged and writes nothing twice."""

import os
import random
import sqlite3
import threading
import time
import uuid

import httpx
import pytest
from builders import make_description, make_image
from server import Server

from realness.domain import StudySettings
from realness.settings import Settings
from realness.workbench import Workbench

KILLS = 200 if os.environ.get("REALNESS_SOAK") else 8  # `test_storm.py` kills, too
WRITERS = 4


class Writer(threading.Thread):
    """Reviews one image over and over, each save a new revision; retries an unanswered save with the same id."""

    def __init__(self, number: int, study: int, image: str) -> None:
        super().__init__(daemon=True)
        self.number, self.study, self.image = number, study, image
        self.acknowledged: list[str] = []
        self.unanswered: str | None = None
        self.revision = 0
        self.client: httpx.Client | None = None
        self.stopping = False
        self.problems: list[str] = []

    def run(self) -> None:
        while not self.stopping:
            client = self.client
            if client is None:
                time.sleep(0.005)
                continue
            self.unanswered = self.unanswered or str(uuid.uuid4())
            try:
                self._save(client, self.unanswered)
            except (httpx.TransportError, RuntimeError):  # killed under our hands, or the client was closed
                time.sleep(0.01)

    def _save(self, client: httpx.Client, submission_id: str) -> None:
        body = {"submission_id": submission_id, "study": self.study, "image": self.image}
        body |= {
            "base_revision": self.revision,
            "explanation": f"writer {self.number}, {submission_id}",
            "verdict": "yes",
        }
        body["findings"] = [{"state": "added", "phrase": "The edge is broken"}]
        answer = client.post("/api/reviews", json=body)
        if answer.status_code == 200:
            self.acknowledged.append(submission_id)
            self.revision = answer.json()["revision"]
            self.unanswered = None
        else:
            self.problems.append(f"{answer.status_code} {answer.text}")


@pytest.fixture
def server(tmp_path):
    bench = Workbench.open(Settings(f"sqlite:///{tmp_path}/a.db", tmp_path / "data"))
    study = bench.store.studies.create("storm", StudySettings())
    bench.store.images.add(study.id, [make_image(description=make_description()) for _ in range(WRITERS)])
    bench.close()
    server = Server(tmp_path / "a.db", tmp_path / "data").start()
    yield server
    server.stop()


def begin(server, study):
    """Lease and lock every image, so that it can be reviewed."""
    with server.client() as client:
        keys = [card["key"] for card in client.get("/api/browse", params={"study": study}).json()["items"]]
        for key in keys:
            client.get("/api/item", params={"study": study, "image": key}).raise_for_status()
            client.post("/api/lock", json={"study": study, "image": key, "rating": 40}).raise_for_status()
    return keys


@pytest.mark.timeout(1800)
def test_every_acknowledged_save_is_there_once_however_often_the_server_is_killed(server):
    study = 1
    writers = [Writer(n, study, key) for n, key in enumerate(begin(server, study))]
    for writer in writers:
        writer.client = server.client()
        writer.start()
    dice = random.Random(7)
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.02, 0.4))
        server.kill()
        for writer in writers:
            writer.client = None  # the next server has another token
        server.start()
        for writer in writers:
            writer.client = server.client()
    time.sleep(0.3)
    for writer in writers:
        writer.stopping = True
        writer.join(30)
    server.kill()
    check(server.database, writers)


def check(path, writers):
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for writer in writers:
        assert writer.problems == []
        assert len(writer.acknowledged) > KILLS / 2
        rows = connection.execute(
            "SELECT r.submission_id, r.revision, r.explanation, count(f.id) FROM reviews r "
            "JOIN images i ON i.id = r.image_id LEFT JOIN review_findings f ON f.review_id = r.id "
            "WHERE i.key = ? GROUP BY r.id ORDER BY r.revision",
            (writer.image,),
        ).fetchall()
        stored = [row[0] for row in rows]
        assert len(stored) == len(set(stored))
        lost = set(writer.acknowledged) - set(stored)
        assert not lost
        # What is there beyond the acknowledged ones is at most the save that the last kill cut off.
        assert set(stored) - set(writer.acknowledged) <= {writer.unanswered}
        assert [row[1] for row in rows] == list(range(1, len(rows) + 1))
        assert all(row[2] == f"writer {writer.number}, {row[0]}" and row[3] == 1 for row in rows)
    connection.close()

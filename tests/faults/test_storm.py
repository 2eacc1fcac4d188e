"""Many people save over HTTP while the server is killed: what it acknowledged is there, once and whole, in the database
and in the journal, and the journal alone gives it back.
"""

import os
import random
import threading
import time
import uuid
from contextlib import closing

import httpx
import pytest
from builders import make_description, make_image
from server import Server

from realness.domain import StudySettings
from realness.settings import Settings
from realness.store import Database
from realness.store.journal import Damage, read_lines
from realness.workbench import Workbench
from realness.workbench.bench import journal_folder
from realness.workbench.checking import check
from realness.workbench.restoring import rebuild

KILLS, WRITERS = (200, 64) if os.environ.get("REALNESS_SOAK") else (3, 8)
ACKNOWLEDGED = 4
"""Saves between two kills, at least, on average: else nothing would have been tried."""


class Writer(threading.Thread):
    """Saves revisions of one image, one after another; sends again what was not answered."""

    def __init__(self, number, image):
        super().__init__(daemon=True)
        self.number, self.image = number, image
        self.acknowledged, self.problems, self.revision = [], [], 0
        self.sent, self.client, self.stopping = None, None, False

    def run(self):
        while not self.stopping:
            client = self.client
            if client is None:
                time.sleep(0.01)
                continue
            self.sent = self.sent or str(uuid.uuid4())
            body = {"submission_id": self.sent, "study": 1, "image": self.image, "base_revision": self.revision}
            body |= {"explanation": f"{self.number} {self.sent}", "verdict": "no"}
            region = {"shape": "box", "coordinates": [1, 2, 30, 40]}
            body["findings"] = [{"state": "added", "phrase": f"part {n}", "regions": [region]} for n in range(2)]
            try:
                answer = client.post("/api/reviews", json=body)
            except (httpx.TransportError, RuntimeError):
                time.sleep(0.02)
                continue
            if answer.status_code == 200:
                self.acknowledged.append(self.sent)
                self.revision, self.sent = answer.json()["revision"], None
            else:
                self.problems.append(f"{answer.status_code} {answer.text}")
                return


@pytest.fixture
def server(url, tmp_path):
    bench = Workbench.open(Settings(url, tmp_path / "data"))
    study = bench.store.studies.create("storm", StudySettings())
    bench.store.images.add(study.id, [make_image(description=make_description()) for _ in range(WRITERS)])
    bench.close()
    server = Server(tmp_path / "a.db", tmp_path / "data", address=url).start()
    yield server
    server.stop()


def begun(server):
    """The keys of all images, each opened and rated."""
    with server.client() as client:
        items = client.get("/api/browse", params={"study": 1, "per": 100}).json()["items"]
        keys = [card["key"] for card in items]
        for key in keys:
            client.get("/api/item", params={"study": 1, "image": key}).raise_for_status()
            client.post("/api/lock", json={"study": 1, "image": key, "rating": 40}).raise_for_status()
    return keys


def stored(url):
    """Of each review: its submission, image, revision, text, and how many findings and marks it has."""
    query = (
        "SELECT r.submission_id, i.key, r.revision, r.explanation, count(DISTINCT f.id), count(g.id) FROM reviews r "
        "JOIN images i ON i.id = r.image_id LEFT JOIN review_findings f ON f.review_id = r.id "
        "LEFT JOIN review_regions g ON g.review_finding_id = f.id GROUP BY r.id, i.key ORDER BY r.id"
    )
    database = Database.open(url)
    with database.read() as connection:
        rows = [tuple(row) for row in connection.exec_driver_sql(query)]
    database.close()
    return rows


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
def test_nothing_acknowledged_is_lost_doubled_or_halved_in_the_database_and_in_the_journal(
    server, url, request, capsys
):
    keys = begun(server)
    assert len(set(keys)) == WRITERS
    writers = [Writer(number, key) for number, key in enumerate(keys)]
    client = server.client()  # one for all: each thread has connections of its own in it
    for writer in writers:
        writer.client = client
        writer.start()
    dice, early = random.Random(11), set()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.1, 1.5))
        server.kill()
        for writer in writers:
            writer.client = None
        early = {one for writer in writers for one in writer.acknowledged}
        client.close()
        client = server.start().client()
        for writer in writers:
            writer.client = client
    time.sleep(1)
    server.kill()
    for writer in writers:
        writer.stopping = True
        writer.join(60)
    assert [problem for writer in writers for problem in writer.problems] == []
    acknowledged = {one for writer in writers for one in writer.acknowledged}
    assert len(acknowledged) > KILLS * ACKNOWLEDGED
    settings = Settings(url, server.data)
    lines = [one for one in read_lines(journal_folder(settings), Damage()) if one["kind"] == "review"]
    assert early <= {one["review"]["submission_id"] for one in lines}  # the last start completed it before it served
    rows = stored(url)
    ids = [row[0] for row in rows]
    assert len(ids) == len(set(ids))
    assert acknowledged <= set(ids)
    assert set(ids) - acknowledged <= {writer.sent for writer in writers}
    number = {writer.image: writer.number for writer in writers}
    assert all(row[3] == f"{number[row[1]]} {row[0]}" and row[4:] == (2, 2) for row in rows)
    for writer in writers:
        revisions = [row[2] for row in rows if row[1] == writer.image]
        assert revisions == list(range(1, len(revisions) + 1))
    assert [one["through"][1] for one in lines] == ids[: len(lines)]
    with capsys.disabled():
        print(f"\n{KILLS} kills, {WRITERS} writers: {len(acknowledged)} acknowledged, {len(rows)} kept")  # noqa: T201
    with closing(Workbench.open(settings)) as opened:
        opened.store.journal.settle()  # what the last kill left out
    assert {one.kind for one in check(settings, fast=True).problems} == {"image"}  # there were never any files
    if url.startswith("postgresql"):
        request.getfixturevalue("postgres").emptied(url)
    else:
        for old in server.database.parent.glob("a.db*"):
            old.unlink()
    assert rebuild(settings).replayed.reviews == len(rows)
    assert stored(settings.database) == rows


def test_a_second_app_on_the_same_file_is_refused_in_one_line_and_one_after_a_kill_is_not(server):
    second = Server(server.database, server.data)
    with pytest.raises(AssertionError, match=r"error: .* is served by another process \(process \d+\); use that"):
        second.start()
    assert server.client().get("/api/start").status_code == 200
    server.kill()
    second.start().stop()

"""Several processes over one PostgreSQL serve one study: no image goes to too many, no answer is lost or kept twice."""

import os
import subprocess
import sys
import threading
import uuid
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from builders import make_description, make_image
from server import Server
from sqlalchemy import text

from realness.domain import Role, StudySettings
from realness.store.journal import Damage, read_lines
from realness.workbench.accounts import add_account
from realness.workbench.bench import journal_folder

SOAK = bool(os.environ.get("REALNESS_SOAK"))
IMAGES, PEOPLE, OVERLAP = (600, 32, 3) if SOAK else (20, 6, 2)
SERVED, AT_APPS = (600, 32) if SOAK else (10, 4)
"""Images and people of the two apps, which take longer."""
WORDS = "correct horse battery"
WORKER = """
import sys, threading, uuid
from pathlib import Path
from realness.domain import Submission
from realness.settings import Settings
from realness.workbench import Workbench

bench = Workbench.open(Settings(sys.argv[1], Path(sys.argv[2])))
study = bench.store.studies.named("shared")
me = [int(one) for one in sys.argv[3:]]

def work(who):
    taken = bench.store.assignments.take(study, who, ahead=2)
    while taken.given is not None:
        image = taken.given.image
        bench.store.assignments.lock(study.id, image.id, who, 50)
        answer = Submission(submission_id=str(uuid.uuid4()), study_id=study.id, image_id=image.id, base_revision=0)
        saved, taken = bench.store.reviews.submit_and_take(study, who, answer, ahead=2)
        print(who, image.id, saved.submission.submission_id, flush=True)

threads = [threading.Thread(target=work, args=(who,)) for who in me]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
bench.close()
"""


@pytest.fixture
def url(postgres):
    made = postgres.migrated()
    yield made
    postgres.drop(made)


def filled(bench, images=IMAGES, **settings):
    study = bench.store.studies.create("shared", StudySettings(overlap=OVERLAP, **settings))
    bench.store.images.add(study.id, [make_image(description=make_description()) for _ in range(images)])
    return study


def rows(bench, query):
    with bench.store.database.read() as connection:
        return connection.execute(text(query)).all()


def journalled(bench):
    """The submissions in the journal, in order."""
    bench.store.journal.settle()
    lines = read_lines(journal_folder(bench.settings), Damage())
    return [one["review"]["submission_id"] for one in lines if one["kind"] == "review"]


@pytest.mark.parametrize("order", ["imported", "random", "informative"])
def test_two_processes_hand_out_each_image_as_often_as_it_is_wanted(bench, order):
    study = filled(bench, order=order)
    people = [bench.store.people.add(f"person {n}", Role.REVIEWER, "x").reviewer.id for n in range(PEOPLE)]
    told = [sys.executable, "-c", WORKER, bench.settings.database, str(bench.settings.data)]
    works = [
        subprocess.Popen([*told, *map(str, people[at::2])], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for at in range(2)
    ]
    said = [work.communicate(timeout=300) for work in works]
    assert [errors for _, errors in said] == ["", ""]
    saved = [line.split() for out, _ in said for line in out.splitlines()]
    assert Counter(int(image) for _, image, _ in saved) == dict.fromkeys(range(1, IMAGES + 1), OVERLAP)
    kept = rows(bench, "SELECT submission_id FROM reviews ORDER BY id")
    assert sorted(one for (one,) in kept) == sorted(one for *_, one in saved)
    assert rows(bench, "SELECT count(*) FROM study_images WHERE remaining <> 0") == [(0,)]
    assert rows(bench, "SELECT count(*) FROM assignments WHERE NOT answered") == [(0,)]
    assert sum(done for (done,) in rows(bench, "SELECT done FROM queues")) == OVERLAP * IMAGES
    assert journalled(bench) == [one for (one,) in kept]
    assert bench.store.studies.complete()[study.id] == IMAGES


class Person(threading.Thread):
    """Signs in at one app and reviews until there is nothing left; sends everything twice, as a poor network does."""

    def __init__(self, server, name):
        super().__init__(daemon=True)
        self.server, self.name_, self.images, self.sent, self.problem = server, name, [], [], None

    def run(self):
        try:
            with self.server.client() as client:
                self._review(client)
        except (AssertionError, httpx.HTTPError) as error:
            self.problem = repr(error)

    def _review(self, client):
        _ok(client.post("/api/sign-in", json={"name": self.name_, "password": WORDS}))
        given = _ok(client.get("/api/next", params={"study": 1}))
        while (item := given["item"]) is not None:
            self.images.append(item["image"]["key"])
            _ok(client.post("/api/lock", json={"study": 1, "image": item["image"]["key"], "rating": 40}))
            self.sent.append(str(uuid.uuid4()))
            body = {"submission_id": self.sent[-1], "study": 1, "image": item["image"]["key"], "base_revision": 0}
            body |= {"explanation": self.sent[-1], "verdict": "no", "findings": []}
            first = _ok(client.post("/api/reviews", json=body))
            again = _ok(client.post("/api/reviews", json=body))
            assert first["revision"] == again["revision"] == 1
            given = _ok(client.get("/api/next", params={"study": 1}))


def _ok(answer):
    assert answer.status_code == 200, f"{answer.request.url} {answer.status_code} {answer.text}"
    return answer.json()


@pytest.mark.timeout(7200)
def test_two_apps_serve_one_study_to_people_who_work_at_once(bench, tmp_path):
    filled(bench, SERVED)
    names = ["ada", *(f"person {n}" for n in range(AT_APPS - 1))]
    for name in names:
        add_account(bench, name, Role.ADMIN if name == "ada" else Role.REVIEWER, WORDS)
    apps = [Server(tmp_path / f"app{at}.db", bench.settings.data, address=bench.settings.database) for at in range(2)]
    try:
        with ThreadPoolExecutor() as starting:
            list(starting.map(Server.start, apps))
        people = [Person(apps[at % 2], name) for at, name in enumerate(names)]
        for person in people:
            person.start()
        for person in people:
            person.join(600)
    finally:
        for app in apps:
            app.stop()
    assert [person.problem for person in people] == [None] * AT_APPS
    assert set(Counter(key for person in people for key in person.images).values()) == {OVERLAP}
    kept = rows(bench, "SELECT r.submission_id, p.name FROM reviews AS r JOIN reviewers AS p ON p.id = r.reviewer_id")
    by = defaultdict(list)
    for submission, name in kept:
        by[name].append(submission)
    assert {name: sorted(sent) for name, sent in by.items()} == {one.name_: sorted(one.sent) for one in people}
    assert len(kept) == OVERLAP * SERVED
    assert sorted(journalled(bench)) == sorted(one for one, _ in kept)

"""Many people review at once over HTTP, each at the pace of a person in a hurry: no error, nothing lost, nobody given
another's image; and at full size nobody waits.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from builders import make_description, make_image
from server import Server

from benchmarks.asking import work
from benchmarks.review import KEPT, held
from realness.domain import Role, StudySettings
from realness.settings import Settings
from realness.store import Database
from realness.workbench import Workbench
from realness.workbench.accounts import hashed

SOAK = bool(os.environ.get("REALNESS_SOAK"))
REVIEWERS, SECONDS = (50, 600.0) if SOAK else (6, 4.0)
THINK = (0.5, 1.0)
"""Seconds in which a person looks before rating, and again before submitting: 50 of them submit 33 reviews a second."""
LIMIT_MS = 200.0
PASSWORD = "a password of the crowd"


@pytest.fixture
def names(url, tmp_path):
    """Reviewers with accounts, and a study with an image for each review that they could make in the time."""
    bench = Workbench.open(Settings(url, tmp_path / "data"))
    study, password = bench.store.studies.create("crowd", StudySettings()), hashed(PASSWORD)
    bench.store.people.add("lead", Role.ADMIN, password)
    names = [f"reviewer {number}" for number in range(REVIEWERS)]
    for name in names:
        bench.store.people.add(name, Role.REVIEWER, password)
    images = int(REVIEWERS * SECONDS / (2 * THINK[0])) + REVIEWERS
    bench.store.images.add(study.id, (make_image(description=make_description()) for _ in range(images)))
    bench.close()
    return names


@pytest.fixture
def servers(names, url, tmp_path):
    """The app; on PostgreSQL two of them."""
    apps = 2 if url.startswith("postgresql") else 1
    servers = [Server(tmp_path / f"{at}.db", tmp_path / "data", address=url) for at in range(apps)]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


async def at_work(servers, names):
    """What each of them was told; by turns they go to one server and another."""
    groups = [names[at :: len(servers)] for at in range(len(servers))]
    told = [
        work(server.url, group, PASSWORD, SECONDS, "crowd", THINK)
        for server, group in zip(servers, groups, strict=True)
    ]
    return [each for answers in await asyncio.gather(*told) for each in answers]


def p95_ms(seconds):
    return 1000 * sorted(seconds)[int(0.95 * (len(seconds) - 1))]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
def test_many_reviewers_at_once_meet_no_error_lose_nothing_and_are_given_no_image_of_anothers(
    servers, url, names, capsys
):
    with ThreadPoolExecutor(1) as aside:  # the thread of the tests may have a loop that runs already
        told = aside.submit(lambda: asyncio.run(at_work(servers, names))).result()
    for server in servers:
        server.stop()
    database = Database.open(url)
    with database.read() as connection:
        rows = connection.exec_driver_sql(KEPT).all()
    database.close()
    saved, failed = sum(len(each.saved) for each in told), sum(each.failed for each in told)
    found = held(rows, told) | {"failed": failed}
    submit, lock = ([one for each in told for one in getattr(each, name)] for name in ("took", "locked"))
    waits = {"submit": p95_ms(submit), "lock": p95_ms(lock)}
    with capsys.disabled():
        waited = ", ".join(f"{name} {wait:.0f} ms" for name, wait in waits.items())
        print(f"\n{REVIEWERS} reviewers, {SECONDS:g} s: {saved} reviews, p95 of {waited}, {found}")  # noqa: T201
    assert found == {"lost": 0, "duplicated": 0, "misassigned": 0, "failed": 0}
    assert len(rows) == saved  # and none is there that nobody was told of
    assert all(each.saved for each in told)
    if SOAK:
        assert max(waits.values()) <= LIMIT_MS

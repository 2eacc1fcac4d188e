"""Long work that is killed: a migration leaves the old schema or the new one, maps are whole or not there."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from builders import given_image, make_study, make_submission
from PIL import Image
from server import ROOT

from realness.store import Database, migrate
from realness.store.migrate import HEAD
from realness.workbench import Workbench
from realness.workbench.checking import check
from realness.workbench.importing import import_source

SOAK = bool(os.environ.get("REALNESS_SOAK"))
KILLED = """
import os, signal, sys
from sqlalchemy import event
from realness.store import Database, migrate

database, left = Database.open(sys.argv[1]), [int(sys.argv[2])]

def count(*_told):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(database.engine, "after_cursor_execute", count)
migrate(database)
"""


def content(path):
    """The schema and every answer, as another program reads them."""
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        schema = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        answers = connection.execute("SELECT id, submission_id, rating FROM reviews ORDER BY id").fetchall()
    connection.close()
    return version, schema, answers


@pytest.fixture
def old(bench):
    """A database of the first schema, with answers in it."""
    study, me = make_study(bench.store, 3), bench.store.people.local()
    for _ in range(3):
        bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study)))
    bench.close()
    database = Database.open(bench.settings.database)
    migrate(database, "0002")
    database.close()
    return database


def test_a_migration_that_is_killed_leaves_the_old_schema_whole_and_goes_through_the_next_time(old):
    path, url = old.path, f"sqlite:///{old.path}"
    before = content(path)
    dice = random.Random(3)
    for at in sorted(dice.sample(range(5, 400), 30 if SOAK else 3)):
        done = subprocess.run([sys.executable, "-c", KILLED, url, str(at)], cwd=ROOT, check=False)
        if done.returncode == 0:
            break  # it had fewer statements
        assert done.returncode == -signal.SIGKILL
        assert content(path) == before
    database = Database.open(url)
    migrate(database)
    database.close()
    version, _, answers = content(path)
    assert (version, answers) == (HEAD, before[2])


@pytest.mark.timeout(3600)
def test_maps_that_were_cut_off_are_whole_or_missing_and_the_next_run_makes_the_rest(bench, tmp_path):
    source, number = tmp_path / "source", 40 if SOAK else 10
    source.mkdir()
    lines = ["image,description"]
    for one in range(number):
        Image.effect_noise((320, 240), 40).convert("RGB").save(source / f"{one}.png")
        lines.append(f"{one}.png,Somewhat. The hand {one} is odd.")
    (source / "all.csv").write_text("\n".join(lines))
    import_source(bench, source / "all.csv")
    bench.close()
    options = ["--db", bench.settings.database, "--data", str(bench.settings.data)]
    maps = bench.settings.data / "maps"
    for kill in range(20 if SOAK else 1):
        there = len(list(maps.glob("*/*.npz")))
        job = subprocess.Popen([sys.executable, "-m", "realness", "map", *options], cwd=ROOT, stdout=subprocess.DEVNULL)
        while job.poll() is None and len(list(maps.glob("*/*.npz"))) <= there + kill % 2:
            time.sleep(0.001)
        job.kill()
        job.wait()
        assert check(bench.settings).ok  # what has a row is whole; a file without one is taken over by the next run
    done = subprocess.run(
        [sys.executable, "-m", "realness", "map", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    again = Workbench.open(bench.settings)
    assert (again.store.maps.count(), len(list(maps.glob("*/*.npz")))) == (number, number)
    again.close()
    assert check(bench.settings).ok

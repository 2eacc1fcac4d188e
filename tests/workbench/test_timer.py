"""Backups that are made by themselves."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from builders import make_study

from realness.store import copying
from realness.workbench.backups import back_up, back_up_and_thin_out, backups
from realness.workbench.chores import Chores, Kind
from realness.workbench.timer import Plan, Timer, due


@pytest.mark.sqlite_alone
def test_one_is_due_when_the_newest_is_old_and_something_was_written_since(bench):
    settings, plan, now = bench.settings, Plan(hours=24), datetime.now(UTC)
    make_study(bench.store, 1)
    assert due(settings, plan, now)
    back_up(bench)
    assert not due(settings, plan, now + timedelta(hours=23))
    for path in bench.store.database.path.parent.glob("a.db*"):
        os.utime(path, (0, 0))
    assert not due(settings, plan, now + timedelta(hours=25))  # nothing was written
    make_study(bench.store, 1, name="more")
    os.utime(bench.store.database.path, (time.time() + 5, time.time() + 5))
    assert not due(settings, plan, now + timedelta(hours=23))
    assert due(settings, plan, now + timedelta(hours=25))
    assert due(settings, plan, now - timedelta(days=300))  # the clock went back: a copy from the future says nothing


def test_the_oldest_go_but_none_that_somebody_made_and_none_for_a_damaged_one(bench, monkeypatch):
    make_study(bench.store, 1)
    mine = back_up(bench)
    made = [back_up_and_thin_out(bench, keep=2) for _ in range(4)]
    kept = {one.path.name for one in backups(bench.settings)}
    assert kept == {mine.path.name, made[2].path.name, made[3].path.name}
    monkeypatch.setattr(copying, "problems_of_copy", lambda *_: ["a page is broken"])
    damaged = back_up_and_thin_out(bench, keep=1)
    assert {one.path.name for one in backups(bench.settings)} == kept | {damaged.path.name}


def test_the_app_makes_one_in_a_process_beside_it_while_others_save(bench):
    make_study(bench.store, 1)
    chores = Chores(bench.settings)
    timer = Timer(bench.settings, chores, Plan(hours=1, keep=3), look=0.05)
    timer.start()
    saved, until = 0, time.monotonic() + 60
    while not backups(bench.settings) and time.monotonic() < until:
        make_study(bench.store, 1, name=f"study {saved}")
        saved += 1
    (made,) = backups(bench.settings)
    while chores.each[Kind.BACKUP].told.running and time.monotonic() < until:
        time.sleep(0.02)
    timer.stop()
    chores.stop()
    assert saved > 3
    assert (made.path.name.startswith("realness-auto-"), backups(bench.settings)[0].ok) == (True, True)
    assert len(backups(bench.settings)) == 1

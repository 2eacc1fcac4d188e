"""Copies of a PostgreSQL database: made, checked, put back."""

import json

import psycopg
import pytest
from builders import given_image, make_study, make_submission

from realness.cli import main
from realness.errors import DatabaseProblem, InvalidValue
from realness.workbench import Workbench
from realness.workbench.backups import back_up, backups
from realness.workbench.checking import check
from realness.workbench.restoring import restore


@pytest.fixture
def url(postgres):
    """On PostgreSQL alone."""
    made = postgres.migrated()
    yield made
    postgres.drop(made)


def filled(bench):
    study, me = make_study(bench.store), bench.store.people.local()
    review = bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study)))
    return study, review


def test_a_copy_is_put_back_in_one_step_and_what_was_there_is_kept(bench):
    filled(bench)
    made = back_up(bench)
    assert (made.ok, made.path.suffix) == (True, ".dump")
    assert [one.path for one in backups(bench.settings)] == [made.path]
    make_study(bench.store, name="later")
    bench.close()
    done = restore(bench.settings, made.path)
    assert (done.images, done.reviews, done.kept.name.split(".")[-1]) == (3, 1, "dump")
    again = Workbench.open(bench.settings)
    assert [study.name for study in again.store.studies.all()] == ["pilot"]
    image = given_image(again.store, again.store.studies.named("pilot"))
    assert image is not None
    again.close()
    assert restore(bench.settings, done.kept).images == 6


def test_a_database_in_use_or_a_copy_that_is_damaged_leaves_it_as_it_is(bench, url, tmp_path):
    filled(bench)
    made = back_up(bench)
    with psycopg.connect(url), pytest.raises(DatabaseProblem, match="is in use; stop the app"):
        restore(bench.settings, made.path)
    bench.close()
    data = made.path.read_bytes()
    for name, what in (("cut", data[: len(data) // 2]), ("other", b"no copy at all")):
        (tmp_path / name).write_bytes(what)
        with pytest.raises(InvalidValue, match=r"is damaged|is no copy"):
            restore(bench.settings, tmp_path / name)
    again = Workbench.open(bench.settings)
    assert again.store.studies.named("pilot").images == 3
    again.close()


def test_check_reads_every_row_and_backs_up_by_command(bench, url, capsys):
    filled(bench)
    told = check(bench.settings, fast=True)
    assert "database" not in told.counts
    assert told.checked["image"] == 3
    assert main(["backup", "--db", url, "--data", str(bench.settings.data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["ok"] is True


def test_without_the_programs_of_the_server_it_says_what_to_install(bench, monkeypatch):
    monkeypatch.setenv("REALNESS_PG_BIN", "/nowhere")
    with pytest.raises(DatabaseProblem, match="install the client programs of PostgreSQL"):
        back_up(bench)

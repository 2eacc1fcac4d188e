"""What `check` finds, and what it says to do."""

import json
import os
import shutil
import sqlite3

import pytest
from builders import given_image, make_submission
from PIL import Image

from realness.cli import main
from realness.dream import files as map_files
from realness.settings import Settings
from realness.store import ExportFilter
from realness.workbench import Workbench, mapping
from realness.workbench.backups import back_up
from realness.workbench.bench import journal_folder
from realness.workbench.checking import LISTED, check
from realness.workbench.exporting import folder, make_export
from realness.workbench.files import display_file, thumbnail_file
from realness.workbench.importing import import_source

pytestmark = pytest.mark.sqlite_alone  # a file that is damaged; test_backups_there.py has the same for PostgreSQL


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder with a database and its data: two real images with maps and copies of both, an export and a backup."""
    place, source = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("source")
    bench = Workbench.open(Settings(f"sqlite:///{place}/a.db", place / "data"))
    for name in ("one", "two"):
        Image.effect_noise((64, 48), 40).convert("RGB").save(source / f"{name}.png")
    (source / "all.csv").write_text("image,description\none.png,Somewhat. The hand is odd.\ntwo.png,No. It is fine.\n")
    import_source(bench, source / "all.csv")
    mapping.compute_maps(bench)
    for key in images(bench):
        image = bench.store.images.by_key(key)
        display_file(bench, image)
        thumbnail_file(bench, image)
    make_export(bench, "csv", folder(bench.settings) / "out.csv", ExportFilter())
    back_up(bench)
    bench.close()
    for path in bench.settings.data.rglob("*"):
        os.utime(path, (0, 0))
    return place


@pytest.fixture
def filled(whole, tmp_path):
    """A workbench of which all is as it should be."""
    shutil.copytree(whole, tmp_path / "whole")
    opened = Workbench.open(Settings(f"sqlite:///{tmp_path}/whole/a.db", tmp_path / "whole" / "data"))
    yield opened
    opened.close()


def images(bench):
    with bench.store.database.read() as connection:
        return connection.exec_driver_sql("SELECT key FROM images ORDER BY id").scalars().all()


def first(bench, folder):
    return min(path for path in (bench.settings.data / folder).rglob("*") if path.is_file())


def test_where_all_is_as_it_should_be_nothing_is_found_and_nothing_changed(filled):
    before = {path: path.stat().st_mtime_ns for path in filled.settings.data.rglob("*") if path.is_file()}
    told = check(filled.settings)
    assert (told.ok, told.problems) == (True, [])
    assert told.checked == {"database": 1, "image": 2, "map": 2, "file": 8, "export": 1, "backup": 1}
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.parametrize(
    ("kind", "place"), [("image", "images"), ("map", "maps"), ("export", "exports"), ("backup", "backups")]
)
def test_a_changed_file_is_found_by_its_hash_and_a_missing_one_by_a_look(filled, kind, place):
    path = first(filled, place)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (found,) = check(filled.settings).problems
    assert (found.kind, path.name in found.what, "was changed" in found.what) == (kind, True, True)
    assert check(filled.settings, fast=True).ok
    path.unlink()
    if kind in ("image", "map"):
        (found,) = check(filled.settings, fast=True).problems
        assert (found.kind, "is missing" in found.what) == (kind, True)
        assert {"image": "import", "map": "run `map`"}[kind] in found.do


@pytest.mark.parametrize(
    "place", ["images/ab/x.png", "maps/ab/x.npz", "display/ab/x", "thumbs/ab/x.jpg", "reference_maps/y.png"]
)
def test_a_file_that_belongs_to_nothing_is_found_once_no_import_can_be_at_it(filled, place):
    path = filled.settings.data / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left")
    assert check(filled.settings, fast=True).ok  # just written: its row may come yet
    os.utime(path, (0, 0))
    (found,) = check(filled.settings, fast=True).problems
    assert (found.kind, found.what) == ("orphan", f"{place} belongs to nothing in the database")


def test_a_map_that_is_computed_again_is_well_again(filled):
    path = first(filled, "maps")
    path.unlink()
    assert not check(filled.settings).ok
    mapping.compute_maps(filled)
    assert map_files.load(path)
    assert check(filled.settings).ok


def test_a_corrupt_page_is_found_whichever_way_it_shows(filled):
    path = filled.store.database.path
    filled.close()
    with sqlite3.connect(path) as connection:
        tables = "SELECT rootpage FROM sqlite_master WHERE tbl_name = 'images' AND rootpage > 0"
        roots = [root for (root,) in connection.execute(tables)]
    connection.close()
    whole = path.read_bytes()
    for root in [*roots, 1]:
        with path.open("r+b") as file:
            file.seek((root - 1) * 4096 + (0 if root > 1 else 100))
            file.write(b"\xa5" * 3000)
        told = check(filled.settings)
        assert {one.kind for one in told.problems} >= {"database"}
        assert all("restore" in one.do for one in told.problems if one.kind == "database")
        path.write_bytes(whole)
    assert check(filled.settings).ok


def test_a_row_that_refers_to_nothing_is_found(filled):
    path = filled.store.database.path
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(
            "INSERT INTO tags (created_at, study_id, image_id, tag, reviewer_id) VALUES (0, 99, 1, 'a', 1)"
        )
    connection.close()
    assert "a row of tags refers to a missing one of" in check(filled.settings).problems[0].what


def test_a_changed_line_of_the_journal_and_one_that_is_missing_are_found(filled):
    study, me = filled.store.studies.all()[0], filled.store.people.local()
    for _ in range(2):
        filled.store.reviews.submit(me.id, make_submission(study, given_image(filled.store, study)))
    assert check(filled.settings).ok
    (path,) = journal_folder(filled.settings).glob("2*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"40.0", b"41.0", 1))
    assert [one.what for one in check(filled.settings).problems] == [f"{path.name} line 1 was changed"]
    path.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    assert [one.what for one in check(filled.settings).problems] == ["it ends at review 1 of 2"]


def test_a_folder_in_the_place_of_a_month_of_the_journal_is_told_of_in_a_line(filled):
    filled.store.reviews.submit(
        filled.store.people.local().id,
        make_submission(filled.store.studies.all()[0], given_image(filled.store, filled.store.studies.all()[0])),
    )
    (journal_folder(filled.settings) / "2020-01.jsonl").mkdir()
    assert [one.what for one in check(filled.settings).problems] == ["2020-01.jsonl cannot be read (Is a directory)"]


def test_the_command_fails_with_a_list_and_counts_more_than_it_lists(filled, capsys):
    options = ["check", "--db", filled.settings.database, "--data", str(filled.settings.data), "--json"]
    assert main(options) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["ok"] is True
    for number in range(LISTED + 5):
        left = filled.settings.data / "maps" / f"{number}.npz"
        left.touch()
        os.utime(left, (0, 0))
    first(filled, "images").unlink()
    assert main([*options, "--fast"]) == 1
    out, err = capsys.readouterr()
    told = json.loads(out.splitlines()[-1])
    assert (told["ok"], told["counts"]) == (False, {"image": 1, "orphan": LISTED + 5})
    assert len(told["problems"]) == LISTED + 1
    assert told["problems"][0].keys() == {"kind", "what", "do"}
    assert f"error: {LISTED + 6} problems" in err
    assert "and 5 more" in err


def test_without_a_database_none_is_made(tmp_path, capsys):
    assert main(["check", "--db", f"sqlite:///{tmp_path}/none.db", "--data", str(tmp_path / "data")]) == 1
    assert "there is no database at" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_linked_image_that_was_moved_away_is_missing(bench, tmp_path):
    from realness.workbench.importing import ImportOptions

    (tmp_path / "mine").mkdir()
    Image.effect_noise((64, 48), 40).convert("RGB").save(tmp_path / "mine" / "a.png")
    import_source(bench, tmp_path / "mine", ImportOptions(link=True))
    assert check(bench.settings).ok
    (tmp_path / "mine" / "a.png").rename(tmp_path / "elsewhere.png")
    assert [one.kind for one in check(bench.settings, fast=True).problems] == ["image"]

"""Erasing: on request a person or an image goes from everywhere, and nothing else does."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from builders import make_submission
from PIL import Image
from reviewed import BOX, described
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from realness.cli import main
from realness.core.features import FeatureCache
from realness.domain import FindingState, Judgement, ReviewedFinding, ReviewRole, Role, StudySettings, Verdict
from realness.errors import DatabaseProblem, InvalidValue
from realness.store import Listing
from realness.store.journal import Damage, read_lines
from realness.store.tables import reviews
from realness.workbench import Workbench, erasing
from realness.workbench.alone import served
from realness.workbench.backups import back_up
from realness.workbench.bench import journal_folder
from realness.workbench.checking import check
from realness.workbench.files import display_file, thumbnail_file
from realness.workbench.importing import ImportOptions, import_source
from realness.workbench.restoring import rebuild, restore

MARK = "zweigeltmark"
"""In all that is said of one image, and in nothing else."""
HERS = "welschrieslingmark"
"""The same of one person."""
KILLED = """
import os, signal, sys
from pathlib import Path
from realness.settings import Settings
from realness.workbench import Workbench, erasing
from realness.store import erasing as inside

def die(*_given, **_named):
    os.kill(os.getpid(), signal.SIGKILL)

url, data, where = sys.argv[1:]
setattr(inside if where in ("_count_anew", "remove", "scrub") else erasing, where, die)
bench = Workbench.open(Settings(url, Path(data)))
erasing.erase(bench, erasing.named(bench, image="zweigeltmark.png"))
"""


@pytest.fixture
def study(bench, tmp_path):
    """Four images, all of which two people are to answer, and one more with the mark in all that is said of it."""
    made = described(bench, tmp_path / "source", 4)
    bench.store.studies.change(made.id, StudySettings(overlap=2))
    folder = tmp_path / "more"
    folder.mkdir()
    Image.effect_noise((64, 48), 40).convert("RGB").save(folder / f"{MARK}.png")
    row = {"image": f"{MARK}.png", "description": f"Somewhat. The {MARK} melts, and the sign is garbled."}
    row |= {"prompt": f"a {MARK}", "generator": f"{MARK} xl"}
    (folder / "more.jsonl").write_text(json.dumps(row), encoding="utf-8")
    import_source(bench, folder / "more.jsonl", ImportOptions(study=made.name))
    return bench.store.studies.named("pilot")


@pytest.fixture
def people(bench, study):
    roles = {"lea": Role.LEAD, f"Mara {HERS}": Role.REVIEWER, "ben": Role.REVIEWER}
    made = [bench.store.people.add(name, role, f"hash of {name}").reviewer for name, role in roles.items()]
    return dict(zip(("lea", "mara", "ben"), made, strict=True))


def say(bench, study, at, who, text, **given):
    """Review the image at a place."""
    store = bench.store
    image = store.controls.image_named(study.id, str(at + 1))
    said = store.descriptions.shown(study.id, image.id)
    store.assignments.open(study, image.key, who.id)
    store.assignments.lock(study.id, image.id, who.id, 40.0)
    found = (ReviewedFinding(FindingState.ADDED, f"{text} here", regions=(BOX,)),)
    values = {"judgement": Judgement.PARTLY, "description_id": said.id, "findings": found, "verdict": Verdict.NO}
    return store.reviews.submit(who.id, make_submission(study, image, **values, explanation=text, note=text, **given))


@pytest.fixture
def marked_person(bench, study, people):
    """Mara and ben reviewed, lea decided from what both said; what is mara's bears the mark."""
    store, mara, ben, lea = bench.store, people["mara"], people["ben"], people["lea"]
    hers = say(bench, study, 0, mara, HERS)
    his = say(bench, study, 0, ben, "His own words.")
    say(bench, study, 1, mara, HERS)
    say(bench, study, 1, ben, "His others.")
    say(bench, study, 2, mara, HERS)
    image = store.images.by_id(hers.submission.image_id)
    decided = make_submission(
        study, image, role=ReviewRole.ADJUDICATOR, reason="Clear", judgement=Judgement.PARTLY, verdict=Verdict.YES,
        explanation="Decided.", description_id=hers.submission.description_id, sources=(hers.id, his.id),
    )  # fmt: skip
    store.adjudications.submit(lea.id, decided, None)
    other = store.controls.image_named(study.id, "4")
    store.assignments.open(study, other.key, mara.id)
    store.assignments.lock(study.id, other.id, mara.id, 70.0)
    store.reviews.save_draft(mara.id, study.id, other.id, 0, {"explanation": HERS})
    store.tags.change(study.id, [image.id], [HERS], [], mara.id)
    store.tags.change(study.id, [image.id], ["unclear"], [], ben.id)
    store.views.add(study.id, mara.id, HERS, "sort=imported", shared=True)
    store.assignments.give(study.id, [other.id], ben.id, mara.id)
    return mara


@pytest.fixture
def marked_image(bench, study, people):
    """The fifth image, answered by two; everything said of it bears the mark."""
    for who in ("mara", "ben"):
        say(bench, study, 4, people[who], f"{MARK} by {who}")
        say(bench, study, 0, people[who], "Of another one.")
    image = bench.store.images.by_id(5)
    bench.store.tags.change(study.id, [5], [f"{MARK} tag", "unclear"], [], people["lea"].id)
    display_file(bench, image)
    thumbnail_file(bench, image)
    cache = FeatureCache(bench.settings.data / "features")
    for key in (image.facts.sha256, "ff" * 32):
        np.savez((cache.folder / "aa").mkdir(parents=True, exist_ok=True) or cache.folder / "aa" / f"{key[:4]}.npz",
                 keys=np.array([key, f"0{key[1:]}"]), vectors=np.ones((2, 3), np.float32))  # fmt: skip
    return image


@pytest.fixture
def holding(bench, tmp_path):
    """Tells the files beside the sources in which the bytes of a mark are found, or in whose names; of PostgreSQL those
    of the database, too.
    """

    def found(*marks):
        paths = [one for one in tmp_path.rglob("*") if one.relative_to(tmp_path).parts[0] not in ("source", "more")]
        found = []
        for path in [*paths, *files_there(bench)]:
            if path.is_file():
                whole = path.name.encode() + path.read_bytes()
                found += [path.name for mark in marks if mark.encode() in whole]
        return found

    return found


def files_there(bench):
    """The files of a PostgreSQL database, with all that it has in memory written to them."""
    if bench.store.database.backend.one_writer:
        return []
    with bench.store.database.engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
        folder = connection.exec_driver_sql("SHOW data_directory").scalar_one()
        number = "SELECT oid FROM pg_database WHERE datname = current_database()"
        number = connection.exec_driver_sql(number).scalar_one()
    return list(Path(folder, "base", str(number)).iterdir())


def rows(bench, query):
    with bench.store.database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


@pytest.fixture
def emptied(request, url, tmp_path):
    """Takes the database away."""

    def gone():
        if url.startswith("postgresql"):
            request.getfixturevalue("postgres").emptied(url)
        for old in tmp_path.glob("a.db*"):
            old.unlink()

    return gone


def logged(bench):
    """The log of erasures."""
    place = bench.settings.data / "erasures" / f"{bench.store.database.backend.address.name}.jsonl"
    return [json.loads(one) for one in place.read_text(encoding="utf-8").splitlines()]


def erase(bench, **named):
    return erasing.erase(bench, erasing.named(bench, **named))


def lines_of(bench):
    return [one for one in read_lines(journal_folder(bench.settings), Damage()) if one["kind"] == "review"]


def counted_right(bench):
    """What triggers keep is what it would be if it were counted anew."""
    if bench.store.database.backend.one_writer:  # PostgreSQL holds the references by itself
        assert rows(bench, "PRAGMA foreign_key_check") == []
    assert rows(bench, "SELECT images FROM studies") == rows(bench, "SELECT count(*) FROM study_images")
    answers = "SELECT count(DISTINCT reviewer_id) FROM reviews r WHERE r.image_id = s.image_id AND role = 'reviewer'"
    assert rows(bench, f"SELECT image_id FROM study_images s WHERE remaining <> 2 - ({answers})") == []
    done = "SELECT count(DISTINCT image_id) FROM reviews r WHERE r.reviewer_id = q.reviewer_id AND role = 'reviewer'"
    assert rows(bench, f"SELECT reviewer_id FROM queues q WHERE done <> ({done})") == []
    assert rows(bench, "SELECT count(*) FROM summaries") == rows(bench, "SELECT count(*) FROM images")


def test_a_person_goes_with_all_that_they_said_and_what_others_said_stays(bench, holding, study, people, marked_person):
    assert len(holding(HERS)) > 2
    his = rows(bench, f"SELECT * FROM reviews WHERE reviewer_id = {people['ben'].id}")
    seen = erasing.foreseen(bench, erasing.named(bench, person=f"MARA {HERS}"))
    assert (seen.rows["reviews"], seen.rows["drafts"], seen.rows["tags"], seen.files) == (3, 1, 1, 0)
    done = erase(bench, person=f"mara {HERS}")
    assert done.rows == seen.rows
    assert done.lines == 3 + 4 + 1  # reviews, ratings, who it was
    assert holding(HERS, marked_person.pseudonym) == []
    assert rows(bench, f"SELECT * FROM reviews WHERE reviewer_id = {people['ben'].id}") == his
    decided = select(reviews.c.sources).where(reviews.c.role == "adjudicator")
    with bench.store.database.read() as connection:
        assert connection.execute(decided).scalars().all() == [[his[0][0]]]
    assert bench.store.studies.progress(study.id, people["ben"].id).done == 2
    assert rows(bench, "SELECT tags FROM study_images JOIN tag_sets t ON t.id = tag_set_id") == [('["unclear"]',)]
    counted_right(bench)
    assert bench.store.people.add("mary", Role.REVIEWER, "x").reviewer.pseudonym != marked_person.pseudonym


def test_an_image_goes_with_all_that_was_said_of_it_and_its_files(bench, holding, study, people, marked_image):
    sha256 = marked_image.facts.sha256
    assert len(holding(MARK, sha256)) > 5
    done = erase(bench, image=f"{MARK}.png")
    assert (done.rows["images"], done.rows["reviews"], done.rows["descriptions"], done.files) == (1, 2, 1, 3)
    assert holding(MARK, sha256) == []
    left = FeatureCache(bench.settings.data / "features").folder
    assert sorted(len(np.load(one)["keys"]) for one in left.glob("*/*.npz")) == [1, 2]
    counted_right(bench)
    assert bench.store.browse.page(study, people["lea"].id, Listing()).total == 4
    blind_to = bench.store.browse.page(study, people["ben"].id, Listing(search="melts"))
    assert [row["id"] for row in blind_to.rows] == [1]  # the one that ben has rated; the words' index is whole
    assert check(bench.settings).problems == []


@pytest.mark.parametrize("named", [{"person": f"Mara {HERS}"}, {"image": f"{MARK}.png"}])
def test_the_journal_goes_on_after_it_and_brings_nothing_of_it_back(
    bench, holding, emptied, study, people, marked_image, named
):
    say(bench, study, 1, people["ben"], "Before.")
    say(bench, study, 1, people["mara"], "The last line of all but a rating.")
    bench.store.assignments.open(study, bench.store.images.by_id(4).key, people["ben"].id)
    bench.store.assignments.lock(study.id, 4, people["ben"].id, 10)
    before = lines_of(bench)
    erase(bench, **named)
    other = Workbench.open(bench.settings)
    say(other, study, 2, people["ben"], "After.")
    gone = {one["through"][0] for one in before} - {row[0] for row in rows(bench, "SELECT id FROM reviews")}
    assert len(gone) == (3 if "person" in named else 2)
    kept = [one["through"] for one in before if one["through"][0] not in gone]
    assert [one["through"] for one in lines_of(bench)][:-1] == kept  # nothing twice, nothing lost
    assert all(one["through"][0] not in gone for one in read_lines(journal_folder(bench.settings), Damage()))
    whole = rows(bench, "SELECT submission_id, explanation FROM reviews ORDER BY id")
    other.close()
    bench.close()
    emptied()
    assert rebuild(bench.settings).replayed.reviews == len(whole)
    assert rows(bench, "SELECT submission_id, explanation FROM reviews ORDER BY id") == whole
    assert holding(HERS if "person" in named else MARK) == []


def test_reviews_are_append_only_again(bench, study, people, marked_image):
    erase(bench, image=f"{MARK}.png")
    database = bench.store.database
    for statement in ("DELETE FROM reviews", "UPDATE reviews SET note = ''", "DELETE FROM assignments"):
        with pytest.raises(IntegrityError, match=r"append-only|locked"), database.write() as connection:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("where", ["remove", "_count_anew", "scrub", "forget", "_delete", "_log"])
def test_killed_in_the_middle_all_or_nothing_is_gone_and_the_next_call_does_the_rest(
    bench, holding, people, marked_image, where
):
    settings = bench.settings
    bench.close()
    command = [sys.executable, "-c", KILLED, settings.database, str(settings.data), where]
    assert subprocess.run(command, check=False).returncode == -9
    held = rows(bench, "SELECT count(*) FROM reviews") + rows(bench, "SELECT count(*) FROM images")
    assert held == ([(4,), (5,)] if where in ("remove", "_count_anew") else [(2,), (4,)])
    guards = "sqlite_master WHERE name" if bench.store.database.backend.one_writer else "pg_trigger WHERE tgname"
    assert rows(bench, f"SELECT count(*) FROM {guards} = 'reviews_no_delete'") == [(1,)]
    line = ["erase", "--image", f"{MARK}.png", "--yes", "--db", settings.database, "--data", str(settings.data)]
    assert main(line) == 0
    assert holding(MARK, marked_image.facts.sha256) == []
    assert [one["erased"] for one in logged(bench)] == ["image"]
    assert [one.suffix for one in (settings.data / "erasures").iterdir()] == [".jsonl"]
    assert main(line) == 1  # there is nothing of that name any more


def test_what_was_begun_is_finished_before_a_journal_brings_it_back(bench, people, marked_image, monkeypatch):
    def stop(*_given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing.erasing, "scrub", stop)
        with pytest.raises(KeyboardInterrupt):
            erase(bench, image=f"{MARK}.png")
    assert rebuild(bench.settings).replayed.reviews == 0
    assert rows(bench, "SELECT count(*) FROM reviews") == [(2,)]


def test_it_is_said_what_goes_and_asked_and_what_still_holds_it(bench, people, marked_person, capsys):
    made = back_up(bench)
    places = ["--db", bench.settings.database, "--data", str(bench.settings.data)]
    line = ["erase", "--person", f"Mara {HERS}", *places]
    assert main(line) == 1  # nobody is there to be asked
    assert "3 of reviews" in capsys.readouterr().err
    assert rows(bench, "SELECT count(*) FROM reviewers") == [(3,)]
    with served(bench):
        assert main([*line, "--yes"]) == 1
    assert re.search("is served by another process|an app serves", capsys.readouterr().err)
    assert main([*line, "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["erased"], told["rows"]["reviewers"], told["linked"]) == ("person", 1, None)
    assert told["still_held"] == [str(made.path)]
    (log,) = logged(bench)
    assert (log["rows"]["reviews"], len(log["sha256"])) == (3, 64)
    for wrong in (["erase", *places], [*line, "--image", "x"], ["erase", "--image", "nothing", *places]):
        assert main(wrong) == 1


def test_the_last_admin_stays_and_so_does_a_linked_file(bench, tmp_path):
    ada = bench.store.people.add("ada", Role.ADMIN, "x")
    with pytest.raises(InvalidValue, match="make another admin first"):
        erase(bench, person="ada")
    assert bench.store.people.named("ada") == ada
    assert erasing.finish(bench) is None
    folder = tmp_path / "linked"
    folder.mkdir()
    Image.effect_noise((30, 20), 40).convert("RGB").save(folder / "one.png")
    import_source(bench, folder, ImportOptions(link=True))
    assert erase(bench, image="one.png").linked == str(folder / "one.png")
    assert (folder / "one.png").exists()


def test_what_is_refused_or_fails_leaves_nothing_begun(bench, people, marked_image, monkeypatch):
    def fail(*_given):
        raise DatabaseProblem("the disk is full")

    bench.store.people.add("ada", Role.ADMIN, "x")
    with pytest.raises(InvalidValue, match="make another admin first"):
        erase(bench, person="ada")
    monkeypatch.setattr(erasing.erasing, "_count_anew", fail)
    with pytest.raises(DatabaseProblem, match="full"):
        erase(bench, image=f"{MARK}.png")
    assert rows(bench, "SELECT count(*) FROM images") == [(5,)]
    assert list((bench.settings.data / "erasures").iterdir()) == []


def test_an_older_copy_in_place_of_a_half_erased_database_says_what_it_holds(bench, people, marked_image, monkeypatch):
    def fail(*_given):
        raise DatabaseProblem("somebody reads it")

    made = back_up(bench)
    monkeypatch.setattr(erasing.erasing, "scrub", fail)
    with pytest.raises(DatabaseProblem, match="somebody reads"):
        erase(bench, image=f"{MARK}.png")
    bench.close()
    assert restore(bench.settings, made.path).erased == (marked_image.facts.sha256,)
    assert restore(bench.settings, made.path).erased == (marked_image.facts.sha256,)  # it is not forgotten
    assert [one.suffix for one in (bench.settings.data / "erasures").iterdir()] == [".jsonl"]


def test_of_several_images_with_one_name_the_hash_is_asked_for(bench, tmp_path):
    for at in range(2):
        folder = tmp_path / str(at)
        folder.mkdir()
        Image.new("RGB", (30, 20), (at, 0, 0)).save(folder / "same.png")
        import_source(bench, folder)
    with pytest.raises(InvalidValue, match="2 images have that name; give the SHA-256"):
        erasing.named(bench, image="same.png")


def test_a_restored_backup_says_what_it_holds_of_what_was_erased(bench, people, marked_image, capsys):
    made = back_up(bench)
    for named in ({"person": f"Mara {HERS}"}, {"image": f"{MARK}.png"}):
        erase(bench, **named)
    bench.close()
    places = ["--db", bench.settings.database, "--data", str(bench.settings.data)]
    assert main(["restore", str(made.path), "--yes", *places]) == 0
    told = f"it holds what was erased, erase it again: Mara {HERS}, {marked_image.facts.sha256}"
    assert told in capsys.readouterr().out
    assert main(["erase", "--image", marked_image.facts.sha256, "--yes", *places]) == 0
    assert main(["restore", "--journal", *places]) == 0
    assert rows(bench, "SELECT count(*) FROM images") == [(4,)]

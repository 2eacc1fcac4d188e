"""When the database is gone, the journal and the data folder make every review again."""

import json
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from builders import given_image, make_description, make_image, make_study, make_submission
from sqlalchemy import insert, select, update

from realness.cli import main
from realness.domain import (
    FindingState,
    Judgement,
    Region,
    RegionShape,
    ReviewedFinding,
    ReviewKind,
    ReviewRole,
    Role,
    StudySettings,
    Verdict,
)
from realness.errors import CannotWrite
from realness.store.descriptions import text_digest
from realness.store.engine import now
from realness.store.journal import Damage, Journal, journal, read_lines
from realness.store.tables import maps, reviews, studies
from realness.workbench import Workbench
from realness.workbench.backups import back_up
from realness.workbench.bench import journal_folder
from realness.workbench.health import unready
from realness.workbench.restoring import rebuild, restore

EVERYTHING = {
    "reviews": "SELECT r.*, i.sha256, i.key, i.path, s.name, p.name, p.pseudonym, p.role, d.text, d.provider, d.model, "
    "d.verdict, m.sha256, m.path FROM reviews r JOIN images i ON i.id = r.image_id JOIN studies s ON s.id = r.study_id "
    "JOIN reviewers p ON p.id = r.reviewer_id LEFT JOIN descriptions d ON d.id = r.description_id "
    "LEFT JOIN maps m ON m.id = r.map_id ORDER BY r.id",
    "findings": "SELECT f.*, m.phrase, m.position FROM review_findings f LEFT JOIN findings m ON m.id = f.finding_id "
    "ORDER BY f.review_id, f.position",
    "regions": "SELECT g.*, f.review_id, f.position FROM review_regions g JOIN review_findings f "
    "ON f.id = g.review_finding_id ORDER BY f.review_id, f.position, g.position",
    "ratings": "SELECT a.blind_rating, a.rated_at, i.sha256, s.name, p.name FROM assignments a JOIN images i "
    "ON i.id = a.image_id JOIN studies s ON s.id = a.study_id JOIN reviewers p ON p.id = a.reviewer_id "
    "WHERE a.blind_rating IS NOT NULL ORDER BY s.name, i.sha256, p.name",
    "studies": "SELECT name, blind, overlap, order_by, seed, hidden_repeats, closed_at FROM studies WHERE id IN "
    "(SELECT study_id FROM reviews) ORDER BY name",
}
OF_THIS_DATABASE = {"id", "image_id", "study_id", "reviewer_id", "review_finding_id", "finding_id", "map_id"}
OF_THIS_DATABASE |= {"description_id", "offered"}


def everything(path, *, ids=False):
    """Every row of every answer, by name; without ids that another database may give otherwise."""
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        found = {}
        for name, query in EVERYTHING.items():
            rows = [list(zip(row.keys(), row, strict=True)) for row in connection.execute(query)]
            keep = () if ids else OF_THIS_DATABASE
            found[name] = [[pair for pair in row if pair[0] not in keep] for row in rows]
    connection.close()
    return found


def reviewed_in_every_way(bench):
    """Answers of two people in two studies: revisions, a skip, a flag, an adjudication, marks of every shape."""
    store = bench.store
    first, second = make_study(store, 4, overlap=2), make_study(store, 2, name="second", blind=False)
    ana = store.people.add("Ana Müller", Role.LEAD, "not a hash").reviewer
    me = store.people.local()
    marks = (
        Region(RegionShape.BOX, (1, 2, 30, 40)),
        Region(RegionShape.POLYGON, (1, 1, 50, 1, 50, 60)),
        Region(RegionShape.MASK, (5, 20, 640 * 480 - 25), (640, 480)),
    )
    kept = []
    for person in (me, ana):
        for number in range(3):
            image = given_image(store, first, person, rating=10.0 + number)
            said = store.descriptions.newest(image.id)
            with store.database.write() as connection:
                values = {
                    "image_id": image.id,
                    "description_id": said.id,
                    "text_sha256": text_digest("x"),
                    "method": "dense",
                }
                values |= {
                    "clip": f"mini {person.id}",
                    "weights": "w",
                    "version": 3,
                    "phrases": ["a"],
                    "path": "maps/a.npz",
                }
                mapped = connection.execute(insert(maps).values(created_at=now(), sha256="0" * 64, **values))
            found = (
                ReviewedFinding(FindingState.KEPT, "The hand has six fingers", said.finding_ids[0], regions=marks),
                ReviewedFinding(FindingState.ADDED, "Schatten fehlt – „so“", regions=marks[:1]),
            )
            given = {"description_id": said.id, "map_id": mapped.inserted_primary_key[0], "judgement": Judgement.PARTLY}
            given |= {"findings": found, "verdict": Verdict.NO, "client_at": datetime(2025, 1, 2, 3, 4, 5, 678, UTC)}
            given |= {
                "explanation": "line\nbreak\u2028 and 🙂",
                "second_rating": 3.5,
                "active_seconds": 1.25,
                "note": "n",
            }
            kept.append(store.reviews.submit(person.id, make_submission(first, image, **given)))
        again = kept[-1].submission
        changed = {"findings": again.findings[1:], "explanation": "again", "base_revision": 1}
        store.reviews.submit(person.id, make_submission(first, store.images.by_id(again.image_id), **changed))
    for kind in (ReviewKind.SKIP, ReviewKind.FLAG):
        image = given_image(store, second, rating=None)
        store.reviews.submit(me.id, make_submission(second, image, kind=kind, reason="why"))
    image = store.images.by_id(kept[0].submission.image_id)
    with store.database.read() as connection:
        newest = connection.exec_driver_sql(
            f"SELECT id FROM current_reviews WHERE image_id = {image.id} AND role = 'reviewer'"
        ).scalars()
        sources = tuple(newest)
    decided = make_submission(
        first, image, role=ReviewRole.ADJUDICATOR, reason="both", verdict=Verdict.YES, sources=sources, rating=50.0
    )
    store.adjudications.submit(ana.id, decided, None)
    given_image(store, first, ana, rating=77.0)  # rated, and not reviewed yet
    store.studies.change(first.id, StudySettings(overlap=3, order="random", seed=5))
    store.studies.close(first.id)
    store.reviews.submit(
        me.id,
        make_submission(
            second, store.images.by_id(image_of(store, second)), base_revision=1, kind=ReviewKind.SKIP, reason="still"
        ),
    )
    return first, second


def image_of(store, study):
    with store.database.read() as connection:
        query = select(reviews.c.image_id).where(reviews.c.study_id == study.id)
        return connection.execute(query).scalars().first()


def delete(bench):
    bench.close()
    for path in bench.store.database.path.parent.glob("a.db*"):
        path.unlink()


def test_every_row_of_every_answer_is_made_again_when_the_database_is_gone(bench):
    reviewed_in_every_way(bench)
    path = bench.store.database.path
    before = everything(path)
    delete(bench)
    done = rebuild(bench.settings)
    after = everything(path)
    assert {name: len(rows) for name, rows in before.items()} == {name: len(rows) for name, rows in after.items()}
    for name, rows in before.items():
        if name != "studies":
            assert after[name] == rows
    assert (done.replayed.reviews, done.replayed.damage, done.missing) == (12, Damage(), 6)
    once = everything(path, ids=True)
    assert rebuild(bench.settings).replayed.reviews == 0  # twice is the same as once
    assert everything(path, ids=True) == once


def test_the_journal_goes_on_after_a_rebuild_and_holds_no_line_twice(bench):
    _, second = reviewed_in_every_way(bench)
    delete(bench)
    rebuild(bench.settings)
    again = Workbench.open(bench.settings)
    me = again.store.people.local()
    study = again.store.studies.named(second.name)
    last = again.store.reviews.last(study.id, me.id)
    image = again.store.images.by_id(last.submission.image_id)
    again.store.reviews.submit(
        me.id, make_submission(study, image, base_revision=last.revision, kind=ReviewKind.SKIP, reason="x")
    )
    again.close()
    ids = [one["through"][0] for one in read_lines(journal_folder(bench.settings), Damage()) if one["kind"] == "review"]
    assert ids == list(range(1, 14))


def test_the_journal_holds_no_name_but_in_one_file_and_nobody_else_may_read_it(bench):
    reviewed_in_every_way(bench)
    folder = journal_folder(bench.settings)
    for path in folder.glob("*.jsonl"):
        assert ("Ana" in path.read_text()) == (path.name == "people.jsonl")
        assert "not a hash" not in path.read_text()
        assert path.stat().st_mode & 0o077 == 0


def test_what_was_answered_before_there_was_a_journal_and_what_a_crash_left_out_is_brought_in(bench):
    study, me = make_study(bench.store, 5), bench.store.people.local()
    keepers = list(bench.store.database.keepers)
    bench.store.database.keepers.clear()  # as a process that is killed between the commit and the journal
    for rating in (10.0, 20.0):
        bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study, rating=rating)))
    given_image(bench.store, study, rating=33.0)
    assert not journal_folder(bench.settings).exists()
    bench.store.database.keepers.extend(keepers)
    bench.store.journal.settle()
    lines = list(read_lines(journal_folder(bench.settings), Damage()))
    assert [one["through"][0] for one in lines if one["kind"] == "review"] == [1, 2]
    assert sorted(one["rated"]["blind_rating"] for one in lines if one["kind"] == "rating") == [10.0, 20.0, 33.0]


def test_a_line_that_was_torn_is_told_of_and_the_next_writer_takes_its_place(bench):
    study, me = make_study(bench.store, 5), bench.store.people.local()
    for _ in range(2):
        bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study)))
    (path,) = journal_folder(bench.settings).glob("2*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    damage = Damage()
    assert [one["kind"] for one in read_lines(path.parent, damage)] == ["rating", "review", "rating"]
    assert damage == Damage(torn=1)
    other = Workbench.open(bench.settings)  # the next process
    other.store.journal.settle()
    other.close()
    assert path.read_bytes() == whole
    path.write_bytes(whole.replace(b'"rating":40.0', b'"rating":99.0', 1))
    assert len(list(read_lines(path.parent, damage))) == 3
    assert damage.broken == (f"{path.name} line 2",)


def test_processes_that_write_in_turns_leave_one_journal_in_order(bench):
    study = make_study(bench.store, 40, overlap=4)
    others = [Workbench.open(bench.settings) for _ in range(3)]
    people = [bench.store.people.add(f"person {n}", Role.REVIEWER, "h").reviewer for n in range(3)]

    def work(opened, person):
        for _ in range(10):
            image = given_image(opened.store, study, person)
            opened.store.reviews.submit(person.id, make_submission(study, image))

    threads = [threading.Thread(target=work, args=pair) for pair in zip(others, people, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    damage = Damage()
    lines = list(read_lines(journal_folder(bench.settings), damage))
    assert damage == Damage()
    assert [one["through"][0] for one in lines if one["kind"] == "review"] == list(range(1, 31))


def test_a_backup_and_the_journal_together_bring_everything_back(bench, capsys):
    study, me = make_study(bench.store, 6), bench.store.people.local()
    for turn in range(4):
        bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study)))
        if turn == 1:
            made = back_up(bench)
    path = bench.store.database.path
    before = everything(path, ids=True)
    bench.close()
    options = ["--db", bench.settings.database, "--data", str(bench.settings.data), "--json"]
    assert main(["restore", *options]) == 1
    assert "--journal" in capsys.readouterr().err
    assert main(["restore", str(made.path), "--journal", "--yes", *options]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["reviews"], told["known"], told["made_again"], told["conflicts"]) == (2, 2, 2, 0)
    after = everything(path, ids=True)
    assert after["reviews"] == before["reviews"]


def test_what_cannot_be_read_of_a_journal_is_told_of_in_a_line(bench, capsys):
    study, me = make_study(bench.store, 2), bench.store.people.local()
    bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study)))
    folder = journal_folder(bench.settings)
    (folder / "2020-01.jsonl").mkdir()
    bench.close()
    options = ["restore", "--journal", "--db", bench.settings.database, "--data", str(bench.settings.data), "--json"]
    assert main(options) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["known"], told["unread"]) == (1, ["2020-01.jsonl cannot be read (Is a directory)"])
    (folder / "people.jsonl").unlink()
    (folder / "people.jsonl").mkdir()
    assert main(options) == 1
    assert "people.jsonl, which has the names of people, cannot be read (Is a directory)" in capsys.readouterr().err


def test_after_an_older_state_was_put_back_the_journal_has_both_what_was_and_what_came_then(bench):
    study, me = make_study(bench.store, 6), bench.store.people.local()
    bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study)))
    made = back_up(bench)
    bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study), explanation="then"))
    bench.close()
    restore(bench.settings, made.path)
    again = Workbench.open(bench.settings)
    again.store.reviews.submit(me.id, make_submission(study, given_image(again.store, study), explanation="after"))
    again.close()
    told = [
        one["review"]["explanation"] for one in read_lines(journal_folder(bench.settings), Damage()) if "review" in one
    ]
    assert told == ["", "then", "", "after"]
    assert rebuild(bench.settings).replayed.conflicts == 1  # the same image, answered anew: both are in the journal


def test_a_full_disk_keeps_an_answer_from_being_acknowledged_and_the_retry_brings_it_in(bench, monkeypatch):
    study, me = make_study(bench.store, 3), bench.store.people.local()
    sent = make_submission(study, given_image(bench.store, study))
    (path,) = journal_folder(bench.settings).glob("2*.jsonl")
    before, real = path.read_bytes(), journal.os.pwrite

    def half(descriptor, data, at):
        real(descriptor, data[: len(data) // 2], at)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal.os, "pwrite", half)
    with pytest.raises(CannotWrite, match="make room"):
        bench.store.reviews.submit(me.id, sent)
    assert path.read_bytes() == before
    monkeypatch.setattr(journal.os, "pwrite", real)
    assert bench.store.reviews.submit(me.id, sent).revision == 1
    damage = Damage()
    assert [one["kind"] for one in read_lines(path.parent, damage)] == ["rating", "review"]
    assert damage == Damage()


def test_while_an_app_follows_nobody_waits_for_the_journal_and_it_is_complete_when_that_ends(bench):
    study, me = make_study(bench.store, 3), bench.store.people.local()
    folder = journal_folder(bench.settings)
    before = len(list(read_lines(folder, Damage())))
    with bench.store.journal.following(every=3600):
        bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study)))
        assert len(list(read_lines(folder, Damage()))) == before
    assert [one["kind"] for one in read_lines(folder, Damage())][before:] == ["rating", "review"]
    with bench.store.journal.following(every=0.01):
        bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study)))
        eventually(lambda: len(list(read_lines(folder, Damage()))) == before + 4)


def test_after_the_follower_met_a_full_disk_answers_are_refused_until_the_journal_is_complete_again(bench, monkeypatch):
    study, me, kept = make_study(bench.store, 4), bench.store.people.local(), bench.store.journal
    real = journal.os.pwrite

    def full(*_asked):
        raise OSError(28, "No space left on device")

    with kept.following(every=0.01):
        first = given_image(bench.store, study)
        kept.settle()
        monkeypatch.setattr(journal.os, "pwrite", full)
        bench.store.reviews.submit(me.id, make_submission(study, first))
        eventually(lambda: "make room" in kept.problem)
        assert any("make room" in one for one in unready(bench))
        image = bench.store.assignments.take(study, me.id).given.image
        with pytest.raises(CannotWrite, match="make room"):
            bench.store.assignments.lock(study.id, image.id, me.id, 40)
        monkeypatch.setattr(journal.os, "pwrite", real)
        eventually(lambda: not kept.problem)
        assert unready(bench) == []
        bench.store.reviews.submit(me.id, make_submission(study, image))
    lines = list(read_lines(journal_folder(bench.settings), Damage()))
    assert [one["kind"] for one in lines].count("review") == len(everything(bench.store.database.path)["reviews"])


def eventually(true, seconds=10.0):
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never held"
        time.sleep(0.01)


def test_the_clock_going_back_loses_nothing_and_changes_no_order(bench, monkeypatch):
    study, me = make_study(bench.store, 5), bench.store.people.local()
    from realness.store import assignments as giving
    from realness.store import reviews as keeping

    for days in (0, -70, -35, 40):
        for module in (journal, keeping, giving):
            monkeypatch.setattr(module, "now", lambda days=days: datetime(2026, 5, 20, tzinfo=UTC) + timedelta(days))
        bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study)))
    folder = journal_folder(bench.settings)
    assert [path.name for path in sorted(folder.glob("2*.jsonl"))] == ["2026-05.jsonl", "2026-06.jsonl"]
    lines = list(read_lines(folder, Damage()))
    assert [one["through"][0] for one in lines if one["kind"] == "review"] == [1, 2, 3, 4]
    before = everything(bench.store.database.path)
    delete(bench)
    rebuild(bench.settings)
    assert everything(bench.store.database.path)["reviews"] == before["reviews"]


def test_images_that_nobody_answered_are_found_in_the_data_folder(bench, tmp_path):
    from PIL import Image

    from realness.workbench.importing import import_source

    (tmp_path / "mine").mkdir()
    for name in "ab":
        Image.effect_noise((64, 48), 40).convert("RGB").save(tmp_path / "mine" / f"{name}.png")
    import_source(bench, tmp_path / "mine")
    study, me = bench.store.studies.named("mine"), bench.store.people.local()
    bench.store.reviews.submit(me.id, make_submission(study, given_image(bench.store, study)))
    (bench.settings.data / "images" / "ab").mkdir(exist_ok=True)
    (bench.settings.data / "images" / "ab" / "abc.png").write_text("no image")
    delete(bench)
    done = rebuild(bench.settings)
    assert (done.replayed.reviews, done.images, done.missing, done.unreadable) == (1, 1, 0, 1)
    again = Workbench.open(bench.settings)
    assert [(study.name, study.images) for study in again.store.studies.all()] == [("recovered", 1), ("mine", 1)]
    again.close()


def test_an_image_of_several_texts_to_choose_from_is_made_again_with_all_of_them(bench):
    study, me = bench.store.studies.create("choice", StudySettings()), bench.store.people.local()
    new = make_image(7000)
    for text in ("No. One.", "Yes. Two.", "No. Three."):
        bench.store.images.add(study.id, [make_image(7000, description=make_description(text, findings=()))])
    assert new
    image = given_image(bench.store, study)
    bench.store.reviews.submit(me.id, make_submission(study, image))
    with bench.store.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER reviews_no_update")
        connection.execute(update(reviews).values(offered=[3, 1]))
        connection.execute(update(studies).values(choices=2))
    for path in journal_folder(bench.settings).glob("2*.jsonl"):
        path.unlink()
    Journal(bench.store.database, journal_folder(bench.settings)).settle()
    delete(bench)
    rebuild(bench.settings)
    with sqlite3.connect(bench.store.database.path) as connection:
        (offered,) = connection.execute("SELECT offered FROM reviews").fetchone()
        texts = [
            connection.execute("SELECT text FROM descriptions WHERE id = ?", (one,)).fetchone()[0]
            for one in json.loads(offered)
        ]
    assert texts == ["No. Three.", "No. One."]

"""CORE over folders and the database."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import given_image, make_description, make_image, make_study, make_submission
from PIL import Image
from rated_images import write_rated, write_table

from realness.core import Core
from realness.core.model import Encoders
from realness.domain import Judgement, OpinionScore, StudySettings
from realness.errors import CannotWrite, ImportFailed, InvalidValue, NotFound
from realness.workbench import scoring
from realness.workbench.importing import ImportOptions, import_source
from realness.workbench.measuring import evaluate_core
from realness.workbench.scoring import (
    Setting,
    Source,
    predict_folder,
    predict_missing,
    rated_images,
    train_core,
    write_scores,
)


@pytest.fixture
def rated(tmp_path):
    """A table of 40 rated images, as a file."""
    return write_table(tmp_path / "rated", write_rated(tmp_path / "rated", 40))


def test_a_table_is_measured_and_told(bench, rated, tmp_path):
    test = write_table(tmp_path / "apart", write_rated(tmp_path / "apart", 30, seed=1))
    found = evaluate_core(bench, Source(rated), Setting(), tmp_path / "out", folds=4, seeds=2, test=test)
    told = found.as_json()
    assert told["n"] == 40
    assert told["ablation"]["both"]["srocc"] == told["srocc"] > 0.6
    assert told["ci"][0] < told["srocc"] < told["ci"][1]
    assert set(told["ablation"]) == {"image", "text", "both"}
    assert told["both_minus_better_alone_ci"][0] <= told["both_minus_better_alone"]
    assert told["test"]["n"] == 30
    assert told["test"]["srocc"] > 0.6
    lines = (tmp_path / "out" / "core.md").read_text()
    assert f"| both | {told['srocc']:.3f} [" in lines
    assert "test set (n 30)" in lines
    with Image.open(tmp_path / "out" / "core.png") as plot:
        assert plot.format == "PNG"
    with (tmp_path / "out" / "core.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == [f"0-{at}.png" for at in range(40)]
    assert len({row["image_sha256"] for row in rows}) == 40
    for name in ("image", "text", "both"):
        said = np.mean(found.crossed.predictions[name], axis=0)
        assert [float(row[f"predicted_{name}"]) for row in rows] == pytest.approx(said, abs=1e-3)
    assert [float(row["mos"]) for row in rows] == pytest.approx(found.crossed.ratings, abs=1e-3)


def test_a_test_set_may_not_hold_what_was_trained_on(bench, rated, tmp_path):
    with pytest.raises(InvalidValue, match="40 images of --test are in the training"):
        evaluate_core(bench, Source(rated), Setting(), tmp_path / "out", test=rated)
    assert not (tmp_path / "out").exists()


def test_what_cannot_work_is_told_before_any_image_is_looked_at(bench, rated, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match=r"file is no folder; name another place"):
        evaluate_core(bench, Source(rated), Setting(), tmp_path / "file" / "out")
    with pytest.raises(InvalidValue, match="--head must be"):
        Setting(head="forest")
    assert not (bench.settings.data / "features").exists()


def test_bad_rows_are_told_and_the_rest_is_used(bench, rated):
    lines = rated.read_text().splitlines()
    lines[1] = lines[1].rsplit(",", 1)[0] + ",nan"
    lines[2] = lines[2].rsplit(",", 1)[0] + ","
    lines.append(lines[3])
    rated.write_text("\n".join(lines))
    found = rated_images(bench, Source(rated))
    assert len(found.samples) == 38
    assert "number" in found.skipped[0].reason
    assert "no rating" in found.skipped[1].reason
    assert len(found.skipped) == 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one, at: replace(one, rating=50.0), "the same rating"),
        (lambda one, at: replace(one, text="" if at > 5 else one.text), "has no description"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused_in_words(bench, tmp_path, change, told):
    samples = [change(one, at) for at, one in enumerate(write_rated(tmp_path / "r", 24))]
    table = write_table(tmp_path / "r", samples)
    for act in (
        lambda: evaluate_core(bench, Source(table), Setting(), tmp_path / "out"),
        lambda: train_core(bench, Source(table), Setting(), tmp_path / "out"),
    ):
        with pytest.raises(InvalidValue, match=told):
            act()
    assert not (tmp_path / "out").exists()


def test_few_images_and_many_folds_are_refused(bench, rated, tmp_path):
    few = write_table(tmp_path / "few", write_rated(tmp_path / "few", 12))
    with pytest.raises(InvalidValue, match="at least 20 rated images with a description, there are 12"):
        train_core(bench, Source(few), Setting(), tmp_path / "out")
    with pytest.raises(InvalidValue, match="--folds must be from 2 to 20"):
        evaluate_core(bench, Source(rated), Setting(), tmp_path / "out", folds=21)
    with pytest.raises(InvalidValue, match="there are 0"):
        train_core(bench, Source(), Setting(), tmp_path / "out")
    with pytest.raises(ImportFailed):
        train_core(bench, Source(tmp_path / "nothing"), Setting(), tmp_path / "out")
    with pytest.raises(NotFound):
        train_core(bench, Source(study="none"), Setting(), tmp_path / "out")
    with pytest.raises(InvalidValue, match="--scores"):
        train_core(bench, Source(scores="mine"), Setting(), tmp_path / "out")


def test_folds_that_do_not_fit_are_refused_before_anything_is_encoded(bench, rated, tmp_path, monkeypatch):
    monkeypatch.setattr(Encoders, "encode", None)
    with pytest.raises(InvalidValue, match="--folds must be from 2 to 20"):
        evaluate_core(bench, Source(rated), Setting(), tmp_path / "out", folds=100_000)


def test_the_database_is_scored_once_and_a_stopped_run_goes_on(bench, rated, tmp_path, monkeypatch):
    import_source(bench, rated, ImportOptions(study="rated"))
    core, figures, skipped = train_core(bench, Source(), Setting(), tmp_path / "model")
    assert figures["n"] == 40
    assert skipped == []
    assert figures["srocc"] > 0.6
    monkeypatch.setattr(scoring, "KEPT_EVERY", 10)

    def stop(done, _total):
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_missing(bench, core, progress=stop)
    assert bench.store.predictions.count(core.name) == 20
    again = Core.load(tmp_path / "model")
    assert predict_missing(bench, again, limit=5).scores == 5
    assert predict_missing(bench, again).scores == 15
    assert predict_missing(bench, again).scores == 0
    assert bench.store.predictions.count() == 40


def test_a_file_that_is_gone_is_told_and_the_rest_is_scored(bench, rated, tmp_path):
    import_source(bench, rated, ImportOptions(study="rated"))
    core, _, _ = train_core(bench, Source(), Setting(), tmp_path / "model")
    lost = bench.store.images.by_id(3)
    bench.image_file(lost).unlink()
    report = predict_missing(bench, core)
    assert report.scores == 39
    assert [(one.row, "missing" in one.reason) for one in report.skipped] == [(lost.facts.sha256, True)]


def test_people_and_data_sets_are_told_apart_and_joined(bench, rated, tmp_path):
    import_source(bench, rated, ImportOptions(study="rated"))
    study = bench.store.studies.named("rated")
    imported = {one.sha256: one.rating for one in rated_images(bench, Source(scores="imported")).samples}
    given = {}
    for rating in (10.0, 90.0):
        image = given_image(bench.store, study, rating=rating)
        said = bench.store.descriptions.newest(image.id)
        review = make_submission(study, image, judgement=Judgement.ACCURATE, description_id=said.id)
        bench.store.reviews.submit(bench.store.people.local().id, review)
        given[image.facts.sha256] = rating
    people = rated_images(bench, Source(scores="people")).samples
    assert {one.sha256: (one.rating, one.votes) for one in people} == {key: (r, 1) for key, r in given.items()}
    both = {one.sha256: one for one in rated_images(bench, Source(study="rated")).samples}
    assert len(both) == 40
    for sha256, rating in given.items():
        assert both[sha256].rating == pytest.approx((20 * imported[sha256] + rating) / 21)
        assert both[sha256].votes == 21


def test_a_description_made_wrong_on_purpose_teaches_nothing(bench):
    made = make_study(bench.store, images=1)
    wrong = make_image(
        description=make_description("No. All is well.", planted_wrong=True), scores=(OpinionScore("x", 5),)
    )
    bench.store.images.add(made.id, [wrong])
    assert [one.text[:9] for one in bench.store.predictions.opinions()] == ["Somewhat.", ""]


def test_a_folder_is_scored_to_a_file(bench, rated, tmp_path):
    core, _, _ = train_core(bench, Source(rated), Setting(), tmp_path / "model")
    samples = write_rated(tmp_path / "new", 12, seed=2)
    samples[0].file.rename(samples[0].file.with_name("=1+1.png"))
    samples[0] = replace(samples[0], file=samples[0].file.with_name("=1+1.png"))
    table = write_table(tmp_path / "new", samples)
    report = predict_folder(bench, core, table, tmp_path / "out" / "p.csv")
    assert report.scores == 12
    assert report.agreement.srocc > 0.4
    with (tmp_path / "out" / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["image"] == "'=1+1.png"
    for row in rows:
        assert float(row["low"]) <= float(row["rating"]) <= float(row["high"])
    with pytest.raises(InvalidValue, match=r"no image of .* could be scored; the first: .* has no description"):
        predict_folder(bench, core, samples[1].file, tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()


def test_the_scores_of_the_database_leave_as_a_file_with_the_names_of_exports(bench, rated, tmp_path):
    bench.store.studies.create("rated", StudySettings())
    import_source(bench, rated, ImportOptions(study="rated"))
    core, _, _ = train_core(bench, Source(), Setting(), tmp_path / "model")
    predict_missing(bench, core, limit=30)
    assert write_scores(bench, core, tmp_path / "s.csv", study="rated") == 0
    with (tmp_path / "s.csv").open() as file:
        rows = list(csv.DictReader(file))
    kept = {row["sha256"]: row["rating"] for row in bench.store.predictions.kept(core.name)}
    assert [row["image"] for row in rows] == [f"0-{at}.png" for at in range(30)]
    assert {row["image_sha256"]: float(row["rating"]) for row in rows} == pytest.approx(kept, abs=1e-3)
    assert list(bench.store.predictions.kept("another")) == []
    with pytest.raises(CannotWrite, match="is a folder"):
        write_scores(bench, core, tmp_path)


@pytest.mark.sqlite_alone
def test_nothing_but_scores_is_written_over(bench, rated, tmp_path):
    core, _, _ = train_core(bench, Source(rated), Setting(), tmp_path / "model")
    database = Path(bench.settings.database.removeprefix("sqlite:///"))
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    inside = (database, tmp_path / "model" / "core.json", rated.parent / "0-0.png", rated)
    before = [one.read_bytes() for one in inside]
    for out in (*inside, rated.parent, link, tmp_path / "pipe", rated / "p.csv"):
        with pytest.raises(CannotWrite, match="name another"):
            predict_folder(bench, core, rated, out)
        with pytest.raises(CannotWrite, match="name another"):
            write_scores(bench, core, out)
    assert [one.read_bytes() for one in inside] == before
    for _ in range(2):
        predict_folder(bench, core, rated, tmp_path / "p.csv")
    with pytest.raises(CannotWrite, match="no CORE model"):
        train_core(bench, Source(tmp_path / "is not looked at"), Setting(), rated.parent)
    (tmp_path / "out" / "core.csv").mkdir(parents=True)
    with pytest.raises(CannotWrite, match=r"core\.csv is there and is no file"):
        evaluate_core(bench, Source(rated), Setting(), tmp_path / "out")


def test_images_alone_are_enough_for_a_model_of_images(bench, rated, tmp_path):
    core, figures, _ = train_core(bench, Source(rated), Setting(text=("none",)), tmp_path / "model")
    assert figures["n"] == 40
    (tmp_path / "plain").mkdir()
    Image.fromarray(np.full((70, 90, 3), 99, np.uint8)).save(tmp_path / "plain" / "a.png")
    assert predict_folder(bench, core, tmp_path / "plain", tmp_path / "p.csv").scores == 1

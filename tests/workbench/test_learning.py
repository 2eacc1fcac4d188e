"""Learning from all ratings so far, in a process of its own."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from builders import make_image
from rated_images import write_rated, write_table

from realness.core.samples import FEWEST
from realness.domain import OpinionScore, StudySettings
from realness.workbench import insights as module
from realness.workbench import jobs
from realness.workbench import learning as learning_module
from realness.workbench.importing import ImportOptions, import_source
from realness.workbench.insights import FEWEST_RATED, insights
from realness.workbench.learning import Learning
from realness.workbench.reviewing import Desk


def import_rated(bench, tmp_path, count):
    """A study that is not blind, with so many rated images."""
    bench.store.studies.create("rated", StudySettings(blind=False))
    table = write_table(tmp_path / "rated", write_rated(tmp_path / "rated", count))
    import_source(bench, table, ImportOptions(study="rated"))
    return bench.store.studies.named("rated")


def ended(learning, seconds=300):
    until = time.monotonic() + seconds
    while learning.told.running:
        assert time.monotonic() < until, learning.told
        time.sleep(0.05)
    return learning.told


@pytest.fixture
def learning(bench):
    made = Learning(bench.settings)
    yield made
    made.stop()


def test_it_trains_scores_every_image_and_tells_how_far_it_is(bench, learning, tmp_path):
    study = import_rated(bench, tmp_path, FEWEST + 4)
    bench.store.images.add(study.id, [make_image()])  # whose file is not there
    assert learning.told.state == "idle"
    seen = [learning.start()]
    process = learning._process
    assert learning.start().running
    assert learning._process is process  # one at a time
    while learning.told.running:
        seen.append(learning.told)
        time.sleep(0.005)
    told = learning.told
    assert (told.state, told.scores, told.skipped, told.error) == ("done", FEWEST + 4, 1, None)
    assert {one.total for one in seen if one.state == "training"} >= {FEWEST + 4}
    found = insights(Desk(bench, study, bench.store.people.local()))
    assert (found.model, found.scored, found.rated, found.of) == (told.model, FEWEST + 4, FEWEST + 4, FEWEST + 4)
    assert found.figures is not None
    assert found.unseen is not None
    assert (found.figures.n, found.unseen["n"]) == (FEWEST + 4, FEWEST + 4)
    assert found.figures.srocc > 0.5
    assert (told.srocc, told.before) == (found.unseen["srocc"], None)
    assert [one.number for one in found.pairs] == list(range(1, FEWEST + 5))
    learning.start()
    assert ended(learning).before == told.srocc


def test_too_few_rated_images_are_told_in_words(bench, learning, tmp_path):
    import_rated(bench, tmp_path, 3)
    learning.start()
    told = ended(learning)
    assert told.state == "failed"
    assert told.error is not None
    assert f"at least {FEWEST} rated images" in told.error
    assert learning.start().state == "training"  # and may be tried again
    assert ended(learning).state == "failed"


def test_a_process_that_dies_is_told_of(bench, learning, tmp_path):
    import_rated(bench, tmp_path, FEWEST)
    learning.start()
    learning._process.kill()
    told = ended(learning)
    assert (told.state, "Try again" in (told.error or "")) == ("failed", True)


def test_a_training_that_is_called_off_leaves_the_model_that_was_there(bench, learning, tmp_path):
    import_rated(bench, tmp_path, FEWEST)
    assert learning.cancel().state == "idle"
    model = bench.settings.model("fast")
    model.mkdir(parents=True)
    (model / "core.json").write_text("{}")
    learning.start()
    assert learning.cancel().state == "stopped"
    assert learning._process.poll() is not None
    assert (model / "core.json").read_text() == "{}"
    assert [path.name for path in model.parent.iterdir()] == ["fast"]
    assert learning.start().state == "training"  # and may be tried again


def test_a_training_that_is_called_off_while_it_scores_tells_of_the_new_model(bench, learning, tmp_path):
    import_rated(bench, tmp_path, 200)  # more than are kept together
    learning.start()
    until = time.monotonic() + 300
    while learning.told.state != "scoring" and learning.told.running:
        assert time.monotonic() < until
        time.sleep(0.002)
    told = learning.cancel()
    assert told.state in ("stopped", "done")  # it may have been faster
    assert told.srocc is not None
    assert told.model is not None
    assert bench.store.predictions.count(told.model) >= told.scores > 0


@pytest.mark.parametrize("said", [b"\xff\n", b"[" * 200_000 + b"\n", b"{}\n", b'{"state": "scoring"}\n'])
def test_whatever_a_process_says_its_end_is_told(bench, learning, tmp_path, monkeypatch, said):
    (tmp_path / "says").write_bytes(said)
    monkeypatch.setattr(learning_module.sys, "executable", "/bin/cat")
    monkeypatch.setattr(learning_module, "_MODULE", [str(tmp_path / "says")])
    learning.start()
    assert ended(learning, 30).state in ("failed", "idle")
    monkeypatch.setattr(learning_module.sys, "executable", str(tmp_path / "nothing"))
    told = learning.start()
    assert (told.state, "cannot start" in (told.error or "")) == ("failed", True)


def test_starting_and_stopping_from_everywhere_at_once_ends_nothing_else(bench, learning, tmp_path, monkeypatch):
    import_rated(bench, tmp_path, FEWEST)
    monkeypatch.setattr(learning_module, "_MODULE", ["-c", "import time; time.sleep(60)"])
    killed = []
    usual = jobs.os.killpg

    def watched(group, sign):
        killed.append(learning._process.pid)
        usual(group, sign)

    monkeypatch.setattr(jobs.os, "killpg", watched)
    with ThreadPoolExecutor(8) as pool:
        every = [pool.submit(learning.cancel if at % 2 else learning.start) for at in range(80)]
    for one in every:
        one.result()
    learning.cancel()
    count = len(killed)
    learning.cancel()
    learning.stop()
    assert len(killed) == count  # what has ended is not ended again
    assert not learning.told.running


def test_stopping_ends_the_process_and_nothing_starts_after_it(bench, learning, tmp_path):
    import_rated(bench, tmp_path, FEWEST)
    learning.start()
    learning.stop()
    assert learning._process.poll() is not None
    assert not learning.start().running


def test_the_fewest_rated_images_are_those_that_core_asks_for():
    assert FEWEST_RATED == FEWEST


def test_a_card_that_is_damaged_or_of_another_model_tells_nothing_of_unseen_images(bench):
    study = bench.store.studies.create("one", StudySettings(blind=False))
    bench.store.images.add(study.id, [make_image(scores=(OpinionScore("raise", rating=40.0),))])
    desk = Desk(bench, study, bench.store.people.local())
    card = bench.settings.data / "core" / "fast" / "core.json"
    card.parent.mkdir(parents=True)
    for text in ("", "[1]", '{"name": "other", "metrics": {"leave one out": {"srocc": 1, "ci": [0, 1], "n": 3}}}'):
        card.write_text(text)
        assert insights(desk).unseen is None


def test_of_very_many_images_some_are_drawn_always_the_same(bench, monkeypatch):
    from realness.store import NewPrediction

    study = bench.store.studies.create("many", StudySettings(blind=False))
    new = [make_image(scores=(OpinionScore("raise", rating=float(at)),)) for at in range(30)]
    bench.store.images.add(study.id, new)
    kept = [NewPrediction(at, None, float(3 * at), 0.0, 100.0) for at in range(1, 31)]
    bench.store.predictions.add("core", kept)
    desk = Desk(bench, study, bench.store.people.local())
    monkeypatch.setattr(module, "MOST_PAIRS", 10)
    found = insights(desk)
    assert (found.of, len(found.pairs), found.figures.n, found.figures.srocc) == (30, 10, 10, pytest.approx(1.0))
    assert insights(desk).pairs == found.pairs


def test_a_new_training_right_after_the_last_one_runs_alone_and_to_its_end(bench, learning, tmp_path):
    import_rated(bench, tmp_path, FEWEST)
    learning.start()
    first = learning._process
    assert ended(learning).state == "done"
    assert first.poll() is not None  # what has told that it is done has ended
    learning.start()
    assert ended(learning).state == "done"


def test_stopping_ends_what_the_process_has_started(bench, learning, tmp_path):
    import_rated(bench, tmp_path, 2 * 32)  # enough images for processes of their own
    learning.start()
    group = learning._process.pid
    until = time.monotonic() + 120
    while len(members(group)) < 3:
        assert learning.told.running
        assert time.monotonic() < until
        time.sleep(0.02)
    learning.stop()
    until = time.monotonic() + 20
    while members(group):
        assert time.monotonic() < until
        time.sleep(0.05)


def members(group):
    """The processes of a group that have not ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            told = status.read_text().rpartition(")")[2].split()
            if int(told[2]) == group and told[0] != "Z":
                found.append(status.parent.name)
    return found

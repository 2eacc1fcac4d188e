"""Training CORE end to end: it learns, it goes on after a stop as if there was none, and it never peeks."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from rated_images import write_rated, write_table
from scipy.stats import spearmanr
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import rotate

from realness import clip as clips
from realness.core import Core
from realness.core.samples import Rated
from realness.errors import CannotWrite, InvalidValue, WeightsNotFound
from realness.training import core_evaluate, core_train
from realness.training.core_config import CoreConfig
from realness.training.core_data import augmented, split
from realness.training.core_evaluate import evaluate_end_to_end
from realness.training.core_train import train_core_network
from realness.workbench.scoring import Source

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def saved_after_every_epoch(monkeypatch):
    monkeypatch.setattr(core_train, "SAVED_EVERY", 0.0)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return write_rated(tmp_path_factory.mktemp("rated"), 40)


def recipe(**given):
    """A short one, from random weights, on small images."""
    values = {"image": "scratch", "text": "scratch", "size": (48, 64), "hidden": 16, "epochs": 3, "batch": 8}
    return CoreConfig(**values | {"learning_rate": 2e-3} | given)


def ratings(core, samples):
    said, _ = core.predict_all(samples, None)
    return np.array([one.rating for one in said])


class Stopped(Exception):
    pass


def stop_at(step):
    def watch(done, _total):
        if done == step:
            raise Stopped

    return watch


def test_it_learns_what_can_be_seen_and_read(samples, tmp_path):
    told = []
    config = recipe(epochs=20, learning_rate=1e-3, validation=0.25, seed=45)
    core, figures, skipped = train_core_network(config, samples, tmp_path / "m", lambda *at: told.append(at))
    assert skipped == []
    assert told == [(step, 20 * 4) for step in range(1, 20 * 4 + 1)]
    assert figures["n"] == 10
    assert figures["srocc"] > 0.5
    unseen = write_rated(tmp_path / "unseen", 40, seed=1)
    assert spearmanr(ratings(core, unseen), [one.rating for one in unseen]).statistic > 0.3
    epochs = core.facts["metrics"]["epochs"][0]
    assert [line["epoch"] for line in epochs] == list(range(1, 21))
    best = max(line["srocc"] for line in epochs)
    assert figures["members"][0]["srocc"] == pytest.approx(best, abs=1e-4)
    assert epochs[figures["members"][0]["best_epoch"] - 1]["srocc"] == best
    with Image.open(tmp_path / "m" / "curves.png") as plot:
        assert plot.format == "PNG"


@pytest.mark.parametrize("at", [2, 9, 15])
def test_a_stopped_training_ends_as_one_that_was_not(samples, tmp_path, at):
    config = recipe(epochs=2, members=2)
    whole, figures, _ = train_core_network(config, samples, tmp_path / "whole")
    with pytest.raises(Stopped):
        train_core_network(config, samples, tmp_path / "m", stop_at(at))
    assert not (tmp_path / "m").exists()
    told = []
    core, again, _ = train_core_network(config, samples, tmp_path / "m", lambda *one: told.append(one))
    assert core.name == whole.name
    assert again == figures
    assert told[-1] == (16, 16)
    assert len(told) < 16 or at == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "whole"]


def test_checkpoints_are_not_written_faster_than_they_are_worth(samples, tmp_path, monkeypatch):
    config = recipe(epochs=2)
    whole, _, _ = train_core_network(config, samples, tmp_path / "whole")
    monkeypatch.setattr(core_train, "SAVED_EVERY", 3600.0)
    with pytest.raises(Stopped):
        train_core_network(config, samples, tmp_path / "m", stop_at(7))
    assert [path.name for path in (tmp_path / "m.part").iterdir()] == ["train.json"]
    told = []
    core, _, _ = train_core_network(config, samples, tmp_path / "m", lambda *one: told.append(one))
    assert (core.name, told[0]) == (whole.name, (1, 8))


def test_stopping_late_is_not_past_the_end(samples, tmp_path):
    told = []
    train_core_network(recipe(epochs=1), samples, tmp_path / "m", lambda *one: told.append(one))
    assert told[-1] == (4, 4)


def test_validation_images_are_never_augmented_and_never_learned_from(samples, tmp_path, monkeypatch):
    seen = []

    def spy(images, config, rng):
        seen.extend(tuple(one.mean(dim=(1, 2)).tolist()) for one in images)
        return augmented(images, config, rng)

    monkeypatch.setattr(core_train, "augmented", spy)
    core, figures, _ = train_core_network(recipe(), samples, tmp_path / "m")
    parts = core.facts["split"][0]
    assert (len(parts["training"]), len(parts["validation"])) == (32, 8)
    assert not set(parts["training"]) & set(parts["validation"])
    assert len(seen) == 3 * 32
    assert len(set(seen)) == 32
    apart = [one for one in samples if one.sha256 in parts["validation"]]
    for one in apart:
        with Image.open(one.file) as image:
            mean = np.asarray(image.resize((64, 48), Image.Resampling.BILINEAR)).mean(axis=(0, 1)) / 255
        assert min(np.abs(np.array(each) - mean).max() for each in seen) > 1e-5
    # what the card tells is what the written model says of the images as they are
    agreed = spearmanr(ratings(core, apart), [one.rating for one in apart]).statistic
    assert agreed == pytest.approx(figures["srocc"], abs=1e-3)


def test_members_differ_and_their_spread_tells_how_sure_they_are(samples, tmp_path):
    core, figures, _ = train_core_network(recipe(members=3), samples, tmp_path / "m")
    assert len(core.networks) == 3
    first, second, _third = (set(each["validation"]) for each in core.facts["split"])
    assert first != second
    assert 8 < figures["n"] <= 24
    unseen = write_rated(tmp_path / "unseen", 10, seed=1)
    said, _ = core.predict_all(unseen, None)
    assert len({one.high - one.low for one in said}) == 10
    assert all(one.low < one.rating < one.high for one in said)
    alone, _, _ = train_core_network(recipe(epochs=1), samples, tmp_path / "alone")
    assert alone.predict(samples[0].file, samples[0].text).low is None


def test_an_image_is_scored_by_the_members_that_did_not_learn_from_it(samples, tmp_path):
    core, _, _ = train_core_network(recipe(epochs=1, members=2), samples, tmp_path / "m")
    first, second = (set(each["validation"]) for each in core.facts["split"])
    said = dict(zip((one.sha256 for one in samples), core.predict_all(samples, None)[0], strict=True))
    alone = [
        replace(core, networks=[network], facts=core.facts | {"split": [{"training": []}]}) for network in core.networks
    ]
    for one in samples:
        each = np.array([by.predict(one.file, one.text).rating for by in alone])
        asked = [one.sha256 in first, one.sha256 in second]
        expected = each[asked].mean() if any(asked) else each.mean()
        assert said[one.sha256].rating == pytest.approx(expected, abs=1e-3)
        assert core.learned_from(one.sha256) != any(asked)
    assert {True, False} == {core.learned_from(one.sha256) for one in samples}


@pytest.mark.parametrize(("image", "text"), [("scratch", "none"), ("none", "scratch")])
def test_one_half_alone_is_trained_too(samples, tmp_path, image, text):
    mute = [replace(one, text="") for one in samples] if text == "none" else samples
    core, _, skipped = train_core_network(recipe(image=image, text=text), mute, tmp_path / "m")
    assert skipped == []
    assert core.reads_text == (text != "none")
    assert Core.load(tmp_path / "m").predict(samples[0].file, samples[0].text).rating == pytest.approx(
        ratings(core, samples[:1])[0], abs=1e-3
    )


def test_what_cannot_be_used_is_left_out_and_told(samples, tmp_path):
    (tmp_path / "no.png").write_bytes(b"no image")
    more = [*samples, Rated("e" * 64, samples[0].file, " ", 5.0), Rated("f" * 64, tmp_path / "no.png", "Yes.", 5.0)]
    core, _, skipped = train_core_network(recipe(epochs=1), more, tmp_path / "m")
    assert {one.row: one.reason.partition(" ")[0] for one in skipped} == {"e" * 64: "has", "f" * 64: "no.png"}
    assert set(core.facts["samples"]) == {one.sha256 for one in samples}
    with pytest.raises(InvalidValue, match="at least 20 rated images"):
        train_core_network(recipe(), samples[:19], tmp_path / "few")
    with pytest.raises(InvalidValue, match="the same rating"):
        train_core_network(recipe(), [replace(one, rating=50.0) for one in samples], tmp_path / "few")
    assert not (tmp_path / "few.part").exists()


def test_another_recipe_other_data_and_damaged_checkpoints_do_not_go_on(samples, tmp_path):
    with pytest.raises(Stopped):
        train_core_network(recipe(), samples, tmp_path / "m", stop_at(6))
    with pytest.raises(InvalidValue, match="has another epochs and batch; remove"):
        train_core_network(recipe(epochs=2, batch=4), samples, tmp_path / "m")
    with pytest.raises(InvalidValue, match="has another data"):
        train_core_network(recipe(), samples[1:], tmp_path / "m")
    (tmp_path / "m.part" / "member-0.pt").write_bytes(b"torn")
    with pytest.raises(InvalidValue, match=r"member-0\.pt is damaged"):
        train_core_network(recipe(), samples, tmp_path / "m")
    (tmp_path / "m.part" / "train.json").write_text("[1]")
    with pytest.raises(InvalidValue, match="holds no recipe"):
        train_core_network(recipe(), samples, tmp_path / "m")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(CannotWrite, match="no CORE model"):
        train_core_network(recipe(), samples, tmp_path / "notes")


def test_untrained_diverged_and_unknown_give_no_model(samples, tmp_path, monkeypatch):
    with pytest.raises(InvalidValue, match="--epochs must be at least 1"):
        recipe(epochs=0)
    with pytest.raises(InvalidValue, match="needs an image encoder or a text encoder"):
        recipe(image="none", text="none")
    with pytest.raises(InvalidValue, match="--image of the preset paper"):
        recipe(image="stats")
    with pytest.raises(InvalidValue, match="diverged in epoch 1"):
        train_core_network(recipe(learning_rate=1e38), samples, tmp_path / "m")
    monkeypatch.setattr(clips, "reachable", lambda _url: False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    with pytest.raises(WeightsNotFound, match="--fresh"):
        train_core_network(recipe(image="resnet18"), samples, tmp_path / "p")
    with pytest.raises(WeightsNotFound, match="--text scratch"):
        train_core_network(recipe(text=CoreConfig().text), samples, tmp_path / "p")
    assert not (tmp_path / "m").exists()
    assert not (tmp_path / "p.part").exists()


def test_augmentation_does_what_it_says():
    images = torch.rand(4, 3, 30, 50, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.2
    still = recipe(flip=0.0, rotation=0.0, jitter=(0.0, 0.0, 0.0, 0.0))
    rng = np.random.default_rng
    torch.testing.assert_close(augmented(images, still, rng(0)), images)
    torch.testing.assert_close(augmented(images, replace(still, flip=1.0), rng(0)), images.flip(3))
    turned = augmented(images, replace(still, rotation=10.0), rng(3))
    for image, ours, angle in zip(images, turned, rng(3).uniform(-10, 10, 4), strict=True):
        theirs = rotate(image, angle, InterpolationMode.NEAREST)
        assert (ours - theirs).abs().lt(1e-5).float().mean() > 0.97
    bright = augmented(images, replace(still, jitter=(0.2, 0.0, 0.0, 0.0)), rng(0)) / images
    assert bright.flatten(1).std(dim=1).max() < 1e-5
    assert 0.8 <= bright.min() < bright.max() <= 1.2
    flat = augmented(images, replace(still, jitter=(0.0, 0.2, 0.0, 0.0)), rng(0))
    grey = torch.tensor((0.299, 0.587, 0.114)).view(1, 3, 1, 1)
    torch.testing.assert_close((flat * grey).sum(1).mean((1, 2)), (images * grey).sum(1).mean((1, 2)))
    assert not torch.allclose(flat, images, atol=1e-3)
    greys = images.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    coloured = replace(still, jitter=(0.0, 0.0, 0.2, 0.1))
    torch.testing.assert_close(augmented(greys, coloured, rng(0)), greys.contiguous(), atol=2e-3, rtol=0)
    assert not torch.allclose(augmented(images, coloured, rng(0)), images, atol=1e-2)


def test_a_split_is_a_function_of_its_seed():
    training, validation = split(40, 0.2, 7)
    assert sorted([*training, *validation]) == list(range(40))
    assert len(validation) == 8
    assert (split(40, 0.2, 7)[1] == validation).all()
    assert (split(40, 0.2, 8)[1] != validation).any()


@pytest.fixture
def tables(samples, tmp_path):
    """A table of rated images, and another one apart from it."""
    for one in samples:
        (tmp_path / one.file.name).write_bytes(one.file.read_bytes())
    return write_table(tmp_path, samples), write_table(tmp_path / "t", write_rated(tmp_path / "t", 20, seed=3))


def test_an_evaluation_asks_no_network_about_its_own_images(bench, tables, tmp_path, monkeypatch):
    def remembers(_config, inside, outside, _seed, _steps):
        known = {one.sha256 for one in inside.samples}
        return np.array([one.rating if one.sha256 in known else 50.0 for one in outside.samples])

    monkeypatch.setattr(core_evaluate, "_scored", remembers)
    found = evaluate_end_to_end(bench, Source(tables[0]), recipe(), tmp_path / "o", folds=4, seeds=2, test=tables[1])
    assert set(found.crossed.predictions) == {"image", "text", "both", "verdict", "tfidf ridge", "constant"}
    for name in ("image", "text", "both"):
        assert [set(run) for run in found.crossed.predictions[name]] == [{50.0}, {50.0}]
    assert found.test.srocc == 0
    with pytest.raises(InvalidValue, match="40 images of --test are in the training"):
        evaluate_end_to_end(bench, Source(tables[0]), recipe(), tmp_path / "p", test=tables[0])
    with pytest.raises(InvalidValue, match="--folds must be from 2 to 20"):
        evaluate_end_to_end(bench, Source(tables[0]), recipe(), tmp_path / "p", folds=21)


def test_a_stopped_evaluation_goes_on_and_ends_the_same(bench, tables, tmp_path):
    config, given = recipe(epochs=1, batch=16), {"folds": 2, "test": tables[1]}
    whole = evaluate_end_to_end(bench, Source(tables[0]), config, tmp_path / "whole", **given).as_json()
    with pytest.raises(Stopped):
        evaluate_end_to_end(bench, Source(tables[0]), config, tmp_path / "o", **given, progress=stop_at(4))
    (kept,) = (tmp_path / "o").glob("*.json")
    assert set(json.loads(kept.read_text())) == {"test 0", "image 0 0"}
    told = []
    again = evaluate_end_to_end(
        bench, Source(tables[0]), config, tmp_path / "o", **given, progress=lambda *one: told.append(one)
    )
    assert again.as_json() == whole
    assert set(whole["ablation"]) == {"image", "text", "both"}
    assert whole["test"]["n"] == 20
    assert told[0][0] > 1
    assert told[-1] == (8, 8)
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["core.csv", "core.md", "core.png"]

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from realness.clip import encode_tokens
from realness.errors import CannotWrite, InvalidValue
from realness.planting import KINDS
from realness.training.clip_bases import Bases
from realness.training.clip_config import TrainConfig
from realness.training.clip_data import make_batch
from realness.training.clip_losses import kind_loss
from realness.training.clip_train import CHECKPOINT, LOG, POSITIONS, RECIPE, _Run, new_model, train_clip
from realness.training.tokens import Words

TINY = TrainConfig(
    steps=6,
    layers=(1, 1, 1, 1),
    width=8,
    window=32,
    embed=16,
    text_width=32,
    text_layers=1,
    context=32,
    merges=600,
    batch=2,
    crop=64,
    windows=2,
    window_sides=(16, 32, 64),
    text_steps=3,
    photographs=1.0,
    sides=(64,),
)
BASES = Bases()


class Killed(Exception):
    pass


def test_the_same_configuration_and_step_give_the_same_batch():
    first, again, other = make_batch(TINY, BASES, 3), make_batch(TINY, BASES, 3), make_batch(TINY, BASES, 4)
    assert np.array_equal(first.crops, again.crops)
    assert first.texts == again.texts
    assert not np.array_equal(first.crops, other.crops)


def test_two_crops_that_follow_each_other_differ_only_where_something_is_planted():
    one = replace(TINY, crop=128, sides=(128,))
    for step in range(4):
        batch = make_batch(one, BASES, step)
        changed = (batch.crops[0] != batch.crops[1]).any(axis=2)
        cells = changed.reshape(4, 32, 4, 32).any(axis=(1, 3))
        covered = batch.cover.sum(axis=(0, 1)) > 0
        assert not (cells & ~covered).any()
        assert batch.cover.shape == (2, len(KINDS), 4, 4)
        assert batch.cover.sum(axis=1).max() <= 1 + 1e-6


def test_the_kind_loss_falls_when_the_right_kind_is_named_and_rises_when_a_wrong_one_is():
    cover = torch.zeros(4, 3)
    cover[0, 1] = 1
    none, right, wrong = torch.full((1, 4, 3), -3.0), torch.full((1, 4, 3), -3.0), torch.full((1, 4, 3), -3.0)
    right[0, 0, 1] = 3
    wrong[0, 1, 1] = 3
    assert kind_loss(right, cover) < kind_loss(none, cover) < kind_loss(wrong, cover)


def test_short_texts_are_encoded_as_open_clip_does(tmp_path):
    run = _Run(TINY, tmp_path, BASES)
    words = Words(tmp_path, TINY.context)(["the surface looks melted", "nothing looks unrealistic here at all"])
    run.model.eval()
    with torch.no_grad():
        assert torch.allclose(encode_tokens(run.model, words), run.model.encode_text(words, normalize=True), atol=1e-5)


def test_the_loss_on_one_batch_falls(tmp_path):
    run = _Run(replace(TINY, steps=1000, warmup=0.001), tmp_path, BASES)
    batch = make_batch(TINY, BASES, 0)
    run.take(batch)
    first = run.loss
    for _ in range(20):
        run.take(batch)
    assert run.loss < 0.9 * first


def test_a_killed_training_goes_on_to_the_same_weights(tmp_path):
    def kill(done, total):
        if done == 4:
            raise Killed

    whole = train_clip(TINY, tmp_path / "whole", workers=0)
    with pytest.raises(Killed):
        train_clip(TINY, tmp_path / "killed", kill, workers=0, save_minutes=0)
    assert torch.load(tmp_path / "killed" / CHECKPOINT, weights_only=True)["step"] == 3
    resumed = train_clip(TINY, tmp_path / "killed", workers=0)
    assert resumed["steps"] == whole["steps"] == 6
    states = [torch.load(tmp_path / name / CHECKPOINT, weights_only=True)["model"] for name in ("whole", "killed")]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    logged = [json.loads(line)["step"] for line in (tmp_path / "killed" / LOG).read_text().splitlines()]
    assert logged == sorted(logged)


def test_a_finished_training_is_written_out_again_and_not_trained_on(tmp_path):
    short = replace(TINY, steps=None, minutes=0.001)
    first = train_clip(short, tmp_path, workers=0)
    (tmp_path / "realness.json").unlink()
    assert train_clip(short, tmp_path, workers=0)["steps"] == first["steps"]
    assert (tmp_path / "realness.json").is_file()


def test_a_worker_process_gives_the_same_weights(tmp_path):
    short = replace(TINY, steps=2)
    train_clip(short, tmp_path / "here", workers=0)
    train_clip(short, tmp_path / "there", workers=1)
    states = [torch.load(tmp_path / name / CHECKPOINT, weights_only=True)["model"] for name in ("here", "there")]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_a_training_with_another_recipe_is_refused(tmp_path):
    TINY.save(tmp_path / RECIPE)
    with pytest.raises(InvalidValue, match=r"another seed and learning_rate.*another --out"):
        train_clip(replace(TINY, seed=5, learning_rate=1e-4), tmp_path, workers=0)


def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="name another place"):
        train_clip(TINY, tmp_path / "file", workers=0)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/open_clip_model.safetensors").write_bytes(b"")
    with pytest.raises(InvalidValue, match="would be overwritten"):
        train_clip(TINY, tmp_path / "other", workers=0)
    (tmp_path / CHECKPOINT).write_bytes(b"no checkpoint")
    with pytest.raises(InvalidValue, match="is damaged"):
        train_clip(TINY, tmp_path, workers=0)


def test_a_damaged_recipe_is_named(tmp_path):
    (tmp_path / RECIPE).write_text("{")
    with pytest.raises(InvalidValue, match="does not hold a training configuration"):
        train_clip(TINY, tmp_path, workers=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"crop": 100},
        {"batch": 3},
        {"minutes": 0.0},
        {"phrasings": 1},
        {"window": 100},
        {"window_sides": (96,)},
        {"harder": 0},
    ],
)
def test_a_recipe_that_cannot_work_is_refused(wrong):
    with pytest.raises(InvalidValue):
        replace(TINY, **wrong)


def test_a_model_starts_from_its_seed():
    first, again, other = (new_model(replace(TINY, seed=seed))[0].state_dict() for seed in (1, 1, 2))
    name = "visual.layer1.0.conv1.weight"
    assert torch.equal(first[name], again[name])
    assert not torch.equal(first[name], other[name])


def test_a_training_begins_with_the_weights_it_is_given(tmp_path):
    train_clip(TINY, tmp_path / "first", workers=0)
    for name in ("second", "third", "fourth"):
        (tmp_path / name).mkdir()
    begun = _Run(TINY, tmp_path / "second", BASES, tmp_path / "first")
    state = torch.load(tmp_path / "first" / CHECKPOINT, weights_only=True)["model"]
    assert all(torch.allclose(value, state[name], atol=2e-3) for name, value in begun.model.state_dict().items())
    wider = _Run(replace(TINY, window=96), tmp_path / "fourth", BASES, tmp_path / "first")
    places = wider.model.visual.attnpool.positional_embedding
    assert len(places) == 10
    assert torch.allclose(places[1:], state[POSITIONS][1:].expand(9, -1), atol=2e-3)
    with pytest.raises(InvalidValue, match="no weights of this recipe's shape"):
        _Run(replace(TINY, width=16), tmp_path / "third", BASES, tmp_path / "first")


def test_photographs_of_ones_own_are_another_training(tmp_path):
    rng = np.random.default_rng(0)
    for name, side in (("large", 1500), ("fine", 300), ("tiny", 100)):
        Image.fromarray(rng.integers(0, 255, (side, side, 3), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    bases = Bases.read(tmp_path)
    assert bases.added == 2
    assert max(bases.photographs[-1].shape) == 1100
    assert not np.array_equal(make_batch(TINY, bases, 0).crops, make_batch(TINY, BASES, 0).crops)
    train_clip(replace(TINY, steps=1), tmp_path / "out", workers=0)
    with pytest.raises(InvalidValue, match="another pictures"):
        train_clip(replace(TINY, steps=1), tmp_path / "out", bases=bases, workers=0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidValue, match="no photograph"):
        Bases.read(tmp_path / "empty")


def test_crops_of_every_size_come_at_the_size_of_the_recipe():
    for side in (64, 96, 128):
        batch = make_batch(replace(TINY, sides=(side,)), BASES, 1)
        assert batch.crops.shape == (2, 64, 64, 3)
        assert batch.cover.shape == (2, len(KINDS), 2, 2)

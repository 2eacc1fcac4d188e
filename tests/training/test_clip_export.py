import json
import shutil

import open_clip
import pytest
import torch

from realness.clip import load
from realness.dream import Dream
from realness.training.clip_export import PRIOR, export, fit_logistic, validate
from realness.training.clip_train import new_model
from realness.training.tokens import Words, write_tokenizer
from tests.training.test_clip_train import BASES, TINY


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "first"
    folder.mkdir()
    write_tokenizer(folder, TINY.merges, TINY.context)
    model, _ = new_model(TINY)
    model.eval()
    export(model, TINY, BASES, folder)
    moved = folder.with_name("moved")
    shutil.move(folder, moved)
    return model, moved


def test_open_clip_loads_the_folder_wherever_it_lies(made):
    model, folder = made
    loaded, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    loaded.eval()
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(["the surface looks melted", "nothing is wrong"])
    image = torch.rand(2, 3, TINY.window, TINY.window)
    with torch.no_grad():
        for mine, theirs in (
            (model.encode_text(tokens, normalize=True), loaded.encode_text(tokens, normalize=True)),
            (model.encode_image(image, normalize=True), loaded.encode_image(image, normalize=True)),
        ):
            assert torch.allclose(mine, theirs, atol=4e-3)
    assert "Resize" in str(preprocess)


def test_the_weights_are_half_precision(made):
    from safetensors.torch import load_file

    weights = load_file(made[1] / "open_clip_model.safetensors")
    assert {value.dtype for value in weights.values() if value.is_floating_point()} == {torch.float16}


def test_dream_reads_the_calibration(made):
    told = json.loads((made[1] / "realness.json").read_text())["dense"]
    assert told["temperature"] > 0
    assert told["pixels_per_token"] == [32, 21.333, 16]
    assert "the surface looks natural" in told["neutral"]
    found = Dream(load(f"local-dir:{made[1]}")).map(torch.zeros(64, 96, 3).byte().numpy(), "the edge looks broken")
    assert found.values.shape == (4, 6)


def test_an_interrupted_export_leaves_the_folder_as_it_was(made, tmp_path, monkeypatch):
    model, _ = made
    write_tokenizer(tmp_path, TINY.merges, TINY.context)
    before = sorted(file.name for file in tmp_path.iterdir())

    def stopped(*_given):
        raise KeyboardInterrupt

    monkeypatch.setattr("realness.training.clip_export.calibrate", stopped)
    with pytest.raises(KeyboardInterrupt):
        export(model, TINY, BASES, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == before


def test_validation_of_an_untrained_model_is_near_chance(made):
    score = validate(made[0], TINY, BASES, Words(made[1], TINY.context), steps=6)
    assert 0.2 < score < 0.8


@pytest.mark.parametrize("share", [0.02, 0.4])
def test_what_is_known_of_a_place_moves_its_probability_from_the_prior_whatever_the_share(share):
    dice = torch.Generator().manual_seed(0)
    target = (torch.rand(40_000, generator=dice) < share).float()
    scores = torch.randn(40_000, generator=dice) + 2 * target
    slope, bias = fit_logistic(scores, target)
    assert slope == pytest.approx(2, rel=0.1)  # two normal distributions two deviations apart
    told, untold = (torch.sigmoid(torch.tensor(slope * score + bias)).item() for score in (3.0, 1.0))
    assert untold == pytest.approx(PRIOR, abs=0.03)
    assert told > 0.9

"""The weights that ship with the project."""

import json

import numpy as np
import pytest

from realness.clip import MINI, load
from realness.domain import Verdict
from realness.dream import Dream
from realness.dream.metrics import pixel_auroc
from realness.dream.sampling import values_at_pixels
from realness.planting import plant, sample_study, training_photographs
from realness.training.clip_export import PRIOR


def test_the_folder_is_small_and_complete():
    files = {path.name: path.stat().st_size for path in MINI.iterdir()}
    assert sum(files.values()) <= 25e6
    needed = {
        "open_clip_config.json",
        "open_clip_model.safetensors",
        "tokenizer.json",
        "README.md",
        "realness.json",
        "train.json",
    }
    assert needed <= files.keys()


def test_no_file_names_a_place_on_a_machine():
    for path in MINI.iterdir():
        if path.suffix in (".json", ".md"):
            text = path.read_text(encoding="utf-8")
            assert "/tmp/" not in text
            assert "/home/" not in text
            assert str(MINI.parent.parent) not in text
    assert json.loads((MINI / "open_clip_config.json").read_text())["model_cfg"]["vision_cfg"]["image_size"] <= 256


def test_it_finds_plain_noise_where_it_was_planted():
    dream = Dream(load("mini"))
    scores = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        photograph = training_photographs()["astronaut"][:384]
        planted = plant(photograph, "noisy", rng, strength=0.9, phrasing="held_out")
        found = dream.map(planted.image, planted.phrase)
        scores.append(pixel_auroc(-values_at_pixels(found), planted.mask))
    assert np.mean(scores) > 0.8


def test_most_maps_of_the_sample_show_something_and_not_everything():
    """At the viewer's own threshold; the verdict `no` shows nothing by rule."""
    dream = Dream(load("mini"))
    seen = []
    for item in sample_study(0):
        if item.verdict is not Verdict.NO:
            found = dream.map(item.image, item.description, verdict=item.verdict, findings=item.findings)
            seen.append((1 - found.values > PRIOR).mean())
    assert len(seen) >= 18
    assert np.mean([0.01 < share < 0.6 for share in seen]) > 0.8


@pytest.mark.parametrize("text", ["", "漢字 " * 200, "a" * 5000])
def test_any_text_gives_an_embedding_of_unit_length(text):
    embedded = load("mini").encode_text([text])
    assert embedded.norm().item() == pytest.approx(1, abs=1e-3)

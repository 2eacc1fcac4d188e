"""The dense map: a layer a finding, the verdict a gate, no stretching."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from small_clip import save_small_clip

from realness import clip
from realness.domain import Finding, Verdict
from realness.dream import Dream, sampling
from realness.dream import dense_map as dense_map_module
from realness.errors import UnsupportedModel

TEXT = "Somewhat. The hand has six fingers, and the sign is garbled."


def noise(height=96, width=160, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_every_finding_has_its_layer_and_the_map_is_their_harmonic_mean(small_clip):
    found = Dream(small_clip).map(noise(), TEXT)
    assert found.phrases == ("The hand has six fingers", "the sign is garbled")
    assert found.layers.shape == (2, *found.values.shape)
    assert np.allclose(1 / found.values, (1 / found.layers).mean(axis=0), rtol=1e-5)
    assert (found.values >= found.layers.min(axis=0) - 1e-6).all()
    assert 0 <= found.values.min() <= found.values.max() <= 1
    assert np.abs(found.raw).max() <= 1


def test_given_findings_are_taken_instead_of_the_split(small_clip):
    found = Dream(small_clip).map(noise(), TEXT, findings=[Finding("only this one")])
    assert found.phrases == ("only this one",)


def test_the_verdict_no_is_the_constant_realistic_map(small_clip):
    for given in ({"text": "No, nothing is wrong."}, {"text": "The hand is odd.", "verdict": Verdict.NO}):
        found = Dream(small_clip).map(noise(), given.pop("text"), **given)
        assert (found.values == 1).all()
        assert found.layers.shape[0] == 0


def test_a_finding_means_the_same_whatever_else_is_said(small_clip):
    alone = Dream(small_clip).map(noise(), TEXT, findings=[Finding("the sign is garbled")])
    both = Dream(small_clip).map(noise(), TEXT)
    assert np.allclose(alone.layers[0], both.layers[1], atol=1e-5)


def test_the_map_keeps_the_images_aspect_and_reaches_its_pixels(small_clip):
    found = Dream(small_clip).map(noise(90, 240), TEXT)
    height, width = found.values.shape
    assert width / height == pytest.approx(240 / 90, rel=0.35)
    assert sampling.values_at_pixels(found).shape == (90, 240)


def test_a_large_map_is_kept_at_512(small_clip):
    found = Dream(small_clip).map(Image.fromarray(noise(40, 600)), TEXT, method="released", stride=32)
    kept = sampling.to_keep(found)
    assert kept.values.shape == (34, 512)
    assert kept.size == (600, 40)
    assert abs(kept.values.mean() - found.values.mean()) < 0.02


def test_the_tuning_beside_the_weights_is_read(tmp_path):
    folder = save_small_clip(tmp_path, "resnet")
    (folder / "realness.json").write_text(json.dumps({"dense": {"pixels_per_token": 8, "temperature": 0, "bias": 0}}))
    found = Dream(clip.load(f"local-dir:{folder}")).map(noise(), TEXT)
    assert found.values.shape == (12, 20)
    assert np.allclose(found.values, 0.5)
    (folder / "realness.json").write_text('{"dense": {"temperature": "hot"}}')
    with pytest.raises(UnsupportedModel, match=r"realness\.json"):
        Dream(clip.load(f"local-dir:{folder}")).map(noise(), TEXT)


@pytest.mark.parametrize(
    "told",
    [
        [1],
        {"dense": "x"},
        {"dense": {"temperature": float("nan")}},
        {"dense": {"neutral": "a natural photo"}},
        {"dense": {"attention": "zz"}},
        {"dense": {"blocks": 99}},
    ],
)
def test_a_tuning_that_makes_no_sense_is_refused(tmp_path, told):
    folder = save_small_clip(tmp_path)
    (folder / "realness.json").write_text(json.dumps(told))
    with pytest.raises(UnsupportedModel, match=r"realness\.json"):
        Dream(clip.load(f"local-dir:{folder}")).map(noise(), TEXT)


def test_another_calibration_is_another_clip(tmp_path):
    folder = save_small_clip(tmp_path)
    before = clip.load(f"local-dir:{folder}").weights_id
    (folder / "realness.json").write_text('{"dense": {"temperature": 50}}')
    assert clip.load(f"local-dir:{folder}").weights_id != before


def test_scales_are_averaged_at_the_finest_grid(tmp_path):
    folder = save_small_clip(tmp_path, "resnet")
    shared = {"temperature": 5, "bias": 0}

    def with_scales(sizes):
        (folder / "realness.json").write_text(json.dumps({"dense": {"pixels_per_token": sizes, **shared}}))
        return Dream(clip.load(f"local-dir:{folder}", precision="fp32")).map(noise(), TEXT)

    coarse, fine, both = with_scales([32]), with_scales([16]), with_scales([32, 16])
    assert coarse.values.shape == (3, 5)
    assert both.values.shape == fine.values.shape == (6, 10)
    odds = [np.log(each.layers / (1 - each.layers)) for each in (fine, both)]
    coarser = torch.from_numpy(np.log(coarse.layers / (1 - coarse.layers)))[None]
    there = torch.nn.functional.interpolate(coarser, size=(6, 10), mode="bilinear")[0].numpy()
    assert np.allclose(odds[1], (odds[0] + there) / 2, atol=1e-3)
    for wrong in ([], [8, 8, 8, 8], [0], [-3]):
        if wrong:
            with pytest.raises(UnsupportedModel, match="scales"):
                with_scales(wrong)


def test_scales_that_become_one_on_a_large_image_are_passed_once(tmp_path, monkeypatch):
    folder = save_small_clip(tmp_path, "resnet")
    (folder / "realness.json").write_text(json.dumps({"dense": {"pixels_per_token": [32, 16]}}))
    loaded, passes = clip.load(f"local-dir:{folder}"), []
    monkeypatch.setattr(dense_map_module, "MAX_INPUT", 128)
    real = dense_map_module.dense_features
    monkeypatch.setattr(dense_map_module, "dense_features", lambda *a, **k: passes.append(1) or real(*a, **k))
    Dream(loaded).map(noise(256, 256), TEXT)
    assert len(passes) == 1


def test_what_is_said_to_be_right_has_no_layer(small_clip):
    found = Dream(small_clip).map(noise(), "Somewhat. The sign is garbled, but everything else looks realistic.")
    assert found.phrases == ("The sign is garbled",)
    assert (Dream(small_clip).map(noise(), "Everything looks realistic.").values == 1).all()


@pytest.mark.parametrize("name", dense_map_module.COMBINATIONS)
def test_every_combination_keeps_the_range_and_an_only_layer(name):
    layers = np.random.default_rng(0).random((3, 4, 5))
    combined = dense_map_module.COMBINATIONS[name](layers)
    assert combined.shape == (4, 5)
    assert 0 <= combined.min() <= combined.max() <= 1
    assert np.allclose(dense_map_module.COMBINATIONS[name](layers[:1]), layers[0])


def test_reading_maps_loads_no_torch():
    code = "import sys; import realness.dream.files, realness.dream.sampling; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"

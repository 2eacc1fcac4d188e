"""The localisation benchmark: that it tells a method that finds from one that does not."""

import re
from collections.abc import Sequence
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from benchmarks.figures import false_alarms, paired, summary
from benchmarks.locate import compare, plantings, run
from benchmarks.locators import Timed
from realness.errors import InvalidValue
from realness.planting import GROUPS, KINDS, Planted, phrases


class Oracle:
    """Knows the answers; of an image without a planting, and of another phrase, it knows nothing."""

    def __init__(self, planted: list[Planted]) -> None:
        self.answers = {one.image.tobytes(): one for one in planted}

    def __call__(self, image: np.ndarray, phrases: Sequence[str]) -> np.ndarray:
        one = self.answers.get(image.tobytes())
        nothing = np.ones(image.shape[:2])
        return np.stack([nothing if one is None or one.phrase != phrase else 1.0 - one.mask for phrase in phrases])


@pytest.fixture(scope="module")
def planted():
    return list(plantings(None, 1))


def test_each_kind_is_planted_as_often_in_held_out_words_on_everyday_sizes(planted):
    assert [one.kind for one in planted] == list(KINDS)
    for one in planted:
        assert one.image.shape[0] <= 384
        assert one.image.shape[1] <= 512
        patterns = [re.sub(r"\{\w+\}", ".+", template) for template in phrases(one.kind, "held_out")]
        assert any(re.fullmatch(pattern, one.phrase) for pattern in patterns)


def test_an_oracle_gets_full_marks_and_chance_half(planted):
    chance = np.random.default_rng(0)
    steps = []
    outcomes = compare(
        {"oracle": Timed(Oracle(planted)), "chance": Timed(lambda image, _: chance.random((2, *image.shape[:2])), 3)},
        planted,
        progress=lambda done, total: steps.append((done, total)),
        total=len(planted),
    )
    results = {name: summary(found, GROUPS) for name, found in outcomes.items()}
    best, worst = results["oracle"]["all"], results["chance"]["all"]
    assert (best["auroc"], best["pointing"], best["ap"], best["n"]) == (1, 1, 1, len(KINDS))
    assert (best["f1"], best["aupro"], best["right_over_wrong"]) == (1, pytest.approx(1), 1)
    assert best["gain"] == pytest.approx(0.5)
    assert worst["auroc"] == pytest.approx(0.5, abs=0.03)
    assert worst["ci"][0] <= worst["auroc"] <= worst["ci"][1]
    assert abs(worst["gain"]) < 0.04
    assert worst["n"] == len(range(0, len(KINDS), 3))
    assert set(results["oracle"]) == {"all", *GROUPS, *KINDS}
    assert steps[-1] == (len(KINDS), len(KINDS))
    assert false_alarms(outcomes["oracle"]) == {"threshold": pytest.approx(0, abs=1e-3), "f1": 1, "untouched_below": 0}
    assert false_alarms(outcomes["chance"])["untouched_below"] > 0.5


def test_differences_are_taken_on_the_same_plantings(planted):
    slow = Timed(lambda image, phrases: np.ones((len(phrases), *image.shape[:2])), every=4)
    oracle = Timed(Oracle(planted))
    outcomes = compare({"dense": oracle, "slow": slow}, planted)
    oracle.seconds, slow.seconds = oracle.calls * 1.0, slow.calls * 100.0
    found = paired(outcomes["dense"], outcomes["slow"], oracle, slow)
    assert found["auroc_difference"] == pytest.approx(0.5)
    assert found["n"] == len(range(0, len(KINDS), 4))
    assert found["time_ratio"] == pytest.approx(0.01)


def test_every_kind_is_in_one_group():
    assert sorted(kind for group in GROUPS.values() for kind in group) == sorted(KINDS)


def test_the_same_plantings_come_every_time(planted):
    again = list(islice(plantings(None, 1), 4))
    for one, other in zip(again, planted, strict=False):
        assert np.array_equal(one.image, other.image)
        assert one.phrase == other.phrase


def test_ones_own_photographs_can_be_used_and_damaged_files_are_left_out(tmp_path):
    rng = np.random.default_rng(1)
    own = rng.integers(0, 256, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(own).save(tmp_path / "own.png")
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    Image.new("RGB", (20, 20)).save(tmp_path / "tiny.png")
    for one in plantings(tmp_path, 1):
        assert np.array_equal(one.original, own)


def test_of_a_raise_tree_only_the_photographs_are_planted_into(tmp_path):
    images = tmp_path / "datasets/train/images"
    images.mkdir(parents=True)
    for name, value in (("r7", 10), ("f7", 200), ("r7_mask", 250)):
        Image.new("RGB", (90, 90), (value,) * 3).save(images / f"{name}.png")
    for one in islice(plantings(tmp_path, 1), 3):
        assert one.original.max() == 10


def test_a_folder_without_photographs_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="no photograph"):
        next(plantings(tmp_path, 1))
    with pytest.raises(InvalidValue, match="not a folder"):
        next(plantings(tmp_path / "absent", 1))


def test_mini_finds_more_than_chance_and_than_an_untrained_network():
    found = run(quick=True, per_kind=2)  # quick: little time for the slow methods, which are not what is asked here
    assert found["targets"]["above random"]["met"], found["targets"]
    assert found["targets"]["above untrained"]["met"], found["targets"]
    assert found["results"]["dense"]["all"]["gain_ci"][0] > 0
    assert set(found["paired"]) == {"released", "paper --stride 32"}
    assert {"minimum", "mean"} < set(found["combine"])
    assert found["passed"] == all(target["met"] for target in found["targets"].values())

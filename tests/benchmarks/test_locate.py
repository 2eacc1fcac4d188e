"""The localisation benchmark: that it tells a method that finds from one that does not."""

import re
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from benchmarks.locate import compare, plantings, run
from realness.errors import InvalidValue
from realness.planting import KINDS, Planted, phrases


class Oracle:
    """Knows the answers; of an image without a planting it knows nothing."""

    def __init__(self, planted: list[Planted]) -> None:
        self.answers = {one.image.tobytes(): one.mask for one in planted}

    def __call__(self, image: np.ndarray, phrase: str) -> np.ndarray:
        return self.answers.get(image.tobytes(), np.zeros(image.shape[:2], dtype=bool)).astype(float)


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
    results = compare(
        {"oracle": Oracle(planted), "chance": lambda image, _: chance.random(image.shape[:2])},
        planted,
        progress=lambda done, total: steps.append((done, total)),
        total=len(planted),
    )
    best, worst = results["oracle"]["all"], results["chance"]["all"]
    assert (best["auroc"], best["pointing"], best["ap"], best["n"]) == (1, 1, 1, len(KINDS))
    assert best["gain"] == pytest.approx(0.5)
    assert worst["auroc"] == pytest.approx(0.5, abs=0.02)
    assert worst["ci"][0] <= worst["auroc"] <= worst["ci"][1]
    assert abs(worst["gain"]) < 0.03
    assert set(results["oracle"]) == {"all", *KINDS}
    assert steps[-1] == (len(KINDS), len(KINDS))


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


def test_a_folder_without_photographs_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="no photograph"):
        next(plantings(tmp_path, 1))
    with pytest.raises(InvalidValue, match="not a folder"):
        next(plantings(tmp_path / "absent", 1))


def test_mini_finds_more_than_chance_and_than_an_untrained_network():
    found = run(per_kind=3)
    assert found["passed"], found["targets"]
    assert found["results"]["mini"]["all"]["gain_ci"][0] > 0

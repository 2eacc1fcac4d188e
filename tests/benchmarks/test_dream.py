"""The speed benchmark: that its figures are of what they say; how large they are is not for a test to ask."""

import numpy as np
import pytest
from small_clip import save_small_clip

from benchmarks import dream
from realness.dream import windows


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    return f"local-dir:{save_small_clip(tmp_path_factory.mktemp('clip'))}"


def test_drawn_windows_are_spread_evenly_over_all():
    corners = list(windows.corners_of(96, 128, 32, 4))
    drawn = dream._even(corners, 40)
    assert len(set(drawn)) == 40
    assert (drawn[0], drawn[-1]) == (corners[0], corners[-1])
    assert abs(np.mean([y for y, _ in drawn]) - np.mean([y for y, _ in corners])) < 2
    assert dream._even(corners[:3], 40) == corners[:3]


def test_targets_are_judged_where_they_hold():
    results = {"amx": False, "windows_speedup": 2.0, "dense_cost": 1.2, "dense_vs_paper": 0.001}
    targets = dream._targets(results)
    assert set(targets) == {"windows_speedup", "dense_cost", "dense_vs_paper"}
    assert not targets["windows_speedup"]["judged"]
    assert {name: target["met"] for name, target in targets.items()} == {
        "windows_speedup": False,
        "dense_cost": False,
        "dense_vs_paper": True,
    }


def test_every_measurement_gives_its_figures(spec, tmp_path):
    assert dream._windows(spec, 16)["windows_speedup"] > 0
    assert dream._dense(spec, 1)["dense_cost"] > 0
    assert 0 < dream._paper(spec, 32, 1)["dense_vs_paper"] < 1
    found = dream._pipeline(spec, tmp_path, 8)
    assert found["pipeline"] == pytest.approx(found["images_a_second"] / found["encoder_images_a_second"], rel=0.01)


def test_peak_memory_is_measured_in_a_process_of_its_own(spec):
    large = dream._peak(spec, "dense", 3000, 2000)
    assert 0.02 < large < 3  # the decoded image alone is 0.018
    assert dream._peak(spec, "released", 600, 400) < large

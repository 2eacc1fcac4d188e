"""The benchmark of Ray's workers: that it measures what it says, and that their maps are this process's."""

from importlib.util import find_spec

import pytest

from benchmarks import ray


@pytest.mark.skipif(not find_spec("ray"), reason="needs requirements-ray.txt")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.data")  # of Ray 2.60 to itself
def test_every_figure_is_there_the_maps_are_the_same_and_progress_is_told(monkeypatch):
    for name, value in {"IMAGES_QUICK": 6, "TURNS_QUICK": 1, "COMPARED": 2}.items():
        monkeypatch.setattr(ray, name, value)
    steps = []
    found = ray.run(quick=True, progress=lambda done, total: steps.append((done, total)))
    results = found["results"]
    rates = results["ray_images_per_second"], results["local_images_per_second"]
    assert results["throughput_ratio"] == pytest.approx(rates[0] / rates[1], rel=0.02)
    assert results["largest_difference"] <= 1e-5
    assert results["largest_kept_difference"] <= 0.01
    assert results["ray_ready_seconds"] > 0
    assert (results["images"], results["turns"], results["workers"]) == (6, 1, 2)
    assert set(found["targets"]) == {"throughput_ratio", "largest_difference"}
    assert found["passed"] == all(target["met"] for target in found["targets"].values())
    assert steps == sorted(steps)
    assert steps[-1] == (12, 12)

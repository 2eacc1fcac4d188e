"""The benchmark of stored maps: that it measures what it says, whatever the machine takes."""

from benchmarks.maps import READS_QUICK, SIZES, run


def test_every_figure_is_there_and_progress_is_told():
    steps = []
    found = run(quick=True, progress=lambda done, total: steps.append((done, total)))
    for results in (found["results"], found["results"]["usual"]):
        for what in ("read", "write", "compressed_read"):
            for unit in ("ms", "cpu_ms"):
                assert 0 < results[f"{what}_{unit}_median"] <= results[f"{what}_{unit}_p95"]
        assert results["compressed_bytes"] < results["bytes"]
    height, width, layers = SIZES["largest"]
    assert found["results"]["bytes"] >= 2 * height * width * (layers + 2)
    assert found["passed"] == all(target["met"] for target in found["targets"].values())
    assert steps[-1] == (2 * READS_QUICK, 2 * READS_QUICK)

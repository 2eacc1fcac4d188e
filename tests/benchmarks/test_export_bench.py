"""The benchmark of exports: that it measures what it says, whatever the machine takes."""

from benchmarks import export


def test_every_figure_is_there_and_progress_is_told(monkeypatch):
    monkeypatch.setattr(export, "REVIEWS_QUICK", 300)
    steps = []
    found = export.run(quick=True, progress=lambda done, total: steps.append((done, total)))
    results = found["results"]
    assert results["rows"] == 300
    assert results["bytes"] > 300 * 1000
    assert results["of_plain"] > 0
    assert set(found["targets"]) == {"rows_per_second", "memory_mb"}
    assert found["passed"] == all(target["met"] for target in found["targets"].values())
    assert steps[-1] == (3, 3)

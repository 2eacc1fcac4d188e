"""The benchmark of Browse: that it measures what it says, whatever the machine takes."""

from benchmarks import browse


def test_every_figure_is_there_and_progress_is_told(monkeypatch):
    monkeypatch.setattr(browse, "IMAGES_QUICK", 200)
    monkeypatch.setattr(browse, "TURNS", 1)
    steps = []
    found = browse.run(quick=True, progress=lambda done, total: steps.append((done, total)))
    for study in browse.STUDIES:
        assert len(found["results"][study]) == len(browse.SORTS) + len(browse.FILTERS)
        assert all(value > 0 for each in found["results"][study].values() for value in each.values())
    assert found["results"]["images"] == 200
    assert len(found["targets"]) == 3
    assert found["passed"] == all(target["met"] for target in found["targets"].values() if target["judged"])
    assert steps[-1] == (60, 60)

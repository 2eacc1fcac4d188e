"""The benchmark of CORE: that its figures are of what they say; how large they are is not for a test to ask."""

import pytest
from rated_images import write_rated, write_table

from benchmarks import core
from realness.core.model import Encoders
from realness.training import core_config

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return write_rated(tmp_path_factory.mktemp("rated"), 24)


@pytest.fixture
def small(monkeypatch):
    """A smaller network on smaller images than the benchmark's."""
    whole = core_config.CoreConfig
    monkeypatch.setattr(
        core_config, "CoreConfig", lambda *_, **given: whole("scratch", "scratch", size=(48, 64), **given)
    )


def test_targets_are_judged_where_they_hold():
    targets = core._targets({"amx": False, "fit_seconds": 4.0, "features_seconds": 121.0, "epoch_speedup": 1.2})
    assert {name: (target["met"], target["judged"]) for name, target in targets.items()} == {
        "fit_seconds": (True, True),
        "features_seconds": (False, True),
        "epoch_speedup": (False, False),
    }


def test_cached_features_are_not_computed_again(samples, tmp_path, monkeypatch):
    encoded = []
    whole = Encoders.encode

    def counted(self, some, cache, progress=None):
        return whole(self, some, cache, lambda done, total: encoded.append((done, total)))

    monkeypatch.setattr(Encoders, "encode", counted)
    found = core._fast(samples, tmp_path)
    assert encoded[-1] == (24, 24)
    assert len(encoded) == 24
    assert 0 < found["fit_seconds"] < found["features_seconds"]


def test_both_epochs_learn_from_the_same_images(samples, small, monkeypatch):
    opened = []
    convert = core.Image.Image.convert

    def counted(self, *given, **options):
        opened.append(getattr(self, "filename", ""))
        return convert(self, *given, **options)

    monkeypatch.setattr(core.Image.Image, "convert", counted)
    found = core._paper(samples, 1)
    assert found["epoch_speedup"] == pytest.approx(found["plain_epoch_seconds"] / found["epoch_seconds"], rel=0.5)
    plain = [name for name in opened if name]  # ours decodes copies, which have no name
    assert set(plain) == {str(one.file) for one in samples}
    assert len(plain) == 2 * 24


def test_photographs_or_a_folder_are_measured(tmp_path, samples, small):
    made = core._samples(None, tmp_path, 22)
    assert len({one.sha256 for one in made}) == 22
    assert 10 < max(one.rating for one in made) - min(one.rating for one in made) <= 100
    told = []
    table = write_table(samples[0].file.parent, samples)
    found = core.run(quick=True, progress=lambda *at: told.append(at), folder=table)
    assert found["results"]["images"] == 24
    assert set(found["targets"]) == {"fit_seconds", "features_seconds", "epoch_speedup"}
    assert found["passed"] == all(one["met"] for one in found["targets"].values() if one["judged"])
    assert told[-1] == (3, 3)

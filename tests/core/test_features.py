"""Vectors are computed once, and kept as they are done."""

import io
from dataclasses import dataclass, field

import numpy as np
import pytest

from realness.core import features
from realness.core.features import FeatureCache
from realness.domain import Skipped
from realness.errors import UnsupportedModel


@dataclass
class Lengths:
    """An encoder that counts what it is asked for."""

    identity: str = "lengths-1"
    spec: str = "lengths"
    asked: list[str] = field(default_factory=list)
    stop_at: int | None = None

    def encode(self, items):
        for at, item in enumerate(items):
            if at == self.stop_at:
                raise KeyboardInterrupt
            self.asked.append(item)
            yield Skipped(item, "is bad") if item == "bad" else np.array([len(item), 1], np.float32)


def test_vectors_are_computed_once_and_by_encoder(tmp_path):
    cache, encoder = FeatureCache(tmp_path), Lengths()
    items = {"a": "one", "b": "bad", "c": "three"}
    found, skipped = cache.vectors(encoder, items)
    assert {key: value.tolist() for key, value in found.items()} == {"a": [3, 1], "c": [5, 1]}
    assert skipped == [Skipped("b", "is bad")]
    found, _ = cache.vectors(encoder, {**items, "d": "four"})
    assert encoder.asked == ["one", "bad", "three", "bad", "four"]
    assert set(found) == {"a", "c", "d"}
    other = Lengths("lengths-2")
    cache.vectors(other, {"a": "one"})
    assert other.asked == ["one"]


def test_a_stopped_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "KEPT_EVERY", 2)
    items = {str(number): "x" * number for number in range(7)}
    with pytest.raises(KeyboardInterrupt):
        FeatureCache(tmp_path).vectors(Lengths(stop_at=5), items)
    encoder, told = Lengths(), []
    found, _ = FeatureCache(tmp_path).vectors(encoder, items, lambda done, total: told.append((done, total)))
    assert encoder.asked == ["xxxx", "xxxxx", "xxxxxx"]
    assert len(found) == 7
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_damaged_file_is_computed_again(tmp_path):
    FeatureCache(tmp_path).vectors(Lengths(), {"a": "one"})
    (file,) = tmp_path.glob("*/*.npz")
    buffer = io.BytesIO()
    np.savez(buffer, keys=np.array("a"), vectors=np.array(["x"]))
    for damage in (b"", b"no archive", file.read_bytes()[:-30], buffer.getvalue()):
        file.write_bytes(damage)
        encoder = Lengths()
        found, _ = FeatureCache(tmp_path).vectors(encoder, {"a": "one"})
        assert encoder.asked == ["one"]
        assert found["a"].tolist() == [3, 1]
        for each in tmp_path.glob("*/*.npz"):
            if each != file:
                each.unlink()


def test_an_encoder_that_gives_no_numbers_is_refused(tmp_path):
    class Broken(Lengths):
        def encode(self, items):
            yield from (np.array([np.nan, 1], np.float32) for _ in items)

    with pytest.raises(UnsupportedModel, match="NaN"):
        FeatureCache(tmp_path).vectors(Broken(), {"a": "one"})
    assert list(tmp_path.rglob("*.npz")) == []

"""Maps as files: what is read is what was written, or an error."""

import hashlib
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from realness.domain import RealnessMap
from realness.dream import files
from realness.errors import UnreadableImage


def some_map():
    rng = np.random.default_rng(0)
    values, raw = rng.random((6, 8), dtype=np.float32), rng.random((6, 8), dtype=np.float32)
    layers = rng.random((2, 6, 8), dtype=np.float32)
    return RealnessMap(values, raw, layers, ("one", "two — ünï"), "dense", "mini", (512, 384))


def test_a_map_comes_back_within_half_precision(tmp_path):
    given = some_map()
    digest = files.save(given, tmp_path / "a/b/m.npz")
    found = files.load(tmp_path / "a/b/m.npz", digest)
    for name in ("values", "raw", "layers"):
        assert np.allclose(getattr(found, name), getattr(given, name), atol=1e-3)
    assert (found.phrases, found.method, found.clip, found.size) == (given.phrases, "dense", "mini", (512, 384))
    assert [p.name for p in (tmp_path / "a/b").iterdir()] == ["m.npz"]


def test_what_is_read_is_half_precision_to_the_bit_and_the_same_map_is_the_same_file(tmp_path):
    given = some_map()
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    every = every[np.isfinite(every)].astype(np.float32).reshape(1, -1)
    given = replace(given, values=every, raw=every[:, ::-1], layers=np.stack([-every, every]))
    digest = files.save(given, tmp_path / "a.npz")
    found = files.load(tmp_path / "a.npz", digest)
    for name in ("values", "raw", "layers"):
        assert getattr(found, name).dtype == np.float32
        assert np.array_equal(getattr(found, name).view(np.uint32), getattr(given, name).view(np.uint32))
    assert files.save(found, tmp_path / "b.npz") == digest


def test_a_map_without_layers_comes_back_with_its_hash_and_without(tmp_path):
    given = replace(some_map(), layers=np.empty((0, 6, 8), np.float32), phrases=())
    digest = files.save(given, tmp_path / "m.npz")
    for sha256 in (digest, None):
        found = files.load(tmp_path / "m.npz", sha256)
        assert (found.layers.shape, found.phrases) == ((0, 6, 8), ())


def test_a_compressed_map_of_an_earlier_version_is_read_too(tmp_path):
    files.save(some_map(), tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as stored:
        np.savez_compressed(tmp_path / "old.npz", allow_pickle=False, **dict(stored))
    digest = hashlib.sha256((tmp_path / "old.npz").read_bytes()).hexdigest()
    old, new = files.load(tmp_path / "old.npz", digest), files.load(tmp_path / "m.npz")
    assert np.array_equal(old.layers, new.layers)
    assert old.phrases == new.phrases


def test_values_that_are_no_numbers_are_read_as_they_are(tmp_path):
    values = np.array([[np.nan, np.inf, -np.inf, 0.5]], np.float32)
    given = replace(some_map(), values=values, raw=values, layers=np.stack([values, values]))
    digest = files.save(given, tmp_path / "m.npz")
    assert np.array_equal(files.load(tmp_path / "m.npz", digest).values, values, equal_nan=True)


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-20], lambda d: d[:50] + b"x" + d[51:], lambda d: b"", lambda d: b"PK no"]
)
def test_a_damaged_file_is_an_error(tmp_path, damage):
    path = tmp_path / "m.npz"
    digest = files.save(some_map(), path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UnreadableImage, match="compute it again"):
        files.load(path, digest)


@pytest.mark.parametrize("at", [60, 400, 700, -200])
def test_a_changed_byte_is_found_without_the_hash_too(tmp_path, at):
    path = tmp_path / "m.npz"
    files.save(some_map(), path)
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(UnreadableImage, match="compute it again"):
        files.load(path)


@pytest.mark.parametrize(
    "arrays",
    [{"values": np.zeros((2, 3), np.float16)}, {"size": np.array("no")}, {"raw": np.zeros((9, 9), np.float16)}],
)
def test_an_archive_that_is_no_map_is_an_error_though_its_hash_is_right(tmp_path, arrays):
    files.save(some_map(), tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as stored:
        np.savez(tmp_path / "other.npz", allow_pickle=False, **(dict(stored) | arrays))
    digest = hashlib.sha256((tmp_path / "other.npz").read_bytes()).hexdigest()
    with pytest.raises(UnreadableImage, match="no map"):
        files.load(tmp_path / "other.npz", digest)


def test_a_missing_file_and_a_file_that_is_no_map_are_errors(tmp_path):
    with pytest.raises(UnreadableImage, match="missing"):
        files.load(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(UnreadableImage, match="no map"):
        files.load(tmp_path / "text.npz")


def test_a_layer_is_a_grey_png_with_white_for_realistic():
    picture = Image.open(io.BytesIO(files.layer_png(np.array([[0.0, 0.5, 1.0, 1.3]], np.float32))))
    assert picture.mode == "L"
    assert np.asarray(picture).tolist() == [[0, 128, 255, 255]]

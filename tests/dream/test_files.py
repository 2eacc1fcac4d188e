"""Maps as files: what is read is what was written, or an error."""

import io

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


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-20], lambda d: d[:50] + b"x" + d[51:], lambda d: b"", lambda d: b"PK no"]
)
def test_a_damaged_file_is_an_error(tmp_path, damage):
    path = tmp_path / "m.npz"
    digest = files.save(some_map(), path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UnreadableImage, match="compute it again"):
        files.load(path, digest)


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

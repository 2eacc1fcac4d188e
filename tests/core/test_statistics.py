"""Image statistics: of any image, always as many, and different where images differ."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from realness.core.statistics import _asymmetric, _shape, image_statistics
from realness.planting import held_out_photographs

COUNT = len(image_statistics(np.zeros((64, 64, 3), np.uint8)))


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (7, 3), (64, 64), (65, 131), (700, 1300)])
def test_every_size_has_the_same_finite_numbers(size):
    for pixels in (np.zeros((*size, 3), np.uint8), np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)):
        found = image_statistics(pixels)
        assert found.shape == (COUNT,)
        assert found.dtype == np.float32
        assert np.isfinite(found).all()


@settings(max_examples=25, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70), st.just(3)), fill=st.integers(0, 255)))
def test_no_pixels_break_them(pixels):
    found = image_statistics(pixels)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, image_statistics(pixels.copy()))


def test_shapes_of_distributions_are_found():
    rng = np.random.default_rng(0)
    assert _shape(rng.normal(size=200_000)) == pytest.approx(2, abs=0.05)
    assert _shape(rng.laplace(size=200_000)) == pytest.approx(1, abs=0.03)
    shape, mean, left, right = _asymmetric(np.concatenate([-rng.exponential(1, 50_000), rng.exponential(3, 50_000)]))
    assert shape < 1.2
    assert mean > 0
    assert right > 2.5 * left


def test_a_photograph_is_told_from_itself_blurred_noisy_and_compressed():
    photograph = Image.fromarray(held_out_photographs()["china"]).resize((512, 384))
    pixels = np.array(photograph)
    plain = image_statistics(pixels)
    noise = np.random.default_rng(0).normal(0, 8, pixels.shape)
    changed = {
        "blurred": np.array(photograph.resize((128, 96)).resize((512, 384))),
        "noisy": np.clip(pixels + noise, 0, 255).astype(np.uint8),
        "grey": np.repeat(np.array(photograph.convert("L"))[..., None], 3, axis=2),
    }
    spread = np.abs(plain) + 0.1
    for name, other in changed.items():
        far = (np.abs(image_statistics(other) - plain) / spread > 0.2).mean()
        assert far > 0.2, name
    nudged = np.clip(pixels.astype(int) + 1, 0, 255).astype(np.uint8)
    assert (np.abs(image_statistics(nudged) - plain) / spread > 0.2).mean() < 0.05

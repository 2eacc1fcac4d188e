"""The window methods equal the published loops, window by window."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from realness.dream import Dream, windows
from realness.errors import InvalidValue

TEXT = "Somewhat. The hand has six fingers."


def picture(height, width, seed=0):
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def naive_mean_cosine(clip, image, text, size, stride):
    """One crop at a time, added to every pixel of its window, divided by how many windows cover it."""
    width, height = image.size
    total, count = np.zeros((height, width)), np.zeros((height, width))
    with torch.inference_mode():
        said = clip.model.encode_text(clip.tokenizer([text]))[0]
        for y in range(0, height - size + 1, stride):
            for x in range(0, width - size + 1, stride):
                crop = clip.preprocess(image.crop((x, y, x + size, y + size)))[None]
                seen = clip.model.encode_image(crop)[0]
                total[y : y + size, x : x + size] += float(torch.cosine_similarity(seen, said, dim=0))
                count[y : y + size, x : x + size] += 1
    return total, count


@pytest.mark.parametrize(("height", "width"), [(77, 101), (64, 64)])
def test_the_mean_cosine_equals_the_naive_loop(small_clip, height, width):
    image = picture(height, width)
    total, count = naive_mean_cosine(small_clip, image, TEXT, 64, 8)
    mine = windows.mean_cosines(small_clip, image, [TEXT], 64, 8)[0]
    covered = count > 0
    assert np.abs(mine[covered] - total[covered] / count[covered]).max() < 1e-4
    assert mine.shape == (height, width)


def test_a_pixel_that_no_window_covers_takes_the_nearest_covered_value(small_vit):
    image = picture(77, 85)
    total, count = naive_mean_cosine(small_vit, image, TEXT, 64, 8)
    mine = windows.mean_cosines(small_vit, image, [TEXT], 64, 8)[0]
    assert (count[72:] == 0).all()
    last = total[71, :80] / count[71, :80]
    for y in (72, 74, 76):
        assert np.allclose(mine[y, :80], last, atol=1e-4)
    assert np.allclose(mine[72:, 80:], mine[71, 79], atol=1e-6)


def test_released_is_one_minus_min_max_of_the_naive_loop(small_vit):
    image = picture(72, 88)
    total, count = naive_mean_cosine(small_vit, image, TEXT, 64, 8)
    cosine = total / count
    expected = 1 - (cosine - cosine.min()) / (cosine.max() - cosine.min())
    found = Dream(small_vit).map(image, TEXT, method="released")
    spread = cosine.max() - cosine.min()
    assert np.abs(found.values - expected).max() < 1e-4 / spread
    assert (found.values.min(), found.values.max()) == (0.0, 1.0)


def test_paper_is_the_maximum_over_three_scales_and_not_stretched(small_vit):
    image = picture(132, 150)
    by_scale = []
    for size in (128, 64, 32):
        total, count = naive_mean_cosine(small_vit, image, TEXT, size, 32)
        mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
        by_scale.append(1 - mean)
    everywhere = ~np.isnan(by_scale).any(axis=0)
    found = Dream(small_vit).map(image, TEXT, method="paper", stride=32)
    assert np.abs(found.values - np.max(by_scale, axis=0))[everywhere].max() < 1e-4
    assert everywhere.mean() > 0.6


def test_the_verdict_no_is_a_constant_realistic_map_in_the_paper_and_asked_about_in_the_release(small_vit):
    image, text = picture(70, 90), "No, there is nothing unrealistic in this image."
    assert (Dream(small_vit).map(image, text, method="paper").values == 1).all()
    assert Dream(small_vit).map(image, text, method="released").values.min() == 0


@pytest.mark.parametrize("size", [(20, 40), (33, 31), (1, 1)])
def test_an_image_smaller_than_a_window_works(small_vit, size):
    for method in ("released", "paper"):
        found = Dream(small_vit).map(picture(*size), TEXT, method=method)
        assert found.values.shape == size
        assert np.isfinite(found.values).all()


def test_windows_further_apart_than_wide_leave_no_hole(small_vit):
    mine = windows.mean_cosines(small_vit, picture(100, 100), [TEXT], 16, 40)[0]
    assert mine[0, 20] == mine[0, 15]
    assert np.isfinite(mine).all()


def test_progress_tells_every_window_once(small_vit):
    seen = []
    Dream(small_vit).map(
        picture(80, 96), TEXT, method="released", progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (3 * 5, 3 * 5)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@settings(max_examples=200)
@given(st.integers(1, 300), st.integers(1, 128), st.integers(1, 64))
def test_windows_stay_inside_and_start_at_the_edge(length, size, stride):
    size = min(size, length)
    starts = windows.window_starts(length, size, stride)
    assert starts[0] == 0
    assert all(start + size <= length for start in starts)
    assert len(starts) == (length - size) // stride + 1


def test_bad_input_says_what_to_do(small_vit):
    with pytest.raises(InvalidValue, match="stride"):
        Dream(small_vit).map(picture(64, 64), TEXT, method="released", stride=0)
    with pytest.raises(InvalidValue, match="dense, paper, released"):
        Dream(small_vit).map(picture(64, 64), TEXT, method="heat")
    with pytest.raises(InvalidValue, match="uint8"):
        Dream(small_vit).map(np.zeros((64, 64)), TEXT)
    with pytest.raises(InvalidValue, match="needs a text"):
        Dream(small_vit).map(picture(64, 64), "  ")

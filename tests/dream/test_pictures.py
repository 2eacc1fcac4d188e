"""Pictures of maps: the image's own pixels, colours where it looks unreal, text that is only text."""

import io
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from realness.domain import RealnessMap
from realness.dream import pictures
from realness.errors import CannotWrite, InvalidValue

SIZE = (500, 400)


def some_image(size=SIZE):
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def some_map(layers=2, size=SIZE):
    """Unreal at the left, real at the right; each layer more so than the one before."""
    values = np.linspace(0, 1, 10, dtype=np.float32)[None].repeat(8, axis=0)
    stacked = np.stack([values**at for at in range(1, layers + 1)]) if layers else np.empty((0, 8, 10), np.float32)
    phrases = tuple(f"The hand has {5 + at} fingers" for at in range(1, layers + 1))
    return RealnessMap(values, values, stacked, phrases, "dense", "mini", size)


def opened(path):
    return np.asarray(Image.open(path).convert("RGB"))


def find(sheet, pixels):
    """Where on a sheet these pixels stand exactly: (left, top)."""
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (1, 24, 3))[:, :, 0]
    rows, columns = np.nonzero((windows == pixels[:1, :24]).all(axis=(2, 3, 4)))
    for top, left in zip(rows, columns, strict=True):
        if np.array_equal(sheet[top : top + len(pixels), left : left + pixels.shape[1]], pixels):
            return int(left), int(top)
    return None


def test_the_image_keeps_its_own_pixels_with_the_map_over_it(tmp_path):
    image, found = some_image(), some_map()
    pictures.picture(image, found, tmp_path / "deep/p.png", title="Six fingers")
    sheet = opened(tmp_path / "deep/p.png")
    mapped = np.asarray(pictures.tinted(image, found.values))
    assert find(sheet, mapped) is not None
    pictures.picture(np.asarray(image), found, tmp_path / "layer.png", layer=1)
    assert find(opened(tmp_path / "layer.png"), np.asarray(pictures.tinted(image, found.layers[1]))) is not None


def test_colours_lie_where_it_looks_unreal_and_real_places_stay_as_they_are():
    image, found = some_image(), some_map()
    before, after = np.asarray(image, int), np.asarray(pictures.tinted(image, found.values), int)
    assert np.array_equal(after[:, 400:], before[:, 400:])
    most_unreal = 0.7 * np.array([253, 231, 37]) + 0.3 * before[:, :20]
    assert np.abs(after[:, :20] - most_unreal).max() < 3  # viridis' bright end
    assert np.array_equal(np.asarray(pictures.tinted(image, found.values, alpha=0)), before)
    assert np.array_equal(np.asarray(pictures.tinted(image, np.ones((3, 4), np.float32))), before)


def test_the_colour_bar_runs_from_unreal_to_real(tmp_path):
    pictures.picture(some_image(), some_map(), tmp_path / "p.png", alpha=1.0)
    sheet = opened(tmp_path / "p.png")
    foot = sheet[400 + 20 :]
    yellow = np.abs(foot.astype(int) - [253, 231, 37]).max(axis=2) < 12
    grey = (foot == 119).all(axis=2)
    assert yellow.any()
    assert grey.any()
    assert np.nonzero(yellow)[1].max() < np.nonzero(grey)[1].min()


def test_layers_stand_beside_the_image_and_their_sum(tmp_path):
    image, found = some_image(), some_map(3)
    pictures.small_multiples(image, found, tmp_path / "p.png", title="All of it")
    sheet = opened(tmp_path / "p.png")
    maps = [np.asarray(image)] + [np.asarray(pictures.tinted(image, one)) for one in (found.values, *found.layers[1:])]
    places = [find(sheet, one) for one in maps]
    assert None not in places
    tops = {top for _, top in places}
    assert len(tops) == 2  # five pictures in two rows
    pictures.small_multiples(image, some_map(1), tmp_path / "one.png")
    pictures.small_multiples(image, some_map(0), tmp_path / "none.png")
    assert opened(tmp_path / "one.png").shape[1] == opened(tmp_path / "none.png").shape[1] < sheet.shape[1]


def test_the_same_picture_is_the_same_file_and_a_pdf_holds_the_images_pixels(tmp_path):
    image, found = some_image(), some_map()
    for kind in (".png", ".pdf"):
        for name in ("a", "b"):
            pictures.picture(image, found, tmp_path / f"{name}{kind}", title="Six fingers")
        assert (tmp_path / f"a{kind}").read_bytes() == (tmp_path / f"b{kind}").read_bytes()
    data = (tmp_path / "a.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert re.search(rb"/Width 500", data)
    assert re.search(rb"/Height 400", data)
    assert str(tmp_path).encode() not in data


@pytest.mark.parametrize(
    "text", ["$\\frac{", "$x^2$ \\today", "六本の指 🖐", "W" * 3000, "word " * 4000, "a\nb\tc", "", "%s {0} <b>"]
)
def test_any_text_is_only_text_and_takes_three_lines_at_most(text):
    image, found = some_image(), replace(some_map(1), phrases=(text or " ",))
    one = Image.open(io.BytesIO(pictures.rendered(image, found, ".png", title=text)))
    assert one.width == Image.open(io.BytesIO(pictures.rendered(image, found, ".png"))).width
    assert one.height < 400 + 150
    pictures.rendered(image, found, ".png", title=text, layers=True)
    pictures.rendered(image, found, ".pdf", title=text)


@pytest.mark.parametrize(("size", "drawn"), [((50, 40), (400, 320)), ((4200, 30), (4096, 29)), ((3, 4000), (3, 4000))])
def test_small_images_are_enlarged_by_a_whole_factor_and_large_ones_made_smaller(size, drawn):
    image, found = Image.new("RGB", size, (9, 60, 200)), some_map(1, size)
    sheet = np.asarray(Image.open(io.BytesIO(pictures.rendered(image, found, ".png", alpha=0))).convert("RGB"))
    rows, columns = np.nonzero((sheet == (9, 60, 200)).all(axis=2))
    assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == drawn


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"colormap": "no-such"}, "no colour map 'no-such'; take viridis"),
        ({"layer": 2}, "2 layers"),
        ({"layer": -1}, "counted from 0"),
        ({"alpha": 1.5}, "from 0 to 1"),
        ({"alpha": float("nan")}, "from 0 to 1"),
        ({"target": "p.tiff"}, r"\.png or \.pdf"),
        ({"image": some_image((40, 50))}, "the image it is of"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_nothing_is_written(tmp_path, given, told):
    words = {"image": some_image(), "found": some_map(), "target": "p.png"} | given
    words["target"] = tmp_path / words["target"]
    with pytest.raises(InvalidValue, match=told):
        pictures.picture(**words)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "p.png").mkdir()
    with pytest.raises(CannotWrite):
        pictures.picture(some_image(), some_map(), tmp_path / "p.png")


def test_every_colour_map_of_matplotlib_will_do():
    for name in ("magma", "cividis_r", "tab10", "hot", "gray"):
        assert pictures.colours(name).shape == (256, 3)


def test_drawing_loads_neither_torch_nor_pyplot():
    code = (
        "import sys, numpy as np; from PIL import Image; from realness.domain import RealnessMap;"
        "from realness.dream import pictures; v = np.ones((2, 2), np.float32);"
        "m = RealnessMap(v, v, v[None], ('x',), 'dense', 'mini', (20, 20));"
        "[pictures.rendered(Image.new('RGB', (20, 20)), m, kind, layers=True) for kind in pictures.KINDS];"
        "assert not {'torch', 'matplotlib.pyplot'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

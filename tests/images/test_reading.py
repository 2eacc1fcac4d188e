"""Opening image files that nobody has checked."""

import io
import os
import struct
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import SAVED_AS, exif, noise, png, smooth, with_metadata
from PIL import Image, PngImagePlugin

from realness import images
from realness.errors import UnreadableImage


@pytest.mark.parametrize("kind", SAVED_AS)
def test_an_image_of_each_kind_gives_its_size_hash_and_format(tmp_path, kind):
    path = tmp_path / "name without a suffix"
    smooth(48, 32).save(path, kind)
    facts, image = images.read_image(path)
    assert (facts.width, facts.height, facts.format, facts.size) == (48, 32, kind, path.stat().st_size)
    assert len(facts.sha256) == 64
    assert images.inspect_image(path) == facts
    assert (image.mode, image.size) == ("RGB", (48, 32))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_puts_the_blue_corner_back_to_the_top_left(tmp_path, kind, orientation):
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transpose that the orientation asks to take back
    turned = smooth() if orientation == 1 else smooth().transpose(Image.Transpose(undo[orientation]))
    path = tmp_path / "turned"
    turned.save(path, kind, exif=exif(orientation))
    facts, image = images.read_image(path)
    assert (facts.width, facts.height) == image.size == (48, 32)
    assert np.abs(np.asarray(image).astype(int) - np.asarray(smooth())).mean() < 8
    images.display_copy(path, tmp_path / "copy")
    copy = Image.open(tmp_path / "copy")
    assert np.array_equal(np.asarray(copy.convert("RGB")), np.asarray(image))
    images.thumbnail(path, tmp_path / "small")
    assert Image.open(tmp_path / "small").size == (48, 32)


@given(
    mode=st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA"]),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 9),
    words=st.text(st.characters(codec="latin-1", exclude_characters="\0"), min_size=8, max_size=60),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_display_copy_of_any_png_has_its_pixels_and_not_its_words(tmp_path, mode, size, seed, words):
    source = Image.fromarray(noise(*size, 4, seed), "RGBA").convert("RGB" if mode == "P" else "RGBA").convert(mode)
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "secret: " + words)
    source.save(tmp_path / "a.png", pnginfo=info)
    images.display_copy(tmp_path / "a.png", tmp_path / "b.png")
    data = (tmp_path / "b.png").read_bytes()
    assert b"parameters" not in data
    assert b"secret: " not in data
    copy = Image.open(tmp_path / "b.png")
    assert copy.mode in ("RGB", "RGBA")
    wanted = "RGBA" if mode in ("LA", "RGBA") else "RGB"
    assert np.array_equal(np.asarray(copy.convert(wanted)), np.asarray(source.convert(wanted)))


@pytest.mark.parametrize("kind", SAVED_AS)
def test_a_file_that_is_cut_short_is_refused_with_a_reason(tmp_path, kind):
    buffer = io.BytesIO()
    Image.fromarray(noise(64, 64)).save(buffer, kind)
    whole = buffer.getvalue()
    for keep in (0.3, 0.6, 0.9):
        (tmp_path / "cut.png").write_bytes(whole[: int(len(whole) * keep)])
        with pytest.raises(UnreadableImage, match=r"^cut\.png .*(cut short|damaged)") as found:
            images.inspect_image(tmp_path / "cut.png")
        assert "buffer" not in str(found.value)  # in words, not in a decoder's


@given(cut=st.integers(1, 400))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_png_that_lacks_even_its_last_byte_is_refused(tmp_path, cut):
    buffer = io.BytesIO()
    Image.fromarray(noise(16, 8)).save(buffer, "PNG")
    (tmp_path / "a.png").write_bytes(buffer.getvalue()[:-cut])
    with pytest.raises(UnreadableImage, match=r"cut short|damaged"):
        images.inspect_image(tmp_path / "a.png")


@given(
    kind=st.sampled_from(list(SAVED_AS)), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8)
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_changed_at_random_give_an_image_or_a_reason_and_nothing_else(tmp_path, kind, flips):
    data = bytearray(with_metadata(tmp_path / "whole", kind).read_bytes())
    for place, value in flips:
        data[int(place * (len(data) - 1))] = value
    (tmp_path / "changed").write_bytes(data)
    (tmp_path / "copy").unlink(missing_ok=True)
    try:
        facts, image = images.read_image(tmp_path / "changed")
        images.display_copy(tmp_path / "changed", tmp_path / "copy")
    except UnreadableImage:
        assert not (tmp_path / "copy").exists()
    else:
        assert image.size == (facts.width, facts.height) == Image.open(tmp_path / "copy").size


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"hello, I am text", "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\0\0\0\x20ftypavif" + b"\0" * 20, "AVIF"),
        (b"\x89PNG\r\n\x1a\n", "damaged|cut short"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "damaged|cut short"),
        (b"BM" + b"\0" * 60, "damaged"),
    ],
)
def test_what_is_no_image_is_refused_with_a_reason(tmp_path, data, reason):
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(UnreadableImage, match=reason):
        images.inspect_image(tmp_path / "a.png")


def bombs():
    """Small files whose headers promise 2.5 billion pixels."""
    side = 50_000
    yield png(side, side, 8, 2, b"\0" * 100)
    buffer = io.BytesIO()
    smooth().save(buffer, "JPEG")
    data = bytearray(buffer.getvalue())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", side, side)
    yield bytes(data)
    buffer = io.BytesIO()
    smooth().save(buffer, "GIF")
    yield b"GIF89a" + struct.pack("<HH", side, side) + buffer.getvalue()[10:]
    frame = buffer.getvalue().index(b"," + bytes(4))  # where the first frame says how large it is
    yield buffer.getvalue()[: frame + 5] + struct.pack("<HH", side, side) + buffer.getvalue()[frame + 9 :]
    buffer = io.BytesIO()
    smooth().save(buffer, "BMP")
    yield buffer.getvalue()[:18] + struct.pack("<ii", side, side) + buffer.getvalue()[26:]
    canvas = (side - 1).to_bytes(3, "little")
    yield b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas * 2


@pytest.mark.parametrize("data", list(bombs()), ids=["png", "jpeg", "gif", "gif frame", "bmp", "webp"])
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path, data):
    (tmp_path / "bomb").write_bytes(data)
    with pytest.raises(UnreadableImage, match=r"(50000 x 50000|more) pixels.*[Ss]cale it down first"):
        images.inspect_image(tmp_path / "bomb")


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_a_strip_that_would_take_minutes_to_turn_is_refused_from_its_header(tmp_path, kind):
    Image.new("L", (images.MAX_SIDE, 1)).save(tmp_path / "longest", kind)
    assert images.inspect_image(tmp_path / "longest").width == 65_535
    Image.new("L", (1, images.MAX_SIDE + 1)).save(tmp_path / "longer", kind)
    with pytest.raises(UnreadableImage, match=r"1 x 65536 pixels; at most 65,535 a side are read\. Cut"):
        images.inspect_image(tmp_path / "longer")


def test_the_pixel_limit_is_ours_and_pillows_own_stays_as_it_is(tmp_path, monkeypatch):
    before = Image.MAX_IMAGE_PIXELS
    smooth(48, 32).save(tmp_path / "a.png")
    with pytest.raises(UnreadableImage, match="48 x 32 pixels; at most 1,535"):
        images.read_image(tmp_path / "a.png", max_pixels=48 * 32 - 1)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # as if the image were over Pillow's limit: no warning, no error
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert images.read_image(tmp_path / "a.png", max_pixels=48 * 32)[1].size == (48, 32)
    monkeypatch.undo()
    assert before == Image.MAX_IMAGE_PIXELS


def test_a_file_over_the_size_limit_is_refused_unread(tmp_path):
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(images.MAX_BYTES + 1)  # sparse: takes no room
    with pytest.raises(UnreadableImage, match="at most 536,870,912"):
        images.inspect_image(tmp_path / "huge.png")


def test_a_pipe_a_folder_and_a_missing_file_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for name, reason in (("pipe.png", "not a regular file"), (".", "not a regular file"), ("no.png", "not there")):
        with pytest.raises(UnreadableImage, match=reason):
            images.inspect_image(tmp_path / name)


def test_pixels_whose_range_is_unknown_are_refused(tmp_path):
    Image.fromarray(np.ones((4, 4), dtype=np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(UnreadableImage, match="8 or 16 bits"):
        images.inspect_image(tmp_path / "a.tif")


def test_copies_made_at_the_same_time_are_all_whole(tmp_path):
    source = with_metadata(tmp_path / "a.webp", "WEBP")
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(images.display_copy, source, tmp_path / "out" / "copy") for _ in range(24)]
    assert {job.result() for job in jobs} == {"image/png"}
    assert [item.name for item in (tmp_path / "out").iterdir()] == ["copy"]
    assert images.inspect_image(tmp_path / "out" / "copy").width == 48


def test_an_image_that_cannot_be_read_leaves_no_copy_behind(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing")
    for make in (images.display_copy, images.thumbnail):
        with pytest.raises(UnreadableImage):
            make(tmp_path / "a.png", tmp_path / "out" / "copy")
    assert not (tmp_path / "out").exists()

"""The copies that reach a browser, and the colours in them."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from pictures import SAVED_AS, SECRETS, exif, noise, png, smooth, swapped_profile, with_metadata
from PIL import Image, ImageCms

from realness import images
from realness.errors import UnreadableImage


@pytest.mark.parametrize("kind", SAVED_AS)
def test_no_metadata_survives_in_what_a_browser_gets(tmp_path, kind):
    path = with_metadata(tmp_path / "source", kind)
    _, image = images.read_image(path)
    media_type = images.display_copy(path, tmp_path / "deep" / "copy")
    images.thumbnail(path, tmp_path / "thumb")
    for copy in (tmp_path / "deep" / "copy", tmp_path / "thumb"):
        data = copy.read_bytes()
        assert not [secret for secret in SECRETS if secret in data]
        opened = Image.open(copy)
        assert not set(opened.info) & {"exif", "comment", "icc_profile", "xmp", "XML:com.adobe.xmp", "dpi_comment"}
        assert not opened.getexif()
    shown = Image.open(tmp_path / "deep" / "copy")
    assert shown.mode in ("RGB", "RGBA")
    assert np.array_equal(np.asarray(shown.convert("RGB")), np.asarray(image))
    assert media_type == images.media_type(tmp_path / "deep" / "copy") == f"image/{'jpeg' if kind == 'JPEG' else 'png'}"
    assert sorted(item.name for item in (tmp_path / "deep").iterdir()) == ["copy"]


def test_a_png_with_prompt_keeps_its_compressed_pixels_byte_for_byte(tmp_path):
    path = with_metadata(tmp_path / "source.png", "PNG")
    smooth().save(tmp_path / "bare.png")
    images.display_copy(path, tmp_path / "copy.png")
    assert (tmp_path / "copy.png").read_bytes() == (tmp_path / "bare.png").read_bytes()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0, "optimize": True}])
def test_a_jpeg_keeps_its_compressed_pixels(tmp_path, options):
    Image.fromarray(noise(67, 45)).save(tmp_path / "a.jpg", exif=exif(), comment=b"a comment on it", **options)
    assert images.display_copy(tmp_path / "a.jpg", tmp_path / "copy.jpg") == "image/jpeg"
    before, after = Image.open(tmp_path / "a.jpg"), Image.open(tmp_path / "copy.jpg")
    assert np.array_equal(np.asarray(before), np.asarray(after))
    assert (tmp_path / "copy.jpg").stat().st_size < (tmp_path / "a.jpg").stat().st_size


def test_a_jpeg_with_a_restart_interval_and_an_adobe_header_keeps_its_colours(tmp_path):
    buffer = io.BytesIO()
    smooth().save(buffer, "JPEG", restart_marker_rows=1, keep_rgb=True)
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    images.display_copy(tmp_path / "a.jpg", tmp_path / "copy.jpg")
    before, after = Image.open(tmp_path / "a.jpg"), Image.open(tmp_path / "copy.jpg")
    assert np.array_equal(np.asarray(before), np.asarray(after))


def test_models_see_transparent_parts_over_the_surround_and_browsers_get_the_alpha(tmp_path):
    pixels = np.zeros((4, 6, 4), dtype=np.uint8)
    pixels[:, 3:] = (10, 20, 30, 255)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    _, image = images.read_image(tmp_path / "a.png")
    assert image.getpixel((0, 0)) == images.SURROUND
    assert image.getpixel((5, 0)) == (10, 20, 30)
    images.display_copy(tmp_path / "a.png", tmp_path / "b.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "b.png")), pixels)


def test_a_palette_with_a_transparent_entry_is_shown_with_alpha(tmp_path):
    source = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), "P")
    source.putpalette([255, 0, 0, 0, 255, 0])
    source.save(tmp_path / "a.png", transparency=1)
    images.display_copy(tmp_path / "a.png", tmp_path / "b.png")
    copy = Image.open(tmp_path / "b.png")
    assert copy.mode == "RGBA"
    assert copy.getpixel((0, 0)) == (255, 0, 0, 255)
    assert copy.getpixel((1, 0))[3] == 0


@pytest.mark.parametrize("colour", [0, 2])
def test_16_bits_keep_their_upper_8(tmp_path, colour):
    values = [0x0000, 0x00FF, 0x7FFF, 0xFFFF]
    per_pixel = 1 if colour == 0 else 3
    raw = b"\0" + b"".join(struct.pack(">H", value) * per_pixel for value in values)
    (tmp_path / "a.png").write_bytes(png(4, 1, 16, colour, raw))
    _, image = images.read_image(tmp_path / "a.png")
    assert [image.getpixel((x, 0)) for x in range(4)] == [(v >> 8,) * 3 for v in values]
    images.display_copy(tmp_path / "a.png", tmp_path / "b.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "b.png")), np.asarray(image))


def test_cmyk_and_grey_jpegs_become_rgb(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "cmyk.jpg", quality=100)
    red = images.read_image(tmp_path / "cmyk.jpg")[1].getpixel((4, 4))
    assert red[0] > 240
    assert max(red[1:]) < 15
    Image.new("L", (8, 8), 90).save(tmp_path / "grey.jpg", quality=100)
    for name in ("cmyk.jpg", "grey.jpg"):
        assert images.display_copy(tmp_path / name, tmp_path / "copy") == "image/png"
        assert Image.open(tmp_path / "copy").mode == "RGB"


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("JPEG", "RGB"), ("TIFF", "RGB")])
def test_an_icc_profile_is_applied_and_left_out(tmp_path, kind, mode):
    Image.new(mode, (8, 8), (255, 0, 0)[: len(mode)] + (128,) * (mode == "RGBA")).save(
        tmp_path / "a", kind, icc_profile=swapped_profile()
    )
    images.display_copy(tmp_path / "a", tmp_path / "b")
    copy = Image.open(tmp_path / "b")
    assert "icc_profile" not in copy.info
    assert copy.convert("RGB").getpixel((4, 4))[2] > 240  # what the profile calls red is blue
    if mode == "RGBA":
        assert copy.getpixel((4, 4))[3] == 128


def test_an_srgb_profile_and_a_damaged_one_change_no_pixel(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    smooth().save(tmp_path / "bare.png")
    for profile in (srgb, b"no profile at all" * 20):
        smooth().save(tmp_path / "a.png", icc_profile=profile)
        images.display_copy(tmp_path / "a.png", tmp_path / "b.png")
        assert (tmp_path / "b.png").read_bytes() == (tmp_path / "bare.png").read_bytes()


def test_the_first_frame_of_an_animation_is_the_image(tmp_path):
    frames = [Image.new("RGB", (9, 7), colour) for colour in ("red", "green")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        more = {"lossless": True} if kind == "WEBP" else {}
        frames[0].save(tmp_path / "a", kind, save_all=True, append_images=frames[1:], **more)
        assert images.read_image(tmp_path / "a")[1].getpixel((3, 3)) == (255, 0, 0)
        images.display_copy(tmp_path / "a", tmp_path / "b")
        copy = Image.open(tmp_path / "b")
        assert getattr(copy, "n_frames", 1) == 1
        assert copy.convert("RGB").getpixel((3, 3)) == (255, 0, 0)


def test_a_thumbnail_is_at_most_its_long_side_and_never_enlarged(tmp_path):
    Image.fromarray(noise(900, 300)).save(tmp_path / "a.jpg")
    images.thumbnail(tmp_path / "a.jpg", tmp_path / "t", long_side=100)
    assert Image.open(tmp_path / "t").size == (100, 33)
    images.thumbnail(tmp_path / "a.jpg", tmp_path / "t", long_side=2000)
    assert Image.open(tmp_path / "t").size == (900, 300)


def test_a_png_with_a_wrong_checksum_is_refused_since_browsers_refuse_it(tmp_path):
    smooth().save(tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[-14] ^= 1  # in the checksum of the last IDAT
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(UnreadableImage, match="checksum"):
        images.inspect_image(tmp_path / "a.png")


def test_what_was_not_made_as_a_copy_has_no_media_type(tmp_path):
    path: Path = tmp_path / "a.gif"
    smooth().save(path)
    with pytest.raises(UnreadableImage, match="neither PNG nor JPEG"):
        images.media_type(path)

"""Little pictures of every kind, with everything in them that a reviewer must not see."""

import struct
import zlib

import numpy as np
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

SECRETS = (b"masterpiece, sdxl", b"CameraBrand", b"hidden after the end", b"a comment on it", b"/home/ana/")
SAVED_AS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tif"}


def noise(width, height, channels=3, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return pixels[:, :, 0] if channels == 1 else pixels


def smooth(width=48, height=32):
    """A picture that survives JPEG: red to the right, green downwards, a blue corner top left."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 // width, y * 255 // height, np.zeros_like(x)], axis=-1).astype(np.uint8)
    pixels[: height // 4, : width // 4] = (0, 0, 255)
    return Image.fromarray(pixels)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, depth, colour, raw, *extra):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def exif(orientation=1):
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = orientation
    data[ExifTags.Base.Make] = "CameraBrand"
    data.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSAreaInformation] = "/home/ana/"
    return data.tobytes()


def swapped_profile():
    """An ICC profile in which red and blue have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for index in range(int.from_bytes(profile[128:132], "big")):
        at = 132 + 12 * index
        name = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    return bytes(profile)


def with_metadata(path, kind):
    """A picture of one kind with everything that could tell a reviewer where it is from."""
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "masterpiece, sdxl")
    text.add_text("Software", "a comment on it", zip=True)
    text.add_itxt("workflow", "/home/ana/", "en", "x")
    more = {
        "PNG": {"pnginfo": text, "exif": exif(), "dpi": (72, 72)},
        "JPEG": {"exif": exif(), "comment": b"a comment on it", "xmp": b"masterpiece, sdxl", "quality": 95},
        "WEBP": {"exif": exif(), "xmp": b"masterpiece, sdxl", "lossless": True},
        "GIF": {"comment": b"a comment on it"},
        "TIFF": {"description": "masterpiece, sdxl", "artist": "/home/ana/"},
    }.get(kind, {})
    smooth().save(path, kind, **more)
    with path.open("ab") as file:
        file.write(b"hidden after the end")
    return path

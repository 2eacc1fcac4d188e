"""Whole files of every kind that is read, small, and ways to break them."""

import io
import json
import random
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

_TABLE = (
    "image,description,verdict,rating,split,generator,prompt\n"
    'a.png,"Somewhat. The hand has six fingers, and the ""sign"" is garbled.",somewhat,66.5,train,sdxl,a cat\n'
    "b.png,No. Nothing is wrong.,no,90,test,flux,a dog\n"
)
_LINES = (
    {"image": "a.png", "description": "Yes. The wheel has no spokes.", "verdict": "yes", "rating": 12.5},
    {"image": "b.png", "description": "No. All is well.", "z_score": 1.25, "votes": 7, "split": "test", "model": "m"},
)
_PROBLEMS = {"regional": [{"region": [[1, 1, 5, 4]], "desc": "The rim melts."}], "global": [{"desc": "Flat light."}]}
_LOKI = [{"image_path": "media_data/image/a.png", "problems": _PROBLEMS, "id": 1, "question": "?", "metric": "open"}]
_REFS = [{"sentence": "The arm bends twice.", "segmentation": [[0, 0, 4, 0, 4, 4.5], [1, 1, 2, 1, 2, 2]]}]
_SCARS = [{"a.png": {"img_file_name": "a.png", "caption": "The arm bends twice. A leg is missing.", "refs": _REFS}}]
_PARTS = [{"body_parts": "hand", "level": "severe", "bbox": [5, 4, 1, 2]}]
_HADM = {"image": {"height": 8, "width": 8}, "annotation": _PARTS, "human": ["human missing arm"]}
_IMAGES = {
    "PNG": [("RGB", {}), ("P", {}), ("RGBA", {}), ("L", {}), ("I;16", {}), ("1", {})],
    "JPEG": [("RGB", {}), ("L", {}), ("CMYK", {}), ("RGB", {"progressive": True})],
    "WEBP": [("RGB", {}), ("RGBA", {"lossless": True}), ("RGB", {"save_all": True})],
    "GIF": [("P", {}), ("P", {"save_all": True}), ("L", {})],
    "TIFF": [("RGB", {}), ("RGB", {"compression": "tiff_lzw"}), ("L", {"compression": "jpeg"}), ("I;16", {})],
}
_WORDS = (b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80", b'"', b",", b"\n", b"\r", b"{", b"[" * 60, b"NaN", b"1e999")
_WORDS += (b"\xed\xa0\x80", b"\xef\xbb\xbf", b"../../etc/passwd", b"9" * 400, b"\\u0000", b"\\ud800", b"null", b"true")


def images(kind: str) -> list[bytes]:
    """Small pictures of a format, in its modes."""
    found = []
    pixels = np.random.default_rng(3).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    for mode, how in _IMAGES[kind]:
        image = (
            Image.fromarray(pixels).convert("L").convert(mode)
            if mode == "I;16"
            else Image.fromarray(pixels).convert(mode)
        )
        more = {"append_images": [image.rotate(90), image.rotate(180)], "duration": 40} if "save_all" in how else {}
        file = io.BytesIO()
        exif = {} if kind == "GIF" else {"exif": _turned()}
        image.save(file, kind, **how, **more, **exif)
        found.append(file.getvalue())
    return found


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "what stands in it"
    return exif


TEXTS: dict[str, list[bytes]] = {
    "CSV": [_TABLE.encode(), _TABLE.replace(",", ";").encode(), _TABLE.encode("utf-8-sig").replace(b"\n", b"\r\n")],
    "JSONL": ["\n".join(map(json.dumps, _LINES)).encode()],
    "JSON": [json.dumps(one).encode(how) for one in (_LOKI, _SCARS, _HADM) for how in ("utf-8", "utf-16")],
}


def mutated(wholes: list[bytes], seed: int) -> Iterator[bytes]:
    """Broken ones without an end, the same ones for the same seed."""
    dice = random.Random(seed)
    while True:
        data = bytearray(dice.choice(wholes))
        for _ in range(dice.choice((1, 1, 2, 4, 16))):
            data = bytearray(dice.choice(_WAYS)(data, dice))
        yield bytes(data)


def _flip(data: bytearray, dice: random.Random) -> bytearray:
    for _ in range(dice.randint(1, 8)):
        if data:
            data[dice.randrange(len(data))] = dice.randrange(256)
    return data


def _head(data: bytearray, dice: random.Random) -> bytearray:
    """Where sizes and kinds stand."""
    for _ in range(dice.randint(1, 4)):
        if data:
            data[dice.randrange(min(64, len(data)))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    return data


def _cut(data: bytearray, dice: random.Random) -> bytearray:
    return data[: dice.randint(0, len(data))]


def _drop(data: bytearray, dice: random.Random) -> bytearray:
    at = dice.randint(0, len(data))
    return data[:at] + data[at + dice.randint(1, 64) :]


def _double(data: bytearray, dice: random.Random) -> bytearray:
    at = dice.randint(0, len(data))
    return data[:at] + data[at : at + dice.randint(1, 200)] * dice.randint(2, 40) + data[at:]


def _insert(data: bytearray, dice: random.Random) -> bytearray:
    at = dice.randint(0, len(data))
    return data[:at] + dice.choice(_WORDS) + data[at:]


def _join(data: bytearray, dice: random.Random) -> bytearray:
    return data + data[dice.randint(0, len(data)) :]


_WAYS: tuple[Callable[[bytearray, random.Random], bytearray], ...] = (
    _flip,
    _head,
    _cut,
    _drop,
    _double,
    _insert,
    _join,
)

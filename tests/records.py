"""TFRecord files as TensorFlow writes them, made by hand and apart from the code that reads them."""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image


def crc32c(data: bytes) -> int:
    """Castagnoli's checksum, bit by bit from its definition."""
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = (rest >> 1) ^ (0x82F63B78 * (rest & 1))
    return rest ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    """The checksum as it stands in the file."""
    rest = crc32c(data)
    return struct.pack("<I", (((rest >> 15) | (rest << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    """A record: length, its checksum, data, its checksum."""
    size = struct.pack("<Q", len(data))
    return size + masked(size) + data + masked(data)


def varint(value: int) -> bytes:
    """A whole number, seven bits a byte."""
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def part(number: int, data: bytes) -> bytes:
    """A field of a message that holds bytes."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def feature(value: object, packed: bool = True) -> bytes:
    """A Feature: bytes (or text), floats, or whole numbers."""
    if isinstance(value, bytes | str):
        return part(1, part(1, value.encode() if isinstance(value, str) else value))
    if isinstance(value, int):
        return part(3, part(1, varint(value)))
    values = value if isinstance(value, list) else [value]
    if packed:
        return part(2, part(1, struct.pack(f"<{len(values)}f", *values)))
    return part(2, b"".join(varint(1 << 3 | 5) + struct.pack("<f", one) for one in values))


def example(values: dict, packed: bool = True) -> bytes:
    """A tf.train.Example."""
    entries = (part(1, name.encode()) + part(2, feature(value, packed)) for name, value in values.items())
    return part(1, b"".join(part(1, entry) for entry in entries))


def png(values: np.ndarray) -> bytes:
    """An encoded image, as a map is kept."""
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


def heat(seed: int = 0, size: tuple[int, int] = (16, 20)) -> np.ndarray:
    """A heat map `(h, w)` uint8."""
    return np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)


def richhf(filename: str = "a.png", **known: object) -> dict:
    """The eight features of a RichHF-18K example; what is None is left out."""
    values = {"filename": filename, "aesthetics_score": 0.25, "artifact_score": 0.5, "misalignment_score": 0.75}
    values |= {"overall_score": 0.625, "artifact_map": png(heat(1)), "misalignment_map": png(heat(2))}
    values |= {"prompt_misalignment_label": "1 0 1"} | known
    return {name: value for name, value in values.items() if value is not None}


def write(path: Path, *records: bytes) -> Path:
    """A file of records."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(records))
    return path

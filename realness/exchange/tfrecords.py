"""TFRecord files of `tf.train.Example`s, read without TensorFlow.

A record is a length (8 bytes, little-endian), its checksum, so many bytes, and theirs. The checksums are CRC-32C,
masked: turned right by 15 bits, plus a constant.
Source: tensorflow.org/tutorials/load_data/tfrecord; tensorflow/core/example/{example,feature}.proto; protobuf.dev,
"Encoding".
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from realness.domain import Skipped
from realness.errors import InvalidValue

MAX_RECORD = 256 * 1024 * 1024
"""Most bytes that a record may have; a longer one is a damaged length."""

Feature = tuple[bytes | float, ...]

_LFS = b"version https://git-lfs"
_POLYNOMIAL = 0x82F63B78  # of Castagnoli, with its bits in reverse
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def _table() -> tuple[int, ...]:
    rest = list(range(256))
    for _ in range(8):
        rest = [(one >> 1) ^ (_POLYNOMIAL if one & 1 else 0) for one in rest]
    return tuple(rest)


_TABLE = _table()


def masked_crc(data: bytes) -> int:
    """The checksum of some bytes as TFRecord files hold it."""
    rest, table = 0xFFFFFFFF, _TABLE
    for byte in data:
        rest = table[(rest ^ byte) & 0xFF] ^ (rest >> 8)
    rest ^= 0xFFFFFFFF
    return ((rest >> 15 | rest << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path: Path, label: str) -> Iterator[tuple[str, bytes] | Skipped]:
    """The records of a file, each with where it stands: `record 3 of train.tfrecord`.

    A record with a wrong checksum costs itself alone; after a wrong length, or an end in the middle, there is no
    telling where the next one starts, so that is the last thing that is yielded.
    """
    number = 0
    try:
        with path.open("rb") as file:
            if file.read(len(_LFS)) == _LFS:
                yield Skipped(label, "is a Git LFS pointer; run `git lfs pull`")
                return
            file.seek(0)
            while head := file.read(12):
                number += 1
                row = f"record {number} of {label}"
                size, checksum = struct.unpack("<QI", head) if len(head) == 12 else (0, None)
                if checksum is not None and (masked_crc(head[:8]) != checksum or size > MAX_RECORD):
                    yield Skipped(row, "has a damaged length, so what follows stays out; fetch the file again")
                    return
                data, tail = file.read(size), file.read(4)
                if checksum is None or len(data) != size or len(tail) != 4:
                    yield Skipped(row, "is cut short; fetch the file again")
                    return
                if masked_crc(data) != int.from_bytes(tail, "little"):
                    yield Skipped(row, "is damaged (its checksum does not match); fetch the file again")
                else:
                    yield row, data
    except OSError as error:
        yield Skipped(label, f"cannot be read ({error.strerror}); check the file and its permissions")


def features(data: bytes) -> dict[str, Feature]:
    """The features of a `tf.train.Example` by name: bytes or floats; of one that holds whole numbers, nothing.

    Raises:
        InvalidValue: these bytes are no such message.
    """
    found: dict[str, Feature] = {}
    try:
        for message in _parts(data, 1):  # Example.features
            for entry in _parts(message, 1):  # Features.feature
                name, values = b"".join(_parts(entry, 1)), b"".join(_parts(entry, 2))
                found[name.decode()] = _values(values)
    except (IndexError, TypeError, UnicodeDecodeError, struct.error):
        raise InvalidValue("is no tf.train.Example; is it another data set's file?") from None
    return found


def _values(feature: bytes) -> Feature:
    floats = b"".join(value for part in _parts(feature, 2) for value in _parts(part, 1))  # packed or one by one
    texts = [value for part in _parts(feature, 1) for value in _parts(part, 1)]
    return (*texts, *(value for (value,) in struct.iter_unpack("<f", floats)))


def _parts(message: bytes, wanted: int) -> Iterator[bytes]:
    """The fields of a message with this number, which must not be whole numbers."""
    for field, value in _fields(message):
        if field == wanted:
            yield _as_bytes(value)


def _as_bytes(value: bytes | int) -> bytes:
    if isinstance(value, int):
        raise TypeError("a number where bytes should be")
    return value


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a message in order, by number; those of fixed width as their bytes."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, place = _varint(message, place)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise TypeError("a kind of field that is in no Example")
        if size > len(message) - place:
            raise IndexError("a field that reaches over the message's end")
        yield tag >> 3, message[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise IndexError("a whole number without end")

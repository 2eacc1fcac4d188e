"""Taking metadata out of PNG and JPEG files without touching a pixel, and reading their headers."""

import re
import struct
import zlib
from collections.abc import Iterator
from io import SEEK_END
from typing import BinaryIO

from realness.errors import UnreadableImage

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_CHUNKS_AT_MOST = 1_000_000
"""More chunks than any encoder writes: a file of empty ones costs nothing but time."""

_JPEG_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive: what browsers show
_JPEG_KEPT = frozenset({*_JPEG_FRAMES, 0xC4, 0xDB, 0xDD})  # frames, Huffman tables, quantisation, restart interval
_MARKER = re.compile(rb"\xff+([^\xff])", re.DOTALL)
_SCAN_END = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")


def check_png(file: BinaryIO) -> None:
    """Walk through a PNG's chunks from its start.

    Raises:
        UnreadableImage: a chunk is cut short or damaged, or the last one is missing.
    """
    for _ in _chunks(file):
        pass


def strip_png(file: BinaryIO) -> bytes | None:
    """An 8-bit RGB or RGBA PNG with nothing but its pixels, as they were compressed.

    Text, EXIF, time, profile, animation and private chunks go, and so does what follows the end.

    Returns:
        The bytes, or None when the file holds other pixels (palette, grey, 16 bits).
    """
    parts = [_SIGNATURE]
    for kind, body, checksum in _chunks(file):
        if kind == b"IHDR" and (body[8] != 8 or body[9] not in (2, 6)):
            return None
        if kind in _PNG_KEPT and kind != b"PLTE":  # only a suggestion where pixels are RGB
            parts += [struct.pack(">I", len(body)), kind, body, checksum]
    return b"".join(parts)


def strip_jpeg(data: bytes) -> bytes | None:
    """A JPEG with nothing but its pixels, as they were compressed.

    All APP and COM segments go, and so does what follows the end. The JFIF and Adobe headers are written anew with only
    the fields that tell decoders the colour space.

    Returns:
        The bytes, or None when the file has a structure that is not understood or that browsers do not show.
    """
    parts, place, framed = [b"\xff\xd8"], 2, False
    while True:
        found = _MARKER.match(data, place)
        if found is None:
            return None
        marker, place = found.group(1)[0], found.end()
        if marker == 0xD9:
            return b"".join([*parts, b"\xff\xd9"]) if framed else None
        end = place + int.from_bytes(data[place : place + 2], "big")
        body = data[place + 2 : end]
        if end > len(data) or end < place + 2:
            return None
        if marker == 0xDA:
            scan_end = _SCAN_END.search(data, end)
            if scan_end is None:
                return None
            parts.append(b"\xff\xda" + data[place : scan_end.start()])
            place = scan_end.start()
            continue
        kept = _kept_segment(marker, body)
        if kept is None:
            return None
        framed = framed or marker in _JPEG_FRAMES
        parts.append(kept)
        place = end


def webp_size(head: bytes) -> tuple[int, int]:
    """Width and height, in pixels, from the first 30 bytes of a WebP file.

    Raises:
        UnreadableImage: there is no WebP header.
    """
    kind, body = head[12:16], head[20:30]
    if len(body) == 10:
        if kind == b"VP8X":
            return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        if kind == b"VP8L":
            bits = int.from_bytes(body[1:5], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if kind == b"VP8 ":
            width, height = struct.unpack("<HH", body[6:10])
            return width & 0x3FFF, height & 0x3FFF
    raise UnreadableImage("is cut short or damaged (no WebP header); fetch or export it again")


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Kind, body and checksum of each chunk up to IEND."""
    if file.read(8) != _SIGNATURE:
        raise UnreadableImage("is damaged (no PNG signature); fetch or export it again")
    left = file.seek(0, SEEK_END) - file.seek(8)
    for _ in range(_PNG_CHUNKS_AT_MOST):
        header = file.read(8)
        length = int.from_bytes(header[:4], "big")
        kind = header[4:]
        left -= 12 + length
        if left < 0:
            raise UnreadableImage("is cut short (the PNG ends too early); fetch or export it again")
        body, checksum = file.read(length), file.read(4)
        critical = not kind[0] & 0x20
        if critical and zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(checksum, "big"):
            raise UnreadableImage("is damaged (a PNG checksum does not match); fetch or export it again")
        yield kind, body, checksum
        if kind == b"IEND":
            return
    raise UnreadableImage(f"has more than {_PNG_CHUNKS_AT_MOST:,} PNG chunks; export it again")


def _kept_segment(marker: int, body: bytes) -> bytes | None:
    """The segment to keep, empty when it is only metadata, None when the file had better be decoded."""
    if marker == 0xE0 and body[:5] == b"JFIF\0" and len(body) >= 12:
        return b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    if marker == 0xEE and body[:5] == b"Adobe" and len(body) >= 12:
        return b"\xff\xee\x00\x0eAdobe\0\x64\0\0\0\0" + body[11:12]
    if 0xE0 <= marker <= 0xEF or marker == 0xFE:
        return b""
    if marker not in _JPEG_KEPT:
        return None
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body

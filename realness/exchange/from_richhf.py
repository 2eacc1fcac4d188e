"""The `richhf` layout: heat maps of what people marked on generated images, and how they rated them.

Source: Liang et al., "Rich Human Feedback for Text-to-Image Generation", arXiv 2312.10240; the files
`{train,dev,test}.tfrecord` of RichHF-18K. It has no images: those of Pick-a-Pic v1 have to lie in `images/` beside
the files. All four scores are higher = better there, 0 to 1; the maps are higher = more people marked it.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from realness.domain import ImportedRecord, OpinionScore, ReferenceMap, Skipped
from realness.errors import ImportFailed, InvalidValue, RealnessError
from realness.exchange.fields import number
from realness.exchange.from_folder import printable
from realness.exchange.from_raise import choose
from realness.exchange.places import NoSuchFile, first_inside, leaves, shown
from realness.exchange.tfrecords import Feature, features, records
from realness.images import read_grey

SOURCE = "richhf"
SUFFIX = ".tfrecord"
_SPLITS = ("train", "dev", "test")
_MAPS = {"artifact_map": "artifact", "misalignment_map": "misalignment"}
_SCORES = {"overall_score": "richhf overall", "artifact_score": "richhf artifact"}
_MAP_PIXELS = 4096 * 4096
"""Most pixels of a map; the published ones have 512 x 512."""


def looks_like(path: Path) -> bool:
    """True for a TFRecord file, and for a folder with one of RichHF-18K's three."""
    return path.suffix.lower() == SUFFIX if path.is_file() else not _files(path).keys().isdisjoint(_SPLITS)


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read RichHF-18K: one file, or a folder of them, one split after the other.

    Raises:
        ImportFailed: there is no such file, no such split, or no folder of images beside it.
    """
    path = path.resolve()
    root = path.parent if path.is_file() else path
    found = {printable(path.stem): path} if path.is_file() else _files(path)
    if not found:
        raise ImportFailed(f"{path} is no RichHF-18K; it needs train{SUFFIX}, dev{SUFFIX} or test{SUFFIX}")
    if not (root / "images").is_dir():
        raise ImportFailed(f"RichHF-18K comes without images; put those of Pick-a-Pic v1 into {root / 'images'}")
    return _read(root, choose(found, split))


def _files(folder: Path) -> dict[str, Path]:
    files = {printable(file.stem): file for file in sorted(folder.glob(f"*{SUFFIX}")) if file.is_file()}
    return dict(sorted(files.items(), key=lambda one: _SPLITS.index(one[0]) if one[0] in _SPLITS else len(_SPLITS)))


def _read(root: Path, found: dict[str, Path]) -> Iterator[ImportedRecord | Skipped]:
    seen: dict[Path, str] = {}
    for split, file in found.items():
        label = printable(file.name)
        if leaves(root, file):
            yield Skipped(label, "is a link that leaves the folder of the data set; copy the file into it")
            continue
        for item in records(file, label):
            if isinstance(item, Skipped):
                yield item
                continue
            row, data = item
            try:
                yield from _records(root, split, row, features(data), seen)
            except RealnessError as error:
                yield Skipped(row, str(error))


def _records(
    root: Path, split: str, row: str, found: dict[str, Feature], seen: dict[Path, str]
) -> Iterator[ImportedRecord | Skipped]:
    path = _image(root, split, found)
    if path in seen:
        raise InvalidValue(f"names the image of {seen[path]} again: {shown(path.name)}; remove one of them")
    seen[path] = row
    maps: list[ReferenceMap] = []
    scores: list[OpinionScore] = []
    for key, phrase in _MAPS.items():
        try:
            if found.get(key):
                maps.append(ReferenceMap(phrase, read_grey(_bytes(found, key), max_pixels=_MAP_PIXELS), SOURCE))
        except RealnessError as error:
            yield Skipped(f"{row}, {key}", str(error))
    for key, source in _SCORES.items():
        try:
            if found.get(key):
                scores.append(OpinionScore(source, _rating(found, key)))
        except RealnessError as error:
            yield Skipped(f"{row}, {key}", str(error))
    yield ImportedRecord(
        row=row,
        path=path,
        name=path.relative_to(root).as_posix(),
        provider="richhf",
        scores=tuple(scores),
        reference_maps=tuple(maps),
        split=split,
        is_real=False,
    )


def _image(root: Path, split: str, found: dict[str, Feature]) -> Path:
    """The image's file under `images/`, or its split's folder there: as it is named, or by the name's last part."""
    try:
        name = _bytes(found, "filename").decode()
    except UnicodeDecodeError:
        raise InvalidValue("has a file name that is not UTF-8") from None
    for one in dict.fromkeys((name, PurePosixPath(name).name)):
        with suppress(NoSuchFile):
            return first_inside(root, one, (root / "images", root / "images" / split))
    raise InvalidValue(f"there is no image {shown(name)} in images/; add it from Pick-a-Pic v1")


def _bytes(found: dict[str, Feature], key: str) -> bytes:
    values = found.get(key, ())
    if len(values) != 1 or not isinstance(values[0], bytes):
        raise InvalidValue(f"has no {key!r}; it must be one value of bytes. Is it RichHF-18K?")
    return values[0]


def _rating(found: dict[str, Feature], key: str) -> float:
    values = found[key]
    if len(values) != 1 or isinstance(values[0], bytes):
        raise InvalidValue(f"must be one number, got {len(values)} values")
    score = number(values[0], key)
    if score is None or not 0 <= score <= 1:
        raise InvalidValue(f"{key} must be from 0 to 1, got {score}")
    return score * 100

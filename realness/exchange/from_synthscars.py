"""The `synthscars` layout: captions of what is unreal in generated images, each sentence with its polygons.

Source: Kang et al., "LEGION: Learning to Ground and Explain for Synthetic Image Detection", arXiv 2503.15264; the tree
of the data set SynthScars, `{train,test}/images/` and `{train,test}/annoations/{train,test}.json` (the folder's name is
spelled so there; `annotations` is understood too).
"""

import re
from collections.abc import Iterator
from pathlib import Path

from realness.domain import Finding, ImportedRecord, Region, Skipped, check_text
from realness.errors import ImportFailed, InvalidValue, RealnessError
from realness.exchange.from_folder import printable
from realness.exchange.from_raise import choose
from realness.exchange.json_files import Item, begins_with, items, member, optional
from realness.exchange.places import first_inside, leaves, shown
from realness.exchange.sentences import findings_in, phrase_of
from realness.exchange.shapes import polygon

_MISSPELLED = "annoations"
_FOLDERS = (_MISSPELLED, "annotations")
_KEY = re.compile(rb'"img_file_name"\s*:')


def looks_like(path: Path) -> bool:
    """True for the tree, one split's folder and one annotation file; by the misspelled folder or by the content."""
    return any(
        file.parent.name == _MISSPELLED
        or ((path.is_file() or not leaves(path.resolve(), file)) and begins_with(file, _KEY))
        for file in splits(path).values()
    )


def splits(path: Path) -> dict[str, Path]:
    """The annotation files by split; empty when `path` is no such tree, split's folder or file."""
    if path.is_file():
        return {printable(path.stem): path} if path.suffix.lower() == ".json" and path.parent.name in _FOLDERS else {}
    for pattern in ("{0}/*.json", "*/{0}/*.json"):
        found = sorted(file for folder in _FOLDERS for file in path.glob(pattern.format(folder)) if file.is_file())
        if found:
            stems = [file.stem for file in found]
            names = [file.stem if stems.count(file.stem) == 1 else file.parent.parent.name for file in found]
            named = zip(map(printable, names), found, strict=True)
            return dict(sorted(named, key=lambda one: one[0] == "test"))
    return {}


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read SynthScars, one split after the other.

    Raises:
        ImportFailed: `path` is no such tree, or has no split of that name.
    """
    path = path.resolve()
    found = splits(path)
    if not found:
        raise ImportFailed(f"{path} is no SynthScars tree; it needs train/{_MISSPELLED}/train.json or the like")
    root = path.parent.parent if path.is_file() else path
    return _read(root, choose(found, split))


def _read(root: Path, found: dict[str, Path]) -> Iterator[ImportedRecord | Skipped]:
    for split, file in found.items():
        label = printable(file.relative_to(root).as_posix())
        if leaves(root, file):
            yield Skipped(label, "is a link that leaves the folder of the data set; copy the file into it")
            continue
        seen: dict[Path, str] = {}
        for item in items(file, label):
            if isinstance(item, Skipped):
                yield item
                continue
            try:
                yield from _records(root, file.parent.parent, split, item, seen)
            except RealnessError as error:
                yield Skipped(item.row, str(error))


def _records(
    root: Path, folder: Path, split: str, item: Item, seen: dict[Path, str]
) -> Iterator[ImportedRecord | Skipped]:
    if not isinstance(item.value, dict) or len(item.value) != 1:
        raise InvalidValue("must be an object with one key, the image's id")
    (said,) = item.value.values()
    name = member(said, "img_file_name", str)
    path = first_inside(root, name, (folder / "images", folder, root))
    if path in seen:
        raise InvalidValue(f"names the image of {seen[path]} again: {shown(name)}; remove one of them")
    text = check_text(optional(said, "caption", str) or "", "caption").strip().strip('"').strip()
    references = optional(said, "refs", list) or []
    seen[path] = item.row
    phrases: list[str] = []
    regions: list[Finding] = []
    for number, reference in enumerate(references, 1):
        place = f"{item.row}, ref {number}"
        try:
            phrases.append(_phrase(reference, text))
            outlines = optional(reference, "segmentation", list) or []
        except RealnessError as error:
            yield Skipped(place, str(error))
            continue
        found: list[Region] = []
        for index, outline in enumerate(outlines, 1):
            try:
                found.append(polygon(outline))
            except InvalidValue as error:
                yield Skipped(f"{place}, polygon {index}", str(error))
        if found:
            regions.append(Finding(phrases[-1], regions=tuple(found)))
    yield ImportedRecord(
        row=item.row,
        path=path,
        name=path.relative_to(root).as_posix(),
        description=text or None,
        findings=findings_in(text, phrases) if text else (),
        provider="synthscars",
        regions=tuple(regions),
        split=split,
        is_real=False,
    )


def _phrase(reference: object, text: str) -> str:
    """The sentence without the marks around it: as it stands in the caption, where it stands there."""
    sentence = check_text(member(reference, "sentence", str), "sentence").strip()
    phrase = sentence.strip('".,;:!? ') if sentence in text else phrase_of(sentence)
    if not phrase:
        raise InvalidValue("has an empty 'sentence'")
    return phrase

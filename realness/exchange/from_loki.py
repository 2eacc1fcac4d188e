"""The `loki` layout: what people found unreal in generated images, in words and boxes.

Source: Ye et al., "LOKI: A Comprehensive Synthetic Data Detection Benchmark using Large Multimodal Models", arXiv
2410.09732; `data_json/image/open_ended_vqa.json` of the authors' repository (UTF-16) and `media_data/` beside
`data_json/`, which they publish apart.
"""

from collections.abc import Iterator
from pathlib import Path

from realness.domain import Finding, ImportedRecord, Region, Skipped, check_text
from realness.errors import ImportFailed, InvalidValue, RealnessError
from realness.exchange.from_folder import printable
from realness.exchange.json_files import Item, items, member, optional
from realness.exchange.places import inside, leaves, shown
from realness.exchange.sentences import findings_in, joined, phrase_of
from realness.exchange.shapes import box_of_size

FILE = "open_ended_vqa.json"
_PLACE = ("data_json", "image")


def looks_like(path: Path) -> bool:
    """True for LOKI's file, the folder it lies in, and the tree's root."""
    return path.name == FILE if path.is_file() else _file(path) is not None


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read LOKI's open-ended questions on images. Image paths are relative to the tree's root.

    Raises:
        ImportFailed: there is no such file in the folder.
    """
    file = path.resolve() if path.is_file() else _file(path.resolve())
    if file is None:
        raise ImportFailed(f"{path} is no LOKI tree; it needs {'/'.join(_PLACE)}/{FILE}")
    return _read(file, split)


def _file(folder: Path) -> Path | None:
    places = (folder.joinpath(*_PLACE, FILE), folder / FILE)
    return next((file for file in places if file.is_file()), None)


def _read(file: Path, split: str | None) -> Iterator[ImportedRecord | Skipped]:
    root = file.parents[2] if file.parent.parts[-2:] == _PLACE else file.parent
    label = printable(file.name)
    if leaves(root, file):
        yield Skipped(label, "is a link that leaves the folder of the data set; copy the file into it")
        return
    seen: dict[Path, str] = {}
    for item in items(file, label):
        if isinstance(item, Skipped):
            yield item
            continue
        try:
            yield from _records(root, item, split, seen)
        except RealnessError as error:
            yield Skipped(item.row, str(error))


def _records(root: Path, item: Item, split: str | None, seen: dict[Path, str]) -> Iterator[ImportedRecord | Skipped]:
    name = member(item.value, "image_path", str)
    path = inside(root, name)
    if path in seen:
        raise InvalidValue(f"names the image of {seen[path]} again: {shown(name)}; remove one of them")
    problems = optional(item.value, "problems", dict) or {}
    told = [
        (f"{item.row}, {kind} {number}", kind, problem)
        for kind in ("regional", "global")
        for number, problem in enumerate(optional(problems, kind, list) or [], 1)
    ]
    said: list[str] = []
    places: dict[str, list[Region]] = {}
    for place, kind, problem in told:
        try:
            words = check_text(member(problem, "desc", str), "desc")
            phrase = phrase_of(words)
            if not phrase:
                raise InvalidValue("has an empty 'desc'")
            said.append(words)
            if kind == "regional":
                box = box_of_size(member(problem, "region", list))
                places.setdefault(phrase, []).append(box)
        except RealnessError as error:
            yield Skipped(place, str(error))
    text = check_text(joined(said), "description")
    seen[path] = item.row
    yield ImportedRecord(
        row=item.row,
        path=path,
        name=path.relative_to(root).as_posix(),
        description=text or None,
        findings=findings_in(text, map(phrase_of, said)),
        provider="loki",
        regions=tuple(Finding(phrase, regions=tuple(regions)) for phrase, regions in places.items()),
        split=split,
        is_real=False,
    )

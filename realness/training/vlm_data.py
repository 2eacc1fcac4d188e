"""What a describer is tuned on: an export of this project, read and checked whole before any model is loaded."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realness.errors import InvalidValue, UnreadableImage
from realness.exchange.examples import TOKENS, plain
from realness.images import inspect_image, read_image
from realness.training.vlm_parquet import is_parquet, parquet_rows

if TYPE_CHECKING:
    from datasets import Dataset

Progress = Callable[[int, int | None], None]
METADATA, NAMES = "metadata.jsonl", "images_file_names"
TRAIN, HELD_OUT = "train", ("validation", "test")
COLUMNS = {
    "sft": ("prompt", "completion"),
    "dpo": ("prompt", "chosen", "rejected"),
    "kto": ("prompt", "completion", "label"),
}
"""What the rows for each method hold beside `images`."""
_ASKS = "DATA must be an export of this project: `python -m realness export sft DATA`, or dpo, kto, parquet"
_MARKS = {"chosen": "dpo", "rejected": "dpo", "label": "kto", "completion": "sft"}
"""The columns that tell what rows are for; the first that is there counts."""


@dataclass(frozen=True)
class Split:
    """The examples of one split: `images` (paths) and the columns of the method."""

    name: str
    rows: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class TuneData:
    """A data folder as a tuning sees it.

    Attributes:
        train: what is learned.
        held_out: what the loss is measured on; None where there is none.
        digest: SHA-256 over all splits, texts and images.
        writers: the models that wrote texts in it, as far as the rows tell.
    """

    train: Split
    held_out: Split | None
    digest: str
    writers: tuple[str, ...] = field(default=())


def read(
    folder: Path, method: str, eval_split: str | None, unpacked: Path, progress: Progress | None = None
) -> TuneData:
    """Read a data folder: `SPLIT/metadata.jsonl` beside `SPLIT/images/`, or parquet files with a `README.md`.

    Args:
        method: `sft`, `dpo` or `kto`.
        eval_split: as in `TuneConfig`.
        unpacked: where images from parquet files are put.
        progress: told of the examples that were read.

    Raises:
        InvalidValue: the folder, a line or a split is not what the method needs.
        UnreadableImage: an image is missing or damaged.
    """
    if not folder.is_dir():
        raise InvalidValue(f"{folder} is {'no folder' if folder.exists() else 'not there'}; {_ASKS}")
    if is_parquet(folder):
        sources = parquet_rows(folder, method, COLUMNS[method], unpacked)
    else:
        sources = {name: _lines(file) for name, file in _metadata(folder).items()}
    digest, seen, writers = hashlib.sha256(), dict[Path, str](), set[str]()
    splits: dict[str, Split] = {}
    for name, source in sorted(sources.items()):
        digest.update(f"split {name}\n".encode())
        rows: list[dict[str, Any]] = []
        for where, row, root in source:
            rows.append(_checked(row, where, root, method))
            _add(digest, rows[-1], where, seen)
            writers |= _writers(row)
            if progress is not None:
                progress(sum(len(split.rows) for split in splits.values()) + len(rows), None)
        splits[name] = Split(name, rows)
    train = splits.get(TRAIN)
    if train is None or not train.rows:
        there = ", ".join(f"{name} ({len(split.rows)})" for name, split in splits.items()) or "no split at all"
        raise InvalidValue(f"{folder} has no examples to learn from in a split `{TRAIN}`; it holds {there}. {_ASKS}")
    if not any(row["images"] for row in train.rows):
        raise InvalidValue(f"no example of {folder} has an image; {_ASKS}")
    return TuneData(train, _held_out(splits, eval_split), digest.hexdigest(), tuple(sorted(writers)))


def as_dataset(split: Split) -> "Dataset":
    """The examples as trl takes them; images are decoded when an example is taken."""
    from datasets import Dataset  # noqa: PLC0415  takes a second, for long work only

    held = Dataset.from_list([row | {"images": [str(path) for path in row["images"]]} for row in split.rows])
    return held.with_transform(_decoded)


def _decoded(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    # In place of the data set's own decoder, so that a describer sees what reviewers saw, upright and in sRGB.
    return batch | {"images": [[read_image(Path(name))[1] for name in names] for names in batch["images"]]}


def _metadata(folder: Path) -> dict[str, Path]:
    """The metadata file of each split; one that lies in the folder itself is for training."""
    found = {each.parent.name: each for each in folder.glob(f"*/{METADATA}")}
    if (folder / METADATA).is_file():
        found[TRAIN] = folder / METADATA
    if not found:
        raise InvalidValue(f"{folder} holds no SPLIT/{METADATA} and no parquet files with a README.md; {_ASKS}")
    return found


def _lines(file: Path) -> Iterator[tuple[str, dict[str, Any], Path]]:
    try:
        lines = file.open("rb")
    except OSError as error:
        raise InvalidValue(f"{file} cannot be read ({error.strerror}); export the data again") from None
    with lines:
        for number, line in enumerate(lines, 1):
            where = f"{file.parent.name}/{file.name} line {number}"
            row = _row(line, where)
            yield where, row | {"images": row[NAMES]}, file.parent


def _row(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # "\ud800", say, which JSON allows and no tokenizer takes
        raise InvalidValue(f"{where} has half a character (a surrogate alone); export the data again") from None
    except (ValueError, RecursionError):
        raise InvalidValue(f"{where} is no JSON; export the data again") from None
    if not isinstance(row, dict):
        raise InvalidValue(f"{where} is no JSON object; export the data again")
    if NAMES not in row:
        raise InvalidValue(f'{where} has no "{NAMES}"; {_ASKS}')
    return row


def _checked(row: dict[str, Any], where: str, root: Path, method: str) -> dict[str, Any]:
    """The columns that the method takes, with images as paths."""
    kind = next((of for column, of in _MARKS.items() if row.get(column) is not None), None)
    if kind != method:
        given = f"is data for `tune {kind}`" if kind else "has no completion and no preference"
        raise InvalidValue(f"{where} {given}, and this is `tune {method}`; give data exported for it")
    for column in COLUMNS[method]:
        if column == "label":
            if not isinstance(row["label"], bool):
                raise InvalidValue(f"{where}: label must be true or false; export the data again")
        elif not _messages(row.get(column), last="user" if column == "prompt" else "assistant"):
            raise InvalidValue(
                f'{where}: {column} must be a list of {{"role", "content"}} with texts, the last of the '
                f"{'user' if column == 'prompt' else 'assistant'}; export the data again"
            )
        else:
            _refuse_tokens(row[column], f"{where}: {column}")
    if method == "dpo" and row["chosen"] == row["rejected"]:
        raise InvalidValue(f"{where}: chosen and rejected are the same, which teaches nothing; leave the line out")
    return {column: row[column] for column in COLUMNS[method]} | {"images": _paths(row["images"], where, root)}


def _refuse_tokens(messages: list[dict[str, str]], where: str) -> None:
    """A model would look for a picture at a text's `<image>`, or see the text end at its `</s>`; no export has any."""
    for text in (message["content"] for message in messages):
        token = TOKENS.search(text)
        if token is not None:
            raise InvalidValue(
                f"{where} has {token[0]} in its text, which a model takes for a picture, a turn or an end; "
                f"write it as {plain(token[0])}, or export the data again"
            )


def _messages(value: Any, last: str) -> bool:
    """Whether these are messages with texts, the last one by `last` and not empty."""
    texts = isinstance(value, list) and all(
        isinstance(each, dict)
        and set(each) == {"role", "content"}
        and each["role"] in ("system", "user", "assistant")
        and isinstance(each["content"], str)
        for each in value
    )
    return texts and bool(value) and value[-1]["role"] == last and bool(value[-1]["content"].strip())


def _paths(names: Any, where: str, root: Path) -> list[Path]:
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise InvalidValue(f'{where}: "{NAMES}" must be a list of file names; export the data again')
    if len(names) > 1:
        raise InvalidValue(f"{where} has {len(names)} images, and a describer is shown one at a time; split the line")
    for name in names:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InvalidValue(f"{where} names an image outside of the folder; export the data again")
    return [root / name for name in names]


def _add(digest: Any, row: dict[str, Any], where: str, seen: dict[Path, str]) -> None:
    """Put an example into the digest: its texts and the hashes of its images, wherever they lie."""
    for path in row["images"]:
        if path not in seen:
            try:
                seen[path] = inspect_image(path).sha256
            except UnreadableImage as error:
                raise UnreadableImage(f"{where}: the image {error}") from None
    told = row | {"images": [seen[path] for path in row["images"]]}
    digest.update(json.dumps(told, sort_keys=True, ensure_ascii=True).encode() + b"\n")


def _writers(row: dict[str, Any]) -> set[str]:
    names: Iterable[Any] = (row.get("provider"), row.get("model"))
    told = [name for name in names if isinstance(name, str) and name]
    return {"/".join(told)} if isinstance(row.get("model"), str) and row["model"] else set()


def _held_out(splits: dict[str, Split], wanted: str | None) -> Split | None:
    if wanted == "none":
        return None
    if wanted is None:
        return next((splits[name] for name in HELD_OUT if name in splits and splits[name].rows), None)
    if wanted not in splits or not splits[wanted].rows:
        there = ", ".join(name for name in splits if name != TRAIN) or "none beside train"
        raise InvalidValue(f"there are no examples in a split {wanted!r}; there is {there}. Or give --eval-split none")
    return splits[wanted]

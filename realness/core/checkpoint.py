"""A trained CORE as a folder: `core.json` (what it is, what it learned from) and its numbers.

Those of the `fast` preset are `words.json` and `model.safetensors`; `realness.core.paper` has the other.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from safetensors.numpy import load, save
from scipy.sparse import csr_matrix, issparse

from realness.atomic import check_folder, made_folder
from realness.core.fitting import KINDS
from realness.core.heads import Chosen, Head
from realness.core.kernels import IMAGE, TEXT, VERDICT, WORDS, Scaling, Spaces, family_of
from realness.core.model import Encoders, FastCore, check_same_encoders
from realness.core.words import Words
from realness.errors import CannotWrite, InvalidValue, NotFound

FORMAT = 1
SCALE = "rating 0-100"
NAMED = ("digest", "name")
"""What a card holds that its digest does not cover."""
_OURS = re.compile(r"core\.json|words\.json|model\.safetensors|member-\d+\.safetensors|text|curves\.png")
"""What a model's folder holds, of either preset: another file is somebody's, and is not to be lost with it."""
CARD, WORDS_FILE, TENSORS = "core.json", "words.json", "model.safetensors"


def write(core: FastCore, folder: Path, metrics: Mapping[str, Any]) -> FastCore:
    """Write a model, in place of what is there: all of its files or none.

    Args:
        metrics: what is known of its quality, for the card.

    Returns:
        The same model, with its name.

    Raises:
        CannotWrite: the place does not allow it, or something else than a model lies there.
    """
    tensors, head = _tensors(core.head), core.head
    blob = save(tensors)
    words = [] if head.spaces.words is None else list(head.spaces.words.vocabularies)
    told = json.dumps(words, ensure_ascii=False)
    card = {"format": FORMAT, "scale": SCALE, "metrics": dict(metrics), **core.facts}
    card |= {"head": head.name, "sources": head.sources, "identities": dict(core.identities)}
    card |= {"weights": dict(head.chosen.weights), "noise": head.chosen.noise, "loo_rmse": head.chosen.loo_rmse}
    card |= {"mean": head.mean, "spread": head.spread, **head.told()}
    digest = _digest(blob, told, card)
    card |= {"digest": digest, "name": f"{card['preset']}-{digest[:12]}"}
    with replacing_folder(folder) as part:
        (part / TENSORS).write_bytes(blob)
        (part / WORDS_FILE).write_text(told, encoding="utf-8")
        write_card(part, card)
    return FastCore(core.head, core.identities, card, core.encoders)


def check_place(folder: Path) -> None:
    """Refuse a place that holds something else than a model, or cannot be written.

    Raises:
        CannotWrite: it does, or cannot.
    """
    check_folder(folder.parent)
    try:
        _restore(folder)
        if not folder.exists() and not folder.is_symlink():
            return
        if not folder.is_dir() or folder.is_symlink():
            raise CannotWrite(f"{folder} is no folder; name another --out")
        names = [each.name for each in folder.iterdir()]
    except OSError as error:
        raise CannotWrite(f"cannot read {folder}: {error.strerror or error}; name another --out") from error
    if not all(_OURS.fullmatch(each) for each in names) or (names and CARD not in names):
        raise CannotWrite(f"{folder} is there and is no CORE model; name another --out")
    if CARD in names:
        try:
            read_card(folder)
        except InvalidValue as error:
            raise CannotWrite(f"{folder} holds a {CARD} that is none of ours; name another --out") from error


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """A new folder that takes a model's place when the block ends well: all of its files or none.

    One at a time; the model that was there stays until the new one stands in its place.

    Raises:
        CannotWrite: the place does not allow it, or something else than a model lies there.
    """
    check_place(folder)
    made_folder(folder.parent)
    try:
        part = Path(tempfile.mkdtemp(prefix=".core-", dir=folder.parent))
        try:
            yield part
            for path in (part, *part.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)
            with _alone(folder.parent):
                check_place(folder)
                _swap(part, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise CannotWrite(f"cannot write {folder}: {error.strerror or error}; name another place") from error


def _swap(part: Path, folder: Path) -> None:
    """Put a new model in the place of the one that is there, which comes back whatever ends this half-way."""
    old = _set_aside(folder)
    shutil.rmtree(old, ignore_errors=True)  # a new model stands, so this is one that was replaced long ago
    try:
        if folder.exists():
            folder.rename(old)
        part.replace(folder)
    except BaseException:  # a signal, too
        _restore(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _set_aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.before")


def _restore(folder: Path) -> None:
    """Put back the model that a program which was killed had set aside for a new one."""
    if not folder.exists() and (_set_aside(folder) / CARD).is_file():
        _set_aside(folder).rename(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """A block that only one process runs at a time for a folder."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write what a model tells of itself."""
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder: Path) -> FastCore:
    """Read a model of the `fast` preset; see `Core.load`."""
    card = read_card(folder)
    try:
        blob, told = (folder / TENSORS).read_bytes(), (folder / WORDS_FILE).read_text(encoding="utf-8")
        if _digest(blob, told, card) != card["digest"] or card["name"] != f"fast-{card['digest'][:12]}":
            raise ValueError("its files do not belong together, or were changed")
        head = _head(card, load(blob), json.loads(told))
        if len(card["samples"]) != len(head.counts) or len(set(card["samples"])) != len(card["samples"]):
            raise ValueError("its card is of another training")
        sources = [str(each) for each in card["sources"]]
        identities = {str(name): str(value) for name, value in card["identities"].items()}
        if set(identities) != {each for each in sources if each not in (f"{TEXT}:{WORDS}", VERDICT)}:
            raise ValueError("its card names other encoders")
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        safetensors.SafetensorError,
    ) as error:
        raise InvalidValue(f"the model in {folder} is damaged ({error}); train it again with `core train`") from error
    specs = {family: [s.partition(":")[2] for s in sources if family_of(s) == family] for family in (IMAGE, TEXT)}
    core = FastCore(head, identities, card, Encoders.of(specs[IMAGE], specs[TEXT]))
    check_same_encoders(core)
    return core


def read_card(folder: Path) -> dict[str, Any]:
    """What a model tells of itself, without its weights.

    Raises:
        NotFound: there is no model.
        InvalidValue: the card is damaged, of a newer version, or of another scale.
    """
    with suppress(OSError):
        _restore(folder)
    if not (folder / CARD).is_file():
        raise NotFound(f"there is no CORE model in {folder}; train one with `core train`, or name one with --model")
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        form, scale = card["format"], card["scale"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidValue(f"the model in {folder} is damaged ({error}); train it again with `core train`") from error
    if form != FORMAT:
        raise InvalidValue(f"the model in {folder} is of format {form!r}, this version reads {FORMAT}; train it again")
    if scale != SCALE:
        raise InvalidValue(f"the model in {folder} scores on the scale {scale!r}, CORE on {SCALE!r}; train it again")
    return card


def _digest(blob: bytes, words: str, card: Mapping[str, Any]) -> str:
    """SHA-256 of everything in a model's folder but the digest itself and what is named by it."""
    told = json.dumps({name: each for name, each in card.items() if name not in NAMED}, sort_keys=True)
    return hashlib.sha256(blob + words.encode() + told.encode()).hexdigest()


def _tensors(head: Head) -> dict[str, np.ndarray]:
    tensors = {"counts": head.counts, **head.numbers()}
    for source, each in head.placed.items():
        if issparse(each):
            sparse = csr_matrix(each)
            tensors |= {f"placed/{source}/values": sparse.data, f"placed/{source}/columns": sparse.indices}
            tensors |= {f"placed/{source}/rows": sparse.indptr, f"placed/{source}/shape": np.array(sparse.shape)}
        else:
            tensors[f"placed/{source}"] = each
    for source, each in head.spaces.scalings.items():
        tensors[f"scaling/{source}/centre"] = each.centre
        if each.spread is not None:
            tensors[f"scaling/{source}/spread"] = each.spread
    if head.spaces.words is not None:
        tensors |= {f"words/{at}": each for at, each in enumerate(head.spaces.words.weights)}
    return {name: np.ascontiguousarray(each) for name, each in tensors.items()}


def _head(card: Mapping[str, Any], tensors: Mapping[str, np.ndarray], vocabularies: list[list[str]]) -> Head:
    placed: dict[str, Any] = {}
    for source in card["sources"]:
        at = f"placed/{source}"
        if f"{at}/values" in tensors:
            parts = tuple(tensors[f"{at}/{part}"] for part in ("values", "columns", "rows"))
            placed[source] = csr_matrix(parts, shape=tuple(int(side) for side in tensors[f"{at}/shape"]))
            placed[source].check_format()
        else:
            placed[source] = tensors[at]
    scalings = {
        source: Scaling(tensors[f"scaling/{source}/centre"], tensors.get(f"scaling/{source}/spread"))
        for source in card["sources"]
        if f"scaling/{source}/centre" in tensors
    }
    words = None
    if vocabularies:
        words = Words(tuple(vocabularies), tuple(tensors[f"words/{at}"] for at in range(len(vocabularies))))
    weights = {str(family): float(weight) for family, weight in card["weights"].items()}
    chosen = Chosen(weights, float(card["noise"]), float(card["loo_rmse"]))
    common: dict[str, Any] = {"name": card["head"], "spaces": Spaces(card["head"] == "ridge", scalings, words)}
    common |= {"placed": placed, "chosen": chosen, "counts": tensors["counts"]}
    common |= {"mean": float(card["mean"]), "spread": float(card["spread"])}
    common["rows"] = np.arange(len(tensors["counts"]))
    head = KINDS[card["head"]].restored(common, tensors, card)
    head.check()
    return head

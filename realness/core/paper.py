"""The `paper` preset: networks trained end to end, one or an ensemble of them (arXiv 2509.13289).

A model is a folder: `core.json` (what it is, what it learned from), `member-N.safetensors`, `text/` (the text model's
architecture and tokenizer) and `curves.png` (how its training went).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from realness.core.bert import Bert
from realness.core.checkpoint import FORMAT, NAMED, SCALE, read_card, replacing_folder, write_card
from realness.core.encoders import opened_image
from realness.core.features import FeatureCache
from realness.core.measures import deviations_of
from realness.core.network import CoreNetwork, image_network, sized
from realness.core.samples import Sample
from realness.core.score import Core, Prediction, Progress, image_item, without_text
from realness.domain import Skipped
from realness.errors import InvalidValue, UnreadableImage

TEXT_FOLDER, CURVES = "text", "curves.png"
_BATCH = 16


@dataclass(frozen=True, repr=False)
class PaperCore(Core):
    """The `paper` preset.

    Attributes:
        networks: the members of the ensemble, on one device, in eval mode.
        bert: what makes tokens of texts; None for a model of images alone.
        facts: what its folder tells of its training; `split`: what each member learned from.
    """

    networks: Sequence[CoreNetwork]
    bert: Bert | None
    facts: Mapping[str, Any]

    @property
    def reads_text(self) -> bool:
        """See `Core`."""
        return self.bert is not None

    def predict(self, image: Image.Image | np.ndarray | Path | str, text: str = "") -> Prediction:
        """See `Core`."""
        self.check_text(text)
        pixels = self._opened(image_item(image))
        if isinstance(pixels, Skipped):
            raise UnreadableImage(pixels.reason)
        return self._said([pixels], [text])[0]

    def predict_all(
        self, samples: Sequence[Sample], cache: FeatureCache, progress: Progress | None = None
    ) -> tuple[list[Prediction | None], list[Skipped]]:
        """See `Core`. An image is scored by the members that did not learn from it, where there are any."""
        skipped = without_text(samples) if self.reads_text else []
        mute = {one.row for one in skipped}
        found: list[Prediction | None] = [None] * len(samples)
        for start in range(0, len(samples), _BATCH):
            pixels: dict[int, np.ndarray] = {}
            for at, one in enumerate(samples[start : start + _BATCH], start):
                if one.sha256 in mute:
                    continue
                opened = self._opened(one.file)
                if isinstance(opened, Skipped):
                    skipped.append(Skipped(one.sha256, opened.reason))
                else:
                    pixels[at] = opened
            texts, known = [samples[at].text for at in pixels], [self._learned(samples[at].sha256) for at in pixels]
            said = self._said(list(pixels.values()), texts, np.array(known).T) if pixels else []
            for at, each in zip(pixels, said, strict=True):
                found[at] = each
            if progress is not None:
                progress(min(start + _BATCH, len(samples)), len(samples))
        return found, skipped

    def learned_from(self, sha256: str) -> bool:
        """See `Core`. Images that a member only chose its epoch by it did not learn from."""
        return all(self._learned(sha256))

    def _learned(self, sha256: str) -> list[bool]:
        """Of each member, whether it learned from an image."""
        return [sha256 in each for each in self._trained_on]

    @cached_property
    def _trained_on(self) -> list[frozenset[str]]:
        return [frozenset(each["training"]) for each in self.facts["split"]]

    def _opened(self, item: Path | np.ndarray) -> np.ndarray | Skipped:
        """Pixels; without looking at the image where no network does."""
        return opened_image(item) if self.networks[0].image is not None else np.zeros((1, 1, 3), np.uint8)

    def _said(
        self, images: Sequence[np.ndarray], texts: Sequence[str], known: np.ndarray | None = None
    ) -> list[Prediction]:
        """What the members say; `known`, `(members, n)`: who is not asked of what, unless nobody is left."""
        first = self.networks[0]
        pixels = sized(images, first.size) if first.image is not None else None
        tokens = self.bert.tokens(texts) if self.bert is not None else None
        ratings = np.stack([each.ratings(pixels, tokens, _BATCH) for each in self.networks])
        asked = np.ones_like(ratings, bool) if known is None else ~known | known.all(axis=0)
        deviations = deviations_of(ratings, float(self.facts["rmse"]), asked)
        scores = np.average(ratings, axis=0, weights=asked)
        return [Prediction.within(float(r), float(d)) for r, d in zip(scores, deviations, strict=True)]


def write_paper(
    networks: Sequence[CoreNetwork],
    bert: Bert | None,
    folder: Path,
    facts: Mapping[str, Any],
    curves: bytes,
) -> PaperCore:
    """Write a model, in place of what is there: all of its files or none.

    Args:
        facts: for the card: `image`, `metrics`, `rmse`, `split` and what else is known of the training.
        curves: a PNG.

    Returns:
        The same model, with its name.

    Raises:
        CannotWrite: the place does not allow it, or something else than a model lies there.
    """
    with replacing_folder(folder) as part:
        for number, each in enumerate(networks):
            save_file(_state(each), part / f"member-{number}.safetensors")
        if bert is not None:
            bert.save(part / TEXT_FOLDER)
        (part / CURVES).write_bytes(curves)
        first = networks[0]
        card = {"members": len(networks), "size": list(first.size), "hidden": first.head[0].out_features, **facts}
        card = {"format": FORMAT, "scale": SCALE, "preset": "paper", **card}
        digest = _digest(part, card)
        card |= {"digest": digest, "name": f"paper-{digest[:12]}"}
        write_card(part, card)
    return PaperCore(list(networks), bert, card)


def read_paper(folder: Path) -> PaperCore:
    """Read a model of the `paper` preset; see `Core.load`. On the GPU where there is one."""
    card = read_card(folder)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        if _digest(folder, card) != card["digest"]:
            raise ValueError("its files do not belong together")
        bert = Bert.read(folder / TEXT_FOLDER) if (folder / TEXT_FOLDER).is_dir() else None
        size, hidden = (int(card["size"][0]), int(card["size"][1])), int(card["hidden"])
        networks = []
        for number in range(int(card["members"])):
            image, text = image_network(card["image"], fresh=True), bert.model() if bert is not None else None
            network = CoreNetwork(image, text, size=size, hidden=hidden)
            network.load_state_dict(load_file(folder / f"member-{number}.safetensors"))
            networks.append(network.to(device).eval().requires_grad_(False))
        core = PaperCore(networks, bert, card | {"name": str(card["name"]), "rmse": float(card["rmse"])})
        if not networks:
            raise ValueError("it has no members")
        if len(core._trained_on) != len(networks) or card["name"] != f"paper-{card['digest'][:12]}":
            raise ValueError("its card is of another model")
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RuntimeError,
        InvalidValue,
        safetensors.SafetensorError,
    ) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise InvalidValue(f"the model in {folder} is damaged ({reason}); train it again with `core train`") from error
    return core


def _state(network: CoreNetwork) -> dict[str, Tensor]:
    return {name: each.detach().cpu().contiguous() for name, each in network.state_dict().items()}


def _digest(folder: Path, card: Mapping[str, Any]) -> str:
    """SHA-256 of everything in a model's folder but its curves, the digest itself and what is named by it."""
    told = json.dumps({name: each for name, each in card.items() if name not in NAMED}, sort_keys=True)
    digest = hashlib.sha256(told.encode())
    files = [*folder.glob("member-*.safetensors"), *(folder / TEXT_FOLDER).rglob("*")]
    for path in sorted(path for path in files if path.is_file()):
        with path.open("rb") as file:
            digest.update(f"{path.relative_to(folder)} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()

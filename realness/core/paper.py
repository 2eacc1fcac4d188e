"""The `paper` preset: networks trained end to end, one or an ensemble of them (arXiv 2509.13289).

A model is a folder: `core.json` (what it is, what it learned from), `member-N.safetensors`, `text/` (the text model's
architecture and tokenizer) and `curves.png` (how its training went).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from realness.core.bert import Bert
from realness.core.checkpoint import FORMAT, SCALE, read_card, replacing_folder, write_card
from realness.core.encoders import opened_image
from realness.core.features import FeatureCache
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
        facts: what its folder tells of its training.
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
        """See `Core`."""
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
            said = self._said(list(pixels.values()), [samples[at].text for at in pixels]) if pixels else []
            for at, each in zip(pixels, said, strict=True):
                found[at] = each
            if progress is not None:
                progress(min(start + _BATCH, len(samples)), len(samples))
        return found, skipped

    def _opened(self, item: Path | np.ndarray) -> np.ndarray | Skipped:
        """Pixels; without looking at the image where no network does."""
        return opened_image(item) if self.networks[0].image is not None else np.zeros((1, 1, 3), np.uint8)

    def _said(self, images: Sequence[np.ndarray], texts: Sequence[str]) -> list[Prediction]:
        first = self.networks[0]
        pixels = sized(images, first.size) if first.image is not None else None
        tokens = self.bert.tokens(texts) if self.bert is not None else None
        ratings = np.stack([each.ratings(pixels, tokens, _BATCH) for each in self.networks])
        deviations = deviations_of(ratings, float(self.facts["rmse"]))
        return [Prediction.within(float(r), float(d)) for r, d in zip(ratings.mean(axis=0), deviations, strict=True)]


def deviations_of(ratings: np.ndarray, rmse: float) -> np.ndarray:
    """Standard deviations `(n,)` of what an ensemble says, in points of the scale; NaN for one member alone.

    The members' variance where they disagree, and what a member is off by on images it has not seen, everywhere.

    Args:
        ratings: `(members, n)`.
        rmse: of the members on their validation images.
    """
    if len(ratings) < 2:
        return np.full(ratings.shape[1], np.nan)
    return np.sqrt(ratings.var(axis=0, ddof=1) + rmse**2)


def write_paper(
    networks: Sequence[CoreNetwork],
    bert: Bert | None,
    folder: Path,
    facts: Mapping[str, Any],
    curves: bytes,
) -> PaperCore:
    """Write a model, in place of what is there: all of its files or none.

    Args:
        facts: for the card: `image`, `metrics`, `rmse` and what else is known of the training.
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
        digest = _digest(part, card)
        known = {"format": FORMAT, "scale": SCALE, "preset": "paper", "name": f"paper-{digest[:12]}", "digest": digest}
        card = known | card
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
    """SHA-256 of everything that changes a score: weights, architecture, tokenizer."""
    told = json.dumps([card[name] for name in ("members", "size", "hidden", "image", "rmse")])
    digest = hashlib.sha256(told.encode())
    files = [*folder.glob("member-*.safetensors"), *(folder / TEXT_FOLDER).rglob("*")]
    for path in sorted(path for path in files if path.is_file()):
        with path.open("rb") as file:
            digest.update(f"{path.relative_to(folder)} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()

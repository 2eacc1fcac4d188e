"""Measuring, calibrating and writing out a trained `mini`."""

import json
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from open_clip.model import CLIP
from open_clip.transform import PreprocessCfg
from PIL import Image
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from torch import Tensor

from realness.atomic import made_folder, write_bytes
from realness.clip import encode_tokens, load
from realness.dream.dense import dense_features
from realness.dream.dense_map import contrasts, embed, pyramid
from realness.dream.sampling import resized
from realness.dream.tuning import Tuning
from realness.planting import KINDS, neutral_phrases, plant, word
from realness.training.clip_bases import Bases
from realness.training.clip_config import TrainConfig
from realness.training.clip_data import Batch, make_batch
from realness.training.tokens import Words, write_tokenizer

WEIGHTS, CONFIG, TUNING = "open_clip_model.safetensors", "open_clip_config.json", "realness.json"
_VALIDATION, _CALIBRATION = 1, 2
"""Streams of data that no training sees."""
SCALES = (32.0, 21.333, 16.0)
"""Pixels of the image for one token, at each scale of the map: of the sets that were tried the best on average."""
MAP_SIDE = 384
"""Side of the images that the map is calibrated on, in pixels."""
PRIOR = 0.25
"""What the map says of a place of which nothing is known. True shares of planted places are near 0.05: at that prior a
good find reads 0.3 and nobody sees it. The viewer hides what is less unreal than this prior."""


def pixels(model: CLIP, images: np.ndarray) -> Tensor:
    """Images `(b, y, x, 3)` uint8 as the image tower expects them: `(b, 3, y, x)`, normalised, channels last."""
    settings, device = PreprocessCfg(), device_of(model)
    values = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float().div_(255)
    mean, std = (torch.tensor(each, device=device).view(3, 1, 1) for each in (settings.mean, settings.std))
    return values.sub_(mean).div_(std).to(memory_format=torch.channels_last)


def device_of(model: CLIP) -> torch.device:
    """Where a model's weights are."""
    return next(model.parameters()).device


def validate(model: CLIP, config: TrainConfig, bases: Bases, words: Words, steps: int = 12) -> float:
    """AUROC of tokens, for the right kind against the rest of the same crops; the mean over the kinds.

    nan when no kind was planted in what was drawn.
    """
    odds, cover = _odds(model, config, bases, words, _VALIDATION, steps)
    found = []
    for kind in range(len(KINDS)):
        planted = cover[:, kind].amax(dim=(1, 2)) > 0.5
        inside, score = cover[planted, kind].flatten() > 0.5, odds[planted, kind].flatten()
        if inside.any() and not inside.all():
            found.append(roc_auc_score(inside.numpy(), score.numpy()))
    return float(np.mean(found)) if found else float("nan")


def calibrate(folder: Path, config: TrainConfig, bases: Bases, images: int = 72) -> dict[str, Any]:
    """Temperature and bias that make the map's probability true at `PRIOR`, fitted on images that no
    training saw, other crops of the same photographs.

    Measured through the map's own code, at all of its scales. A phrase is asked of images it is true of, and as often
    of images without it, as descriptions do.

    Args:
        folder: of the exported model.
        config: the recipe.
        bases: where images come from.
        images: how many.

    Returns:
        What `realness.json` holds.
    """
    clip = load(f"local-dir:{folder}", precision="fp32")
    tuning = Tuning(pixels_per_token=SCALES, neutral=neutral_phrases())
    scores, targets = [], []
    for number in range(images):
        rng = np.random.default_rng((config.seed, _CALIBRATION, number))
        base = bases.crop(config.seed + 1_000_003 * _CALIBRATION, number, MAP_SIDE, config.photographs)
        kinds = [str(kind) for kind in rng.permutation(KINDS)[:2]]
        planted = plant(base, kinds[0], rng)
        phrases = embed(clip, [planted.phrase, word(kinds[1], rng)], tuning)
        contrast, _ = contrasts(clip, pyramid(clip, planted.image, tuning), phrases, tuning)
        mask = resized(planted.mask.astype(np.float32), (contrast.shape[2], contrast.shape[1]), Image.Resampling.BOX)
        scores.append(contrast.flatten())
        targets.append(torch.from_numpy(np.stack([mask, np.zeros_like(mask)])).flatten())
    slope, bias = fit_logistic(torch.cat(scores).cpu(), torch.cat(targets))
    told = {"temperature": slope, "bias": bias, "pixels_per_token": list(SCALES), "neutral": list(neutral_phrases())}
    return {"dense": told}


def fit_logistic(scores: Tensor, target: Tensor) -> tuple[float, float]:
    """Slope and bias of a logistic that gives P(target) from scores, with the targets weighed to make up `PRIOR`.

    Args:
        scores: `(n,)`.
        target: `(n,)` in [0, 1], neither all 0 nor all 1.
    """
    share = target.mean()
    weights = target * (PRIOR / share) + (1 - target) * ((1 - PRIOR) / (1 - share))
    line = torch.tensor([1.0, -1.0], requires_grad=True)
    fit = torch.optim.LBFGS([line], max_iter=100, line_search_fn="strong_wolfe")

    def off() -> Tensor:
        fit.zero_grad()
        odds = scores * line[0].exp() + line[1]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(odds, target, weight=weights)
        loss.backward()
        return loss

    fit.step(off)
    return line[0].exp().item(), line[1].item()


def export(model: CLIP, config: TrainConfig, bases: Bases, folder: Path) -> None:
    """Write what `local-dir:` needs: weights in fp16, config, tokenizer; and how DREAM is to read them.

    All of it is made in a folder inside and moved when it is whole, the config last: without it the folder is no CLIP.
    """
    made_folder(folder)
    with TemporaryDirectory(prefix=".part-", dir=folder) as part:
        _write_whole(model, config, bases, Path(part))
        (folder / CONFIG).unlink(missing_ok=True)
        for file in sorted(Path(part).iterdir(), key=lambda file: file.name == CONFIG):
            file.replace(folder / file.name)


def _write_whole(model: CLIP, config: TrainConfig, bases: Bases, folder: Path) -> None:
    weights = {
        name: (value.half() if value.is_floating_point() else value).contiguous().cpu()
        for name, value in model.state_dict().items()
    }
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # safetensors makes it readable by its owner alone
    settings = PreprocessCfg()
    looks = {
        "mean": list(settings.mean),
        "std": list(settings.std),
        "interpolation": "bicubic",
        "resize_mode": "shortest",
    }
    _write(folder / CONFIG, {"model_cfg": config.model(), "preprocess_cfg": looks})
    write_tokenizer(folder, config.merges, config.context)
    _write(folder / TUNING, calibrate(folder, config, bases))


@torch.inference_mode()
def _odds(
    model: CLIP, config: TrainConfig, bases: Bases, words: Words, stream: int, steps: int
) -> tuple[Tensor, Tensor]:
    """How much more each token is like each kind's phrase than like the neutral ones, and what covers it.

    Both are `(b, kinds, h, w)`.
    """
    model.eval()
    device = device_of(model)
    neutral = encode_tokens(model, words(list(neutral_phrases())).to(device)).mean(dim=0)
    every, covers = [], []
    for step in range(steps):
        batch = _kept(config, bases, step, stream)
        features = dense_features(model.visual, pixels(model, batch.crops))
        phrases = encode_tokens(model, words(batch.texts[: len(KINDS)]).to(device))
        every.append(torch.einsum("bdhw,kd->bkhw", features, phrases - neutral).cpu())
        covers.append(torch.from_numpy(batch.cover))
    return torch.cat(every), torch.cat(covers)


@lru_cache(maxsize=16)
def _kept(config: TrainConfig, bases: Bases, step: int, stream: int) -> Batch:
    """Validation asks for the same batches again and again."""
    return make_batch(config, bases, step, stream)


def _write(path: Path, values: dict[str, Any]) -> None:
    write_bytes(path, (json.dumps(values, indent=2) + "\n").encode())

"""Training `mini`: an ordinary open_clip CLIP that finds planted inconsistencies by its dense features.

No RAISE data goes in: the pictures are photographs from the wheels and procedural scenes, the inconsistencies planted.
"""

import hashlib
import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from open_clip.model import CLIP
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from realness.atomic import made_folder, replacing
from realness.clip import encode_tokens, native_dtype
from realness.dream.dense import dense_features
from realness.errors import InvalidValue
from realness.training.clip_bases import Bases
from realness.training.clip_card import write_card
from realness.training.clip_config import TrainConfig
from realness.training.clip_data import Batch, make_batch, make_texts
from realness.training.clip_export import WEIGHTS, export, pixels, validate
from realness.training.clip_losses import Heads, TextFeatures, text_loss, total_loss
from realness.training.loop import Progress, batches_ahead, go_on, loaded_checkpoint, part_done, schedule
from realness.training.tokens import Words, write_tokenizer

CHECKPOINT, RECIPE, LOG = "checkpoint.pt", "train.json", "log.jsonl"
POSITIONS = "visual.attnpool.positional_embedding"


def train_clip(
    config: TrainConfig,
    out: Path,
    progress: Progress | None = None,
    *,
    bases: Bases | None = None,
    start: Path | None = None,
    workers: int = 1,
    save_minutes: float = 4.0,
) -> dict[str, Any]:
    """Train, and leave a folder that `local-dir:` loads. Goes on from the checkpoint that lies there; a finished one
    is measured and written out again.

    Args:
        config: the recipe.
        out: for the checkpoint, the log and the finished model.
        progress: called with what is done and the whole: steps, or seconds when the recipe counts by time.
        bases: where crops come from; the wheels' photographs by default. The recipe holds their digest.
        start: a folder as this writes it, whose weights a new training begins with.
        workers: processes that make data; they do not change the result.
        save_minutes: between checkpoints.

    Returns:
        `steps`, `seconds`, `loss` and `auroc` (of tokens of planted crops kept apart, mean over the kinds).

    Raises:
        InvalidValue: the folder holds a training with another recipe or a CLIP of other making, or `start` a model of
            another shape.
        CannotWrite: the folder cannot be made or written.
    """
    made_folder(out)
    if not (out / RECIPE).is_file() and (out / WEIGHTS).is_file():
        raise InvalidValue(f"{out} holds a CLIP that would be overwritten; use another --out")
    bases = bases or Bases()
    config = replace(config, pictures=bases.digest, start=_digest_of(start))
    run = _Run(config, out, bases, start)
    batches = batches_ahead(partial(make_batch, config, bases), run.step, config.steps, workers)
    go_on(run, batches, steps=config.steps, minutes=config.minutes, progress=progress, save_minutes=save_minutes)
    export(run.model, config, bases, out)
    count = sum(weight.numel() for weight in run.model.parameters())
    write_card(out, config, bases, parameters=count, steps=run.step, seconds=run.seconds, auroc=run.auroc)
    return {"steps": run.step, "seconds": round(run.seconds), "loss": run.loss, "auroc": run.auroc}


class _Run:
    """One training in progress: the model, its optimiser and how far they are."""

    def __init__(self, config: TrainConfig, out: Path, bases: Bases, start: Path | None = None) -> None:
        _check_recipe(config, out / RECIPE)
        self.config, self.out, self.bases = config, out, bases
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.low_precision = native_dtype(self.device) is torch.bfloat16
        write_tokenizer(out, config.merges, config.context)
        self.words = Words(out, config.context)
        model, heads = new_model(config)
        self.model, self.heads = model.to(self.device), heads.to(self.device)
        self.optimiser = _optimiser(self.model, self.heads, config)
        self.step, self.seconds, self.loss, self.auroc = 0, 0.0, math.nan, math.nan
        if (out / CHECKPOINT).is_file():
            self._load()
        elif start is not None:
            _begin_with(self.model, start)
        else:
            self._learn_texts()

    def take(self, batch: Batch) -> None:
        """Learn from one batch."""
        rate = self.config.learning_rate * schedule(
            part_done(self, self.config.steps, self.config.minutes), self.config.warmup
        )
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["share"]
        self.model.train()
        texts = self._texts(batch.texts, batch.neutral)
        crops, windows = pixels(self.model, batch.crops), pixels(self.model, batch.windows)
        cover, window_cover = (torch.from_numpy(each).to(self.device) for each in (batch.cover, batch.window_cover))
        weights = self.config.window_weight, self.config.text_weight
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.low_precision):
            tokens = dense_features(self.model.visual, crops)
            # Windows are enlarged, crops are not: the crops alone make the statistics that the dense map is read with.
            self.model.visual.eval()
            pooled = self.model.visual(windows)
        loss = total_loss(self.heads, tokens.float(), cover, pooled.float(), window_cover, texts, *weights)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*self.model.parameters(), *self.heads.parameters()], 1.0)
        self.optimiser.step()
        value = loss.item()
        self.loss = value if math.isnan(self.loss) else 0.98 * self.loss + 0.02 * value
        self.step += 1

    def save(self) -> None:
        """Measure, log and write a checkpoint, whole or not at all."""
        self.auroc = validate(self.model, self.config, self.bases, self.words)
        line = {"step": self.step, "seconds": round(self.seconds), "loss": self.loss, "auroc": self.auroc}
        with (self.out / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        state = {
            "model": self.model.state_dict(),
            "heads": self.heads.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            **line,
            "seconds": self.seconds,
        }
        with replacing(self.out / CHECKPOINT) as part:
            torch.save(state, part)

    def _load(self) -> None:
        state = loaded_checkpoint(self.out / CHECKPOINT, self.device)
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.loss, self.auroc = state["loss"], state["auroc"]

    def _learn_texts(self) -> None:
        """Before the first step: phrases of one kind together, so that the image tower has something to aim at."""
        self.model.train()
        rng = np.random.default_rng((self.config.seed, 4))
        towers = [value for name, value in self.model.named_parameters() if not name.startswith("visual.")]
        optimiser = torch.optim.AdamW(towers, lr=1e-3, betas=(0.9, 0.98), weight_decay=self.config.weight_decay)
        for _ in range(self.config.text_steps):
            loss = text_loss(self._texts(*make_texts(self.config, rng)))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(towers, 1.0)
            optimiser.step()

    def _texts(self, texts: list[str], neutral_texts: list[str]) -> TextFeatures:
        encoded = encode_tokens(self.model, self.words(texts + neutral_texts).to(self.device))
        phrases, neutral = encoded[: len(texts)], encoded[len(texts) :]
        return TextFeatures(phrases.unflatten(0, (self.config.phrasings, -1)), neutral)


def _digest_of(start: Path | None) -> str:
    if start is None:
        return ""
    if not (start / WEIGHTS).is_file():
        raise InvalidValue(f"there is no {WEIGHTS} in {start}; give a folder that was trained before")
    return hashlib.sha256((start / WEIGHTS).read_bytes()).hexdigest()[:16]


def _begin_with(model: CLIP, folder: Path) -> None:
    file = folder / WEIGHTS
    try:
        weights = {name: value.float() for name, value in load_file(file).items()}
        positions = model.state_dict()[POSITIONS]
        if POSITIONS in weights and weights[POSITIONS].shape != positions.shape:
            weights[POSITIONS] = _spread(weights[POSITIONS], len(positions) - 1)
        model.load_state_dict(weights)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise InvalidValue(f"{file} holds no weights of this recipe's shape; give another folder") from error


def _spread(table: Tensor, places: int) -> Tensor:
    """Position embeddings `(1 + n, d)` of an attention pool, interpolated to another square number of places."""
    old, new = math.isqrt(len(table) - 1), math.isqrt(places)
    grid = table[1:].unflatten(0, (old, old)).permute(2, 0, 1)[None]
    grid = functional.interpolate(grid, size=(new, new), mode="bicubic", align_corners=False)
    return torch.cat([table[:1], grid[0].flatten(1).T])


def new_model(config: TrainConfig) -> tuple[CLIP, Heads]:
    """An untrained model and its heads, the same for the same configuration."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = CLIP(**_without_tokenizer(config.model()))
        model.visual.to(memory_format=torch.channels_last)
        return model, Heads()


def _without_tokenizer(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "text_cfg": {k: v for k, v in settings["text_cfg"].items() if k != "hf_tokenizer_name"}}


def _optimiser(model: CLIP, heads: Heads, config: TrainConfig) -> torch.optim.AdamW:
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for name, weight in model.named_parameters():
        if name == "logit_scale":
            continue
        # The text tower learns from few, simple sentences: at the full rate it forgets more than it learns.
        share = 1.0 if name.startswith("visual.") else 0.5
        decay = config.weight_decay if weight.ndim > 1 else 0.0
        groups.setdefault((share, decay), []).append(weight)
    groups[1.0, 0.0].extend(heads.parameters())
    settings = [
        {"params": weights, "share": share, "weight_decay": decay} for (share, decay), weights in groups.items()
    ]
    return torch.optim.AdamW(settings, lr=config.learning_rate, betas=(0.9, 0.98))


def _check_recipe(config: TrainConfig, path: Path) -> None:
    if path.is_file():
        other = config.differences(TrainConfig.read(path))
        if other:
            raise InvalidValue(
                f"{path.parent} holds a training with another {' and '.join(other)}; use the same, or another --out"
            )
    else:
        config.save(path)

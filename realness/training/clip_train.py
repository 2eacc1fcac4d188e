"""Training `mini`: an ordinary open_clip CLIP that finds planted inconsistencies by its dense features.

No RAISE data goes in: the pictures are photographs from the wheels and procedural scenes, the inconsistencies planted.
"""

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from open_clip.model import CLIP
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from realness.atomic import replacing
from realness.clip import encode_tokens, native_dtype
from realness.dream.dense import dense_features
from realness.errors import InvalidValue
from realness.training.clip_bases import Bases
from realness.training.clip_card import write_card
from realness.training.clip_config import TrainConfig
from realness.training.clip_data import Batch, batches, make_texts
from realness.training.clip_export import WEIGHTS, export, pixels, validate
from realness.training.clip_losses import Heads, TextFeatures, text_loss, total_loss
from realness.training.tokens import Words, write_tokenizer

Progress = Callable[[int, int | None], None]
CHECKPOINT, RECIPE, LOG = "checkpoint.pt", "train.json", "log.jsonl"
_ENDLESS = 10_000_000


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
        InvalidValue: the folder holds a training with another recipe, or `start` a model of another shape.
    """
    out.mkdir(parents=True, exist_ok=True)
    bases = bases or Bases()
    config = replace(config, pictures=bases.digest, start=_digest_of(start))
    run = _Run(config, out, bases, start)
    total = config.steps if config.steps is not None else round(config.minutes * 60)
    saved = since = time.monotonic()
    steps = _ENDLESS if config.steps is None else config.steps
    for batch in batches(config, bases, run.step, steps - run.step, workers):
        if run.part_done >= 1:
            break
        run.take(batch)
        since, run.seconds = time.monotonic(), run.seconds + time.monotonic() - since
        if progress is not None:
            progress(min(total, run.step if config.steps is not None else int(run.seconds)), total)
        if time.monotonic() - saved > save_minutes * 60:
            run.save()
            saved = since = time.monotonic()  # what measuring took is no training
    run.save()
    export(run.model, config, bases, out)
    count = sum(weight.numel() for weight in run.model.parameters())
    write_card(out, config, bases, parameters=count, steps=run.step, seconds=run.seconds, auroc=run.auroc)
    return {"steps": run.step, "seconds": round(run.seconds), "loss": run.loss, "auroc": run.auroc}


class _Run:
    """One training in progress: the model, its optimiser and how far they are."""

    def __init__(self, config: TrainConfig, out: Path, bases: Bases, start: Path | None = None) -> None:
        _check_recipe(config, out / RECIPE)
        self.config, self.out, self.bases = config, out, bases
        self.low_precision = native_dtype(torch.device("cpu")) is torch.bfloat16
        write_tokenizer(out, config.merges, config.context)
        self.words = Words(out, config.context)
        self.model, self.heads = new_model(config)
        self.optimiser = _optimiser(self.model, self.heads, config)
        self.step, self.seconds, self.loss, self.auroc = 0, 0.0, math.nan, math.nan
        if (out / CHECKPOINT).is_file():
            self._load()
        elif start is not None:
            _begin_with(self.model, start)
        else:
            self._learn_texts()

    @property
    def part_done(self) -> float:
        """From 0 to 1: what the learning rate follows."""
        if self.config.steps is not None:
            return self.step / self.config.steps
        return self.seconds / (self.config.minutes * 60)

    def take(self, batch: Batch) -> None:
        """Learn from one batch."""
        rate = self.config.learning_rate * schedule(self.part_done, self.config.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["share"]
        self.model.train()
        texts = self._texts(batch.texts, batch.neutral)
        crops, windows = pixels(self.model, batch.crops), pixels(self.model, batch.windows)
        cover, window_cover = torch.from_numpy(batch.cover), torch.from_numpy(batch.window_cover)
        weights = self.config.window_weight, self.config.text_weight
        with torch.autocast("cpu", torch.bfloat16, enabled=self.low_precision):
            tokens, pooled = dense_features(self.model.visual, crops), self.model.visual(windows)
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
        state = torch.load(self.out / CHECKPOINT, weights_only=True)
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
        encoded = encode_tokens(self.model, self.words(texts + neutral_texts))
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
        model.load_state_dict({name: value.float() for name, value in load_file(file).items()})
    except (OSError, RuntimeError, SafetensorError) as error:
        raise InvalidValue(f"{file} holds no weights of this recipe's shape; give another folder") from error


def schedule(part: float, warmup: float) -> float:
    """Share of the full learning rate: linear up during `warmup`, then half a cosine down to 1 %."""
    if part < warmup:
        return max(part, 0.002) / warmup
    fall = min(1.0, (part - warmup) / (1 - warmup))
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fall))


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

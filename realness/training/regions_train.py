"""Adapting a CLIP on what people marked: an image, a phrase and its region, from the current reviews.

The loss is written down in `regions_loss`. The text tower stays as it is: what a phrase means is known, what it looks
like is learned.
"""

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from realness import clip as clips
from realness.atomic import made_folder, replacing
from realness.clip import Clip
from realness.dream.dense_map import pyramid, tuning_of
from realness.training.loop import loaded_checkpoint, schedule
from realness.training.regions_adapter import Adapter
from realness.training.regions_card import write_card
from realness.training.regions_config import RegionConfig
from realness.training.regions_data import Phrases, Regions, Shown, gather, show
from realness.training.regions_export import check_place, export
from realness.training.regions_loss import Scale, image_loss
from realness.training.regions_measure import calibrate, cover_of, directions, localisation, told
from realness.workbench.regions import RegionExample

Progress = Callable[[int, int | None], None]
CHECKPOINT, RECIPE, LOG = "checkpoint.pt", "train.json", "log.jsonl"
_WARMUP = 0.05
_BETTER = 1e-4
"""By how much the mean AUROC must rise to count as better."""


@dataclass
class _State:
    """How far a training is.

    Attributes:
        step: how many were taken.
        before: AUROC of each validation image with the weights as they came.
        best, best_step: the highest mean so far, and when it was measured.
        worse: measurements since then.
    """

    step: int
    before: list[float]
    best: float
    best_step: int = 0
    worse: int = 0


def adapt(
    config: RegionConfig,
    examples: Iterable[RegionExample],
    out: Path,
    progress: Progress | None = None,
    *,
    untouched: Iterable[Path] = (),
) -> dict[str, Any]:
    """Adapt a CLIP on regions and leave a folder that `local-dir:` loads. Goes on from the checkpoint that lies there.

    Images are split, never regions. The weights that localise best on the validation images are kept, those it began
    with included: what does not help is not kept.

    Args:
        config: the recipe; its `weights` and `data` are filled in.
        examples: what people marked.
        out: for the checkpoint, the log and the finished model.
        progress: called with the steps that are done and the most there may be.
        untouched: images in which nobody found anything.

    Returns:
        `steps`, `best_step`, `images` and `regions` (all of them), and of the validation images `before`, `after`
        (pixel AUROC of the dense map) and `gain` (by image), each with `auroc`, `ci` and `n`.

    Raises:
        InvalidValue: fewer than 10 images with marked places, a CLIP without dense features, a folder that holds
            another recipe or another CLIP.
        WeightsNotFound, UnsupportedModel: the CLIP cannot be loaded.
    """
    clip = clips.load(config.clip, precision="fp32")
    check_place(clip, out, out / RECIPE)
    adapter = Adapter(clip.model.visual, config, tuning_of(clip))
    regions = gather(examples, untouched, config.seed)
    config = replace(config, weights=clip.weights_id, data=regions.digest)
    made_folder(out)
    config.keep(out / RECIPE)
    run = _Run(config, clip, adapter, regions, out)
    while not run.finished:
        run.take()
        if progress is not None:
            progress(run.state.step, config.steps)
        if run.state.step % config.check == 0 or run.state.step == config.steps:
            run.check()
    return _finish(run)


class _Run:
    """One adaptation in progress."""

    def __init__(self, config: RegionConfig, clip: Clip, adapter: Adapter, regions: Regions, out: Path) -> None:
        self.config, self.clip, self.adapter, self.regions, self.out = config, clip, adapter, regions, out
        self.tuning = tuning_of(clip)
        self.phrases = Phrases(regions.training)
        self.towards = directions(clip, self.phrases.texts, self.tuning)
        self.scale = Scale(self.tuning.temperature, self.tuning.bias).to(clip.device)
        learned = {"params": list(adapter.parameters()), "share": 1.0, "weight_decay": config.weight_decay}
        scale = {"params": list(self.scale.parameters()), "share": 5.0, "weight_decay": 0.0}
        self.optimiser = torch.optim.AdamW([learned, scale], lr=config.learning_rate, betas=(0.9, 0.98))
        self.losses: list[float] = []
        if (out / CHECKPOINT).is_file():
            self._load()
        else:
            before = localisation(clip, regions.validation)
            self.state = _State(0, before, float(np.mean(before)))
            self.kept = copy.deepcopy(adapter.state_dict())
            self._save()

    @property
    def finished(self) -> bool:
        """Whether all steps are taken, or none made it better for long enough."""
        return self.state.step >= self.config.steps or self.state.worse >= self.config.patience

    def take(self) -> None:
        """Learn from one batch."""
        rate = self.config.learning_rate * schedule(self.state.step / self.config.steps, _WARMUP)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["share"]
        batch = self._batch()
        features = self.adapter([self._input(shown) for shown in batch])
        losses = [self._loss(*pair) for pair in zip(features, batch, strict=True)]
        loss = torch.stack(losses).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.adapter.parameters(), 1.0)
        self.optimiser.step()
        self.losses.append(loss.item())
        self.state.step += 1

    def check(self) -> None:
        """Measure on the validation images, remember the best weights, log, and write a checkpoint."""
        self.adapter.write()
        state, found = self.state, float(np.mean(localisation(self.clip, self.regions.validation)))
        if found > state.best + _BETTER:
            state.best, state.best_step, state.worse = found, state.step, 0
            self.kept = copy.deepcopy(self.adapter.state_dict())
        else:
            state.worse += 1
        line = {"step": state.step, "loss": round(float(np.mean(self.losses)), 5), "auroc": round(found, 5)}
        self.losses.clear()
        with (self.out / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        self._save()

    def _batch(self) -> list[Shown]:
        """The crops of a step: the same for the same recipe and step."""
        config, sizes = self.config, self.tuning.pixels_per_token or (None,)
        rng = np.random.default_rng((config.seed, 1, self.state.step))
        marked, clean = self.regions.training, self.regions.untouched
        drawn = [marked[at] for at in rng.permutation(len(marked))[: config.batch]]
        drawn += [clean[at] for at in rng.permutation(len(clean))[: max(1, config.batch // 4)]]
        return [show(sample, self.phrases, config.wrong_phrases, rng, sizes) for sample in drawn]

    def _input(self, shown: Shown) -> Tensor:
        inputs = pyramid(self.clip, shown.pixels, self.tuning)
        return inputs[min(shown.scale, len(inputs) - 1)]

    def _loss(self, features: Tensor, shown: Shown) -> Tensor:
        cover = cover_of(shown.masks, (features.shape[1], features.shape[2]), features.device)
        odds = torch.einsum("dhw,nd->nhw", features, self.towards[shown.own + shown.wrong])
        return image_loss(self.scale(odds), cover)

    def _save(self) -> None:
        state = {
            "state": vars(self.state),
            "adapter": self.adapter.state_dict(),
            "kept": self.kept,
            "scale": self.scale.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        with replacing(self.out / CHECKPOINT) as part:
            torch.save(state, part)

    def _load(self) -> None:
        state = loaded_checkpoint(self.out / CHECKPOINT, self.clip.device)
        self.state, self.kept = _State(**state["state"]), state["kept"]
        self.adapter.load_state_dict(state["adapter"])
        self.scale.load_state_dict(state["scale"])
        self.optimiser.load_state_dict(state["optimiser"])


def _finish(run: _Run) -> dict[str, Any]:
    """Write out the best weights, and measure what was written, not what was in memory."""
    run.adapter.load_state_dict(run.kept)
    run.adapter.write()
    validation = run.regions.validation
    export(run.clip, *calibrate(run.clip, validation, run.tuning, run.config.seed), run.out)
    written = clips.load(f"local-dir:{run.out}", precision="fp32", device=run.clip.device)
    before, after = np.array(run.state.before), np.array(localisation(written, validation))
    result = {
        "steps": run.state.step,
        "best_step": run.state.best_step,
        "images": len(run.regions.training) + len(validation),
        "regions": run.regions.places,
        "before": told(before),
        "after": told(after),
        "gain": told(after - before),
    }
    write_card(run.out, run.config, run.regions, result)
    return result

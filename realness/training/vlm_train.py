"""Tuning a vision-language model on an export, with peft's LoRA and the trainers of trl."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from realness.atomic import write_bytes
from realness.errors import InvalidValue
from realness.training import vlm_data
from realness.training.vlm_card import write_card
from realness.training.vlm_config import TuneConfig
from realness.training.vlm_data import TuneData
from realness.training.vlm_export import merge
from realness.training.vlm_model import identity, limit_images, load, located, lora, quiet
from realness.training.vlm_presets import device_of, preset_for, told
from realness.training.vlm_run import SUPERVISED, RunFolder
from realness.training.vlm_supervise import supervised
from realness.training.vlm_trainer import Watch, arguments, trainer_for

Progress = Callable[[int, int | None], None]


def tune(
    config: TuneConfig,
    data: Path,
    out: Path,
    *,
    device: str = "auto",
    merging: bool = True,
    reading: Progress | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] = lambda _line: None,
    save_seconds: float = 120.0,
) -> dict[str, Any]:
    """Tune a describer and leave a run's folder. A stopped run goes on from its last checkpoint, to the same steps.

    Args:
        config: the recipe.
        data: an export of this project, in its folder or its parquet form.
        out: the run's folder; may not exist yet.
        device: `auto`, `cpu` or `cuda`.
        merging: also write the model with the change in its weights.
        reading: told of examples that were read.
        progress: told of steps and of how many there are.
        tell: told of the preset and of what is taught.
        save_seconds: between two checkpoints.

    Returns:
        `method`, `steps`, `loss` (of the last step), `out`, `merged` (the model's folder, or None), `seconds`,
        `examples`, `trained` (weights), and with held-out examples `eval_split`, `eval_loss_first`, `eval_loss`; with
        `dpo` and `kto` `margin_first`, `margin_last`, and with `dpo` `accuracy`.

    Raises:
        InvalidValue: the data, the folder or the recipe do not fit, or the loss is no number any more.
        UnreadableImage: an image of the data is missing or damaged.
        WeightsNotFound, UnsupportedModel: the model cannot be had, or is of another kind.
        CannotWrite: the folder could not be written.
    """
    place, where, name = RunFolder(out), device_of(device), located(config.model)
    try:
        examples = vlm_data.read(data, config.method, config.eval_split, place.unpacked, reading)
        with quiet():
            run = _Run(config, examples, place, where, name, tell)
    finally:
        place.forget_unless_begun()
    if not place.record["result"]:
        with quiet():
            place.finish(run.train(progress, save_seconds))
    del run  # the trained network makes room for the one that is merged
    result = place.record["result"]
    if merging and not place.merged.is_dir():
        with place.folder(place.merged.name) as part:
            merge(name, place.adapter, part)
            write_card(part, config, examples, result)
    place.tidy()
    return result | {"out": str(out), "merged": str(place.merged) if place.merged.is_dir() else None}


class _Run:
    """One tuning: the model is loaded, the folder begun."""

    def __init__(
        self,
        config: TuneConfig,
        data: TuneData,
        place: RunFolder,
        device: str,
        name: str,
        tell: Callable[[str], None],
    ) -> None:
        self.config, self.data, self.place, self.device, self.tell = config, data, place, device, tell
        bf16 = device == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        self.model, self.processor = load(name, torch.bfloat16 if bf16 else torch.float32)
        parameters = sum(weight.numel() for weight in self.model.parameters())
        self.preset = preset_for(config, device, parameters, bf16)
        images = limit_images(self.processor, self.preset.image_side)
        self.change = lora(config, self.model)
        self.steps = config.steps_for(len(data.train.rows))
        tell(told(self.preset, config, parameters))
        more = {
            "examples": {split.name: len(split.rows) for split in (data.train, data.held_out) if split},
            "writers": data.writers,
            "parameters": parameters,
            "preset": {**vars(self.preset), "device": device, "images": images},
        }
        made_from = {"data": data.digest, "weights": identity(name, self.model)}
        place.begin(config.recipe(), made_from, more)

    def train(self, progress: Progress | None, save_seconds: float) -> dict[str, Any]:
        """Train to the end, keep the change, and tell how it went."""
        held_out = self.data.held_out
        trainer = trainer_for(
            self.config,
            self.model,
            self.processor,
            self.change,
            vlm_data.as_dataset(self.data.train),
            vlm_data.as_dataset(held_out) if held_out else None,
            arguments(self.config, self.preset, self.device, self.steps, self.place.checkpoints),
            Watch(self.steps, held_out is not None, progress, save_seconds),
        )
        first = dict(trainer.train_dataset[0])
        teaches = supervised(trainer, self.processor.tokenizer, first, self.config.method, self.tell)
        write_bytes(self.place.place / SUPERVISED, teaches.encode())
        self.tell(f"what the first example teaches (kept in {SUPERVISED}):\n{teaches.rstrip()}")
        since, last = time.monotonic(), self.place.checkpoint()
        try:
            trainer.train(resume_from_checkpoint=str(last) if last else None)
        except torch.OutOfMemoryError as error:
            raise InvalidValue(
                f"the memory of the GPU is too small for {self.preset.micro_batch} examples at a time; give a lower "
                "--micro-batch or --image-side, and another OUT"
            ) from error
        seconds = time.monotonic() - since
        with self.place.folder(self.place.adapter.name) as part:
            trainer.model.save_pretrained(part)
            self.processor.save_pretrained(part)
        course = self.place.keep_course(trainer.state.log_history, self.config.method)
        trained = sum(weight.numel() for weight in trainer.model.parameters() if weight.requires_grad)
        return self._result(course, trainer.state.global_step, seconds, trained)

    def _result(self, course: list[dict[str, Any]], steps: int, seconds: float, trained: int) -> dict[str, Any]:
        method, held_out = self.config.method, self.data.held_out
        result: dict[str, Any] = {"method": method, "steps": steps, "loss": _ends(course, "loss")[1]}
        if method != "sft":
            result["margin_first"], result["margin_last"] = _ends(course, "margin")
        if method == "dpo":
            result["accuracy"] = _ends(course, "accuracy")[1]
        if held_out is not None:
            result["eval_split"] = held_out.name
            result["eval_loss_first"], result["eval_loss"] = _ends(course, "eval_loss")
        examples = len(self.data.train.rows)
        return result | {"seconds": round(seconds, 1), "examples": examples, "trained": trained}


def _ends(course: list[dict[str, Any]], column: str) -> tuple[float | None, float | None]:
    """The first and the last value of a column."""
    values = [row[column] for row in course if column in row]
    return (values[0], values[-1]) if values else (None, None)

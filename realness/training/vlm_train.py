"""Tuning a vision-language model on an export, with peft's LoRA and the trainers of trl."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback
from transformers.trainer_callback import PrinterCallback

from realness.atomic import write_bytes
from realness.errors import InvalidValue
from realness.training import vlm_data
from realness.training.vlm_card import write_card
from realness.training.vlm_config import TuneConfig
from realness.training.vlm_data import TuneData
from realness.training.vlm_export import merge
from realness.training.vlm_model import identity, limit_images, load, located, lora, quiet
from realness.training.vlm_presets import Preset, device_of, preset_for, told
from realness.training.vlm_run import CHECKPOINTS, SUPERVISED, RunFolder
from realness.training.vlm_supervise import supervised

Progress = Callable[[int, int | None], None]
_CHECKS = 4
"""How often the loss on held-out examples is measured, beside once before the first step."""


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
        bf16 = device == "cuda" and torch.cuda.is_bf16_supported()
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
        watch = _Watch(self.steps, self.data.held_out is not None, progress, save_seconds)
        trainer = _trainer(self, watch)
        trainer.remove_callback(PrinterCallback)
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


def _trainer(run: _Run, watch: "_Watch") -> Any:
    """trl's trainer for the method."""
    import trl  # noqa: PLC0415  seconds, and not before the model is known to be there

    kinds = {
        "sft": (trl.SFTTrainer, trl.SFTConfig),
        "dpo": (trl.DPOTrainer, trl.DPOConfig),
        "kto": (trl.KTOTrainer, trl.KTOConfig),
    }
    trainer, arguments = kinds[run.config.method]
    held_out = run.data.held_out
    return trainer(
        model=run.model,
        args=arguments(**_arguments(run, run.preset)),
        train_dataset=vlm_data.as_dataset(run.data.train),
        eval_dataset=vlm_data.as_dataset(held_out) if held_out else None,
        processing_class=run.processor,
        peft_config=run.change,
        callbacks=[watch],
    )


def _arguments(run: _Run, preset: Preset) -> dict[str, Any]:
    config, on_cpu = run.config, run.device == "cpu"
    return {
        "output_dir": str(run.place.place / CHECKPOINTS),
        "max_steps": run.steps,
        "per_device_train_batch_size": preset.micro_batch,
        "per_device_eval_batch_size": preset.micro_batch,
        "gradient_accumulation_steps": config.batch // preset.micro_batch,
        "learning_rate": config.rate,
        "lr_scheduler_type": config.schedule,
        "warmup_steps": 0 if config.schedule == "constant" else run.steps // 30,
        "seed": config.seed,
        "max_length": None,  # trl's 1024 would cut through the tokens of an image
        "use_cpu": on_cpu,
        "bf16": preset.bf16,  # trl's default is True, also where the device cannot
        "gradient_checkpointing": preset.checkpointing,
        "dataloader_num_workers": 0 if on_cpu else 4,
        "dataloader_pin_memory": not on_cpu,
        "save_strategy": "no",  # `_Watch` says when
        "save_total_limit": 1,
        "eval_on_start": run.data.held_out is not None,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # a loss that is no number must be seen
        "disable_tqdm": True,
        "report_to": [],
        **({} if config.method == "sft" else {"beta": config.beta}),
    }


class _Watch(TrainerCallback):
    """Says when to save and to measure, passes on how far it is, and stops what has come apart."""

    def __init__(self, steps: int, measures: bool, progress: Progress | None, save_seconds: float) -> None:
        checks = range(1, _CHECKS + 1) if measures else ()
        self.checks = {math.ceil(steps * check / _CHECKS) for check in checks}
        self.progress, self.save_seconds, self.saved = progress, save_seconds, time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Called after each step."""
        control.should_evaluate = state.global_step in self.checks
        if time.monotonic() - self.saved >= self.save_seconds or state.global_step >= state.max_steps:
            control.should_save, self.saved = True, time.monotonic()
        if self.progress is not None:
            self.progress(state.global_step, state.max_steps)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """Called with the figures of a step."""
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            raise InvalidValue(
                f"the loss of step {state.global_step} is no number; begin anew with a lower --learning-rate in "
                "another OUT"
            )

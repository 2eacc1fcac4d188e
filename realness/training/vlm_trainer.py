"""trl's trainers as this project uses them: what is given to them, when they save and measure, what they tell."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trl
from transformers import TrainerCallback
from transformers.trainer_callback import PrinterCallback

from realness.errors import InvalidValue
from realness.training.vlm_config import TuneConfig
from realness.training.vlm_presets import Preset

Progress = Callable[[int, int | None], None]
_KINDS = {
    "sft": (trl.SFTTrainer, trl.SFTConfig),
    "dpo": (trl.DPOTrainer, trl.DPOConfig),
    "kto": (trl.KTOTrainer, trl.KTOConfig),
}
_CHECKS = 4
"""How often the loss on held-out examples is measured, beside once before the first step."""


def trainer_for(
    config: TuneConfig,
    model: Any,
    processor: Any,
    change: Any,
    train: Any,
    held_out: Any,
    given: dict[str, Any],
    watch: "Watch",
) -> Any:
    """The trainer for the method of a recipe.

    Args:
        change: peft's configuration.
        train, held_out: data sets.
        given: as `arguments` gives it.
    """
    kind, settings = _KINDS[config.method]
    trainer = kind(
        model=model,
        args=settings(**given, eval_on_start=held_out is not None),
        train_dataset=train,
        eval_dataset=held_out,
        processing_class=processor,
        peft_config=change,
        callbacks=[watch],
    )
    trainer.remove_callback(PrinterCallback)  # stdout is for the result
    return trainer


def arguments(config: TuneConfig, preset: Preset, device: str, steps: int, checkpoints: Path) -> dict[str, Any]:
    """What the trainers are to do, where it is not their default or must not change with it."""
    on_cpu = device == "cpu"
    return {
        "output_dir": str(checkpoints),
        "max_steps": steps,
        "per_device_train_batch_size": preset.micro_batch,
        "per_device_eval_batch_size": preset.micro_batch,
        "gradient_accumulation_steps": config.batch // preset.micro_batch,
        "learning_rate": config.rate,
        "lr_scheduler_type": config.schedule,
        "warmup_steps": 0 if config.schedule == "constant" else steps // 30,
        "seed": config.seed,
        "max_length": None,  # trl's 1024 would cut through the tokens of an image
        "use_cpu": on_cpu,
        "bf16": preset.bf16,  # trl's default is True, also where the device cannot
        "gradient_checkpointing": preset.checkpointing,
        "dataloader_num_workers": 0 if on_cpu else 4,
        "dataloader_pin_memory": not on_cpu,
        "save_strategy": "no",  # `Watch` says when
        "save_total_limit": 1,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # a loss that is no number must be seen
        "disable_tqdm": True,
        "report_to": [],
        **({} if config.method == "sft" else {"beta": config.beta}),
    }


class Watch(TrainerCallback):
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

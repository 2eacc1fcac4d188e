"""How a model of a size is run on a device: what fits its memory, not what is learned."""

from dataclasses import dataclass

from realness.errors import InvalidValue
from realness.training.vlm_config import DEVICES, TuneConfig


@dataclass(frozen=True)
class Preset:
    """How a model is run.

    Attributes:
        name: for the eye.
        micro_batch: examples that pass the network at a time.
        image_side: as in `TuneConfig`.
        checkpointing: compute activations again in the backward pass in place of keeping them.
        bf16: weights and activations in bfloat16; the change itself stays in float32.
    """

    name: str
    micro_batch: int
    image_side: int
    checkpointing: bool
    bf16: bool = False


_CPU = (
    (50_000_000, Preset("cpu, tiny", 8, 512, checkpointing=False)),
    (1_000_000_000, Preset("cpu, below 1 B parameters", 1, 512, checkpointing=False)),
    (None, Preset("cpu, 1 B parameters and more: slow", 1, 512, checkpointing=True)),
)
_GPU = (
    (50_000_000, Preset("gpu, tiny", 8, 512, checkpointing=False)),
    (1_000_000_000, Preset("gpu, below 1 B parameters", 8, 1024, checkpointing=True)),
    (3_000_000_000, Preset("gpu, 1 to 3 B parameters", 4, 1024, checkpointing=True)),
    (5_000_000_000, Preset("gpu, 3 to 5 B parameters", 2, 1024, checkpointing=True)),
    (None, Preset("gpu, 5 B parameters and more", 1, 1024, checkpointing=True)),
)
"""Below how many parameters each holds; SmolVLM-256M is meant on a CPU, Qwen3-VL-2B and 4B on a GPU of 16 to 24 GB."""


def device_of(wanted: str) -> str:
    """`cpu` or `cuda`.

    Raises:
        InvalidValue: unknown, not there, or several GPUs where one process uses one.
    """
    import torch  # noqa: PLC0415  a preset can be told of without it

    if wanted not in DEVICES:
        raise InvalidValue(f"--device must be {', '.join(DEVICES)}, got {wanted!r}")
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "cuda" and not there:
        raise InvalidValue("there is no CUDA device that torch can use; leave out --device, or install torch for CUDA")
    if wanted == "cpu" or not there:
        return "cpu"
    if there > 1:
        raise InvalidValue(f"{there} GPUs are visible and one is used; name it: CUDA_VISIBLE_DEVICES=0 before the line")
    return "cuda"


def preset_for(config: TuneConfig, device: str, parameters: int, bf16: bool) -> Preset:
    """The preset for a model of so many parameters, with what the recipe asks for in its place.

    Args:
        bf16: whether the device computes in bfloat16.

    Raises:
        InvalidValue: `kto` with a micro-batch of 1, in which it cannot estimate anything.
    """
    table = _CPU if device == "cpu" else _GPU
    found = next(preset for below, preset in table if below is None or parameters < below)
    wanted = config.micro_batch or found.micro_batch
    if config.method != "sft" and config.micro_batch is None:
        wanted = max(1, wanted // 2)  # both answers, or a mismatched one beside each, pass the network
    if config.method == "kto":
        wanted = max(2, wanted) if config.micro_batch is None else wanted
        if min(wanted, config.batch) < 2:
            raise InvalidValue("kto compares answers within a batch; give --batch-size and --micro-batch at least 2")
    micro = next(size for size in range(min(wanted, config.batch), 0, -1) if config.batch % size == 0)
    if config.method == "kto" and micro < 2:
        raise InvalidValue(f"kto cannot divide a batch of {config.batch}; give an even --batch-size")
    side = config.image_side or found.image_side
    return Preset(found.name, micro, side, found.checkpointing, bf16 and device == "cuda")


def told(preset: Preset, config: TuneConfig, parameters: int) -> str:
    """One line that says it."""
    return (
        f"preset {preset.name} ({parameters / 1e6:,.1f} M): {config.batch} examples a step, {preset.micro_batch} at a "
        f"time; images up to {preset.image_side} x {preset.image_side} pixels; "
        f"{'bf16' if preset.bf16 else 'fp32'}{', gradient checkpointing' if preset.checkpointing else ''}"
    )

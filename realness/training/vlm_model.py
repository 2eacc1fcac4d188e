"""The vision-language model that is tuned: had as safetensors only, and where the change goes."""

import math
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from realness import clip as clips
from realness.errors import UnsupportedModel, WeightsNotFound
from realness.training.vlm_config import TuneConfig
from realness.workbench.bench import digest

WAYS_OUT = (
    "three ways out: a folder with a model you have (config.json, safetensors, processor files), an id whose files are "
    "in the hub's cache on this computer, or a connection to the hub for a first download"
)
_LAYERS = "q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj|qkv_proj|gate_up_proj"
_TARGETS = rf"(?!.*\b(?:vision_model|vision_tower|visual)\.).*\b(?:language_model|text_model)\..*\.(?:{_LAYERS})"
"""The layers of the language model: `language_model` in most families, `text_model` in Idefics 3 and SmolVLM. A vision
tower may have layers of these names, or a text_model of its own."""
_PROJECTORS = ("multi_modal_projector", "connector", "merger")
"""What leads from the vision tower to the language model: its name in LLaVA and most, Idefics, Qwen-VL."""
_HEAD = "lm_head"
MERGED = "merged"
"""In a run's folder: the model with the change in its weights."""


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars of transformers, as there is one already, nor what its libraries say to each other of names."""
    from transformers.utils import logging  # noqa: PLC0415  seconds, for long work only

    shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            # trl 1.16 and peft 0.21 still say `gradient_checkpointing`, which transformers 5.24 calls otherwise.
            warnings.filterwarnings("ignore", r".*gradient_checkpointing.* is deprecated", FutureWarning)
            yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()


def located(model: str) -> str:
    """A local folder's path or a hub's id that can be had.

    Raises:
        WeightsNotFound: neither.
    """
    local = Path(model).expanduser()
    if local.is_dir():
        if not (local / "config.json").is_file():
            hint = f"it is a run; use {local / MERGED}" if (local / MERGED / "config.json").is_file() else WAYS_OUT
            raise WeightsNotFound(f"{model} holds no model: it has no config.json; {hint}")
        if next(local.glob("*.safetensors"), None) is None:
            raise WeightsNotFound(f"{model} holds no weights as safetensors, and others are not loaded; {WAYS_OUT}")
        return str(local.resolve())
    if local.is_absolute() or model.startswith((".", "~")) or not clips.hub_has(model, "config.json"):
        raise WeightsNotFound(f"{model!r:.200} is no folder here and not to be had from the hub; {WAYS_OUT}")
    return model


def identity(name: str, model: Any) -> str:
    """What tells a model's weights from others: the hub's commit, or the hash of a folder's files."""
    if not Path(name).is_dir():
        return f"commit {getattr(model.config, '_commit_hash', None) or 'unknown'}"
    files = sorted(Path(name).glob("*.safetensors"))
    return "sha256 " + " ".join(digest(file) for file in files)


def load(name: str, dtype: Any) -> tuple[Any, Any]:
    """The model and its processor.

    Args:
        name: as `located` gives it.
        dtype: of its weights; `auto` as they are stored.

    Raises:
        WeightsNotFound: its files cannot be had.
        UnsupportedModel: they hold no vision-language model with a chat template, or not all of its weights.
    """
    from transformers import AutoModelForImageTextToText, AutoProcessor  # noqa: PLC0415  as above

    try:
        with quiet():
            processor = AutoProcessor.from_pretrained(name, trust_remote_code=False)
            loaded: Any = AutoModelForImageTextToText.from_pretrained(
                name, trust_remote_code=False, use_safetensors=True, dtype=dtype, output_loading_info=True
            )
            model, info = loaded
    except Exception as error:  # configurations, processors and safetensors each have errors of their own
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        kind = WeightsNotFound if isinstance(error, OSError) else UnsupportedModel
        raise kind(f"{name} cannot be loaded as a vision-language model ({reason}); {WAYS_OUT}") from error
    random = sorted(map(str, [*info["missing_keys"], *info["mismatched_keys"]]))
    if random:
        raise UnsupportedModel(f"{name} lacks weights ({len(random)}, {random[0]} first); name another model")
    if not hasattr(processor, "tokenizer") or not hasattr(processor, "image_processor"):
        raise UnsupportedModel(f"{name} has no processor for images and text; name a vision-language model")
    if not (getattr(processor, "chat_template", None) or processor.tokenizer.chat_template):
        raise UnsupportedModel(f"{name} has no chat template, so it cannot be asked; name its instruct version")
    if processor.tokenizer.pad_token is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token
    return model, processor


def limit_images(processor: Any, side: int) -> str:
    """Let the processor make larger images smaller; gives in words what it does now. It is kept with the processor.

    Raises:
        UnsupportedModel: the limit is below what the processor needs.
    """
    images = processor.image_processor
    size = dict(images.size or {}) if getattr(images, "size", None) else {}
    if set(size) <= {"longest_edge"} and getattr(images, "max_image_size", None):  # Idefics 3, SmolVLM: pixels a side
        tile = dict(images.max_image_size)["longest_edge"]
        longest = min(size["longest_edge"], max(tile, side))
    elif {"shortest_edge", "longest_edge"} <= set(size) and hasattr(images, "merge_size"):  # Qwen-VL: pixels in all
        longest = min(size["longest_edge"], side * side)
        if longest < size["shortest_edge"]:
            least = math.isqrt(size["shortest_edge"] - 1) + 1
            raise UnsupportedModel(f"this model takes no images that small; give --image-side at least {least}")
    else:
        return f"as the model's processor has it: {size}"
    images.size = {**size, "longest_edge": longest}
    return f"longest_edge {longest}"


def lora(config: TuneConfig, model: Any) -> Any:
    """The low-rank change: to the layers of the language model alone, never to the vision tower's.

    Raises:
        UnsupportedModel: the model names its layers in another way, or cannot train what was asked for.
    """
    from peft import LoraConfig  # noqa: PLC0415  as above

    linear = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    if not any(re.fullmatch(_TARGETS, name) for name in linear):
        some = ", ".join(linear[:3]) or "none"
        raise UnsupportedModel(
            f"there is nothing to adapt: this model has no layers {_LAYERS.replace('|', ', ')} in a language_model or "
            f"text_model (it has {some}, …); name a model of LLaVA's, Idefics's, SmolVLM's or Qwen-VL's kind"
        )
    return LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules=_TARGETS,
        modules_to_save=_in_full(config, model) or None,
        task_type="CAUSAL_LM",
    )


def _in_full(config: TuneConfig, model: Any) -> list[str]:
    """The modules that are trained in full, by the end of their names."""
    names = [name.rpartition(".")[2] for name, _ in model.named_modules()]
    found: list[str] = []
    if config.train_projector:
        found += [name for name in _PROJECTORS if name in names]
        if not found:
            raise UnsupportedModel(f"this model has no {', '.join(_PROJECTORS)}; leave out --train-projector")
    if config.train_head:
        tied = model.get_output_embeddings() is None or (
            model.get_output_embeddings().weight is model.get_input_embeddings().weight
        )
        if _HEAD not in names or tied:
            raise UnsupportedModel("the output layer of this model is its embedding; leave out --train-head")
        found.append(_HEAD)
    return found

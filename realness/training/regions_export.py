"""Writing an adapted CLIP out as a folder that `local-dir:` loads, like the one it came from."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.tokenizer import HFTokenizer
from open_clip.transformer import QuickGELU
from safetensors import safe_open
from safetensors.torch import save_file

from realness.atomic import replacing, write_bytes
from realness.clip import MINI, Clip, read_tuning
from realness.dream.dense_map import tuning_of
from realness.errors import InvalidValue
from realness.training.clip_export import CONFIG, TUNING, WEIGHTS

_TOKENIZER = ("tokenizer", "special_tokens", "added_tokens", "vocab", "merges", "spiece", "sentencepiece", "bpe")
_TYPES = {"F16": torch.float16, "BF16": torch.bfloat16}
_LOOKS = ("mean", "std", "interpolation", "resize_mode", "fill_color")


def check_place(clip: Clip, out: Path, recipe: Path) -> None:
    """Refuse a folder that holds another model.

    Raises:
        InvalidValue: it is the folder of the CLIP that is adapted, of `mini`, or holds weights without a recipe.
    """
    taken = {MINI.resolve(), clip.folder.resolve() if clip.folder else None}
    if out.resolve() in taken or (not recipe.is_file() and (out / WEIGHTS).is_file()):
        raise InvalidValue(f"{out} holds a CLIP that would be overwritten; use another --out")


def export(clip: Clip, temperature: float, bias: float, out: Path) -> None:
    """Write weights, config, tokenizer and `realness.json`.

    Weights keep the precision they have in the file they came from, fp32 where that is not known, so that what was not
    trained is the same to the bit.

    Args:
        clip: with what was learned written into it, in fp32.
        temperature, bias: as calibrated; the rest of how DREAM reads this CLIP stays.
        out: the folder.
    """
    out.mkdir(parents=True, exist_ok=True)
    types = _types(clip)
    weights = {
        name: value.detach().to("cpu", types.get(name, value.dtype)).contiguous()
        for name, value in clip.model.state_dict().items()
    }
    with replacing(out / WEIGHTS) as part:
        save_file(weights, part, metadata={"format": "pt"})
        part.chmod(0o644)  # safetensors makes it readable by its owner alone
    known = read_tuning(clip)
    read = {**asdict(tuning_of(clip)), "temperature": temperature, "bias": bias}
    _write(out / TUNING, {**known, "dense": {**known.get("dense", {}), **read}})
    _tokenizer(clip, out)
    _write(out / CONFIG, _config(clip))  # last: with it the folder is a CLIP


def _types(clip: Clip) -> dict[str, torch.dtype]:
    file = clip.folder / WEIGHTS if clip.folder else None
    if file is None or not file.is_file():
        return {}
    with safe_open(file, framework="pt") as stored:
        types = {name: stored.get_slice(name).get_dtype() for name in stored.keys()}  # noqa: SIM118 - no mapping
    return {name: _TYPES[kind] for name, kind in types.items() if kind in _TYPES}


def _config(clip: Clip) -> dict[str, Any]:
    if clip.folder is not None:
        return json.loads((clip.folder / CONFIG).read_text(encoding="utf-8"))
    looks = clip.model.visual.preprocess_cfg
    model = open_clip.get_model_config(clip.spec.partition(":")[0]) or {}
    if any(isinstance(module, QuickGELU) for module in clip.model.modules()):
        model["quick_gelu"] = True  # some tags ask for it where their model's config does not
    return {
        "model_cfg": model,
        "preprocess_cfg": {name: looks[name] for name in _LOOKS if name in looks},
    }


def _tokenizer(clip: Clip, out: Path) -> None:
    """Where a config names a Hugging Face tokenizer, `local-dir:` looks for it in the folder; else it needs none."""
    for file in sorted(clip.folder.iterdir()) if clip.folder else ():
        if file.is_file() and file.name.startswith(_TOKENIZER):
            shutil.copyfile(file, out / file.name)
    if clip.folder is None and isinstance(clip.tokenizer, HFTokenizer):
        clip.tokenizer.tokenizer.save_pretrained(out)


def _write(path: Path, values: dict[str, Any]) -> None:
    write_bytes(path, (json.dumps(values, indent=2) + "\n").encode())

"""One way to load a CLIP, by SPEC, and to embed texts and images with it."""

import hashlib
import json
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import open_clip
import torch
from huggingface_hub import try_to_load_from_cache
from huggingface_hub.constants import ENDPOINT, HF_HUB_OFFLINE
from huggingface_hub.errors import HFValidationError
from open_clip.model import CLIP
from open_clip.modified_resnet import ModifiedResNet
from open_clip.transformer import text_global_pool
from torch import Tensor
from torch.nn import functional

from realness.errors import InvalidValue, UnsupportedModel, WeightsNotFound
from realness.settings import ASSETS

MINI = ASSETS / "mini"
"""The folder of `mini`, the small CLIP that this project trained itself."""

WAYS_OUT = (
    "three ways out: `--clip MODEL:/path/to/checkpoint` with a file you have, `--clip local-dir:/path` with an "
    "open_clip folder you have, or `--clip mini`, which ships with the project"
)
TUNING = "realness.json"
"""Beside the weights of a local CLIP: how DREAM is to read them."""
_TEXTS_A_BATCH = 256


@dataclass(frozen=True)
class Clip:
    """A CLIP ready to embed.

    Attributes:
        model: the open_clip model, in eval mode.
        preprocess: a PIL image to a `(3, S, S)` tensor, as the weights were trained.
        tokenizer: a list of texts to a `(n, context)` tensor of token ids.
        spec: the SPEC it was loaded by.
        weights_id: the first 16 digits of the SHA-256 of the weights and the `realness.json` beside them.
        folder: of a local CLIP, where its `realness.json` may lie; None otherwise.
        device, dtype: what it computes on and in.
    """

    model: Any
    preprocess: Callable[[Any], Tensor]
    tokenizer: Callable[[Any], Tensor]
    spec: str
    weights_id: str
    folder: Path | None
    device: torch.device
    dtype: torch.dtype

    @torch.inference_mode()
    def encode_text(self, texts: Sequence[str]) -> Tensor:
        """Unit embeddings `(n, D)` of texts, float32."""
        parts = []
        for start in range(0, len(texts), _TEXTS_A_BATCH):
            tokens = self.tokenizer(list(texts[start : start + _TEXTS_A_BATCH])).to(self.device)
            parts.append(encode_tokens(self.model, tokens))
        return torch.cat(parts)

    @torch.inference_mode()
    def encode_image(self, pixels: Tensor) -> Tensor:
        """Unit embeddings `(n, D)`, float32, of preprocessed images `(n, 3, S, S)`."""
        pixels = pixels.to(self.device, self.dtype)
        return functional.normalize(self.model.encode_image(pixels).float(), dim=-1)

    @property
    def image_size(self) -> tuple[int, int]:
        """`(height, width)` of the image tower's input, in pixels."""
        size = self.model.visual.image_size
        return (size, size) if isinstance(size, int) else (size[0], size[1])

    @property
    def mean_std(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The means and deviations, by channel, that the weights were trained with."""
        return tuple(self.model.visual.image_mean), tuple(self.model.visual.image_std)


def encode_tokens(model: Any, tokens: Tensor) -> Tensor:
    """Unit text embeddings `(n, D)` of token ids `(n, context)`, as `encode_text` gives them.

    A causal text tower that is read at its end token is computed only up to the longest text: what follows changes
    nothing, and descriptions fill a fifth of the context.
    """
    if not _reads_its_end_token(model):
        return functional.normalize(model.encode_text(tokens).float(), dim=-1)
    tokens = tokens[:, : int(tokens.argmax(dim=1).max()) + 1]
    longest, dtype = tokens.shape[1], model.transformer.get_cast_dtype()
    x = model.token_embedding(tokens).to(dtype) + model.positional_embedding[:longest].to(dtype)
    x = model.ln_final(model.transformer(x, attn_mask=model.attn_mask[:longest, :longest]))
    return functional.normalize((text_global_pool(x, tokens, "argmax") @ model.text_projection).float(), dim=-1)


def _reads_its_end_token(model: Any) -> bool:
    causal = isinstance(model, CLIP) and model.text_pool_type == "argmax" and model.attn_mask is not None
    return causal and isinstance(model.text_projection, Tensor)


def load(spec: str = "mini", *, precision: str = "auto", device: str | torch.device | None = None) -> Clip:
    """Load a CLIP. Never with random weights: what cannot be had is an error.

    Args:
        spec: `mini`; `MODEL:TAG` of open_clip, downloaded on first use; `MODEL:/path/to/checkpoint`;
            `local-dir:/path` of a folder with `open_clip_config.json` and weights.
        precision: `fp32`, or `auto`: bf16 where the device has it natively, cast once.
        device: the GPU where there is one, else the CPU, when None.

    Raises:
        InvalidValue: the SPEC is none, or names no model that open_clip knows.
        WeightsNotFound: the weights cannot be had; the message names the ways out.
        UnsupportedModel: the weights do not belong to the model.
    """
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if spec == "mini":
        return _local(spec, MINI, place, precision)
    name, colon, source = spec.partition(":")
    if not colon or not name or not source:
        raise InvalidValue(f"a CLIP SPEC is mini, MODEL:TAG, MODEL:/path or local-dir:/path, got {spec!r}")
    if name == "local-dir":
        return _local(spec, Path(source), place, precision)
    if name not in open_clip.list_models():
        near = get_close_matches(name, open_clip.list_models(), 3) or ["ViT-B-32"]
        raise InvalidValue(f"open_clip knows no model {name!r}; did you mean {' or '.join(near)}?")
    if "/" in source or "\\" in source or Path(source).suffix:
        return _checkpoint(spec, name, Path(source), place, precision)
    return _downloaded(spec, name, source, place, precision)


def _local(spec: str, folder: Path, device: torch.device, precision: str) -> Clip:
    weights = next(
        (folder / f for f in ("open_clip_model.safetensors", "open_clip_pytorch_model.bin") if (folder / f).is_file()),
        None,
    )
    if not (folder / "open_clip_config.json").is_file() or weights is None:
        hint = "train it with `python -m realness train clip`" if spec == "mini" else f"check the path; or {WAYS_OUT}"
        raise WeightsNotFound(f"there is no CLIP in {folder}: it needs open_clip_config.json and weights; {hint}")
    return _create(spec, f"local-dir:{folder}", None, weights, folder, device, precision)


def _checkpoint(spec: str, name: str, path: Path, device: torch.device, precision: str) -> Clip:
    if not path.is_file():
        raise WeightsNotFound(f"there are no weights at {path}; check the path; {WAYS_OUT}")
    return _create(spec, name, str(path), path, None, device, precision)


def _downloaded(spec: str, name: str, tag: str, device: torch.device, precision: str) -> Clip:
    tags = open_clip.list_pretrained_tags_by_model(name)
    if tag not in tags:
        raise InvalidValue(f"open_clip has no weights {tag!r} for {name}; it has: {', '.join(tags) or 'none'}")
    config = open_clip.get_pretrained_cfg(name, tag)
    if not _can_be_had(config):
        raise WeightsNotFound(f"the weights of {spec} are not on this computer and the hub is out of reach; {WAYS_OUT}")
    try:
        path = Path(open_clip.download_pretrained(config))
    except Exception as error:  # hub clients raise whatever their HTTP library does
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise WeightsNotFound(f"the weights of {spec} cannot be downloaded ({reason}); {WAYS_OUT}") from error
    return _create(spec, name, tag, path, None, device, precision, quick_gelu=bool(config.get("quick_gelu")))


def _can_be_had(config: dict[str, Any]) -> bool:
    """Whether weights from the hub are cached, or the hub answers."""
    repository, filename = os.path.split(config.get("hf_hub", ""))
    if not repository:
        return True
    names = {filename, "open_clip_model.safetensors", "open_clip_pytorch_model.bin"} - {""}
    return hub_has(repository, *names)


def hub_has(repository: str, *names: str) -> bool:
    """Whether one of these files of a hub's repository is cached, or the hub answers.

    Asked first because the hub's client retries for most of a minute where there is no network.
    """
    try:
        if any(isinstance(try_to_load_from_cache(repository, name), str) for name in names):
            return True
    except HFValidationError:
        return False  # no repository can have that name
    return not HF_HUB_OFFLINE and reachable(ENDPOINT)


def reachable(url: str) -> bool:
    """Whether the server of a URL takes connections, or there is a proxy that may know it."""
    if getproxies():
        return True
    server = urlsplit(url)
    try:
        with socket.create_connection((server.hostname or "", server.port or 443), timeout=5):
            return True
    except OSError:
        return False


def _create(
    spec: str,
    name: str,
    pretrained: str | None,
    weights: Path,
    folder: Path | None,
    device: torch.device,
    precision: str,
    *,
    quick_gelu: bool = False,
) -> Clip:
    try:
        # Some published weights were trained with QuickGELU, which their tag says and their model's config does not.
        model, _, preprocess = open_clip.create_model_and_transforms(
            name, pretrained=pretrained, device=device, weights_only=True, force_quick_gelu=quick_gelu
        )
        tokenizer = open_clip.get_tokenizer(name)
    except (RuntimeError, ValueError, KeyError, OSError, EOFError, TypeError, AttributeError, AssertionError) as error:
        raise UnsupportedModel(_why(spec, weights, error)) from error
    except Exception as error:  # safetensors and pickle have errors of their own for a damaged file
        if type(error).__module__.split(".")[0] in ("safetensors", "safetensors_rust", "_pickle", "pickle"):
            raise UnsupportedModel(_why(spec, weights, error)) from error
        raise
    model.eval().requires_grad_(False)
    if isinstance(model.visual, ModifiedResNet):
        model.visual.to(memory_format=torch.channels_last)  # measured: 1.5 times as fast on a CPU in bf16
    dtype = _dtype(precision, device)
    identity = _digest(weights, folder)
    return Clip(model.to(dtype), preprocess, tokenizer, spec, identity, folder, device, dtype)  # pyright: ignore[reportArgumentType]


def _why(spec: str, weights: Path, error: Exception) -> str:
    said = str(error).partition("\n")[0][:200]
    reason = f": {said}" if any(map(str.isalpha, said)) else ""  # of bytes that are no weights, torch tells a number
    return f"{spec} cannot be loaded from {weights.name}{reason}; the file is damaged or belongs to another model"


def _dtype(precision: str, device: torch.device) -> torch.dtype:
    if precision not in ("auto", "fp32"):
        raise InvalidValue(f"precision must be auto or fp32, got {precision!r}")
    if precision == "fp32":
        return torch.float32
    return native_dtype(device)


def native_dtype(device: torch.device) -> torch.dtype:
    """bf16 where the device computes in it natively, else fp32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    native = (
        getattr(torch.cpu, "_is_avx512_bf16_supported", bool)() or getattr(torch.cpu, "_is_amx_tile_supported", bool)()
    )
    return torch.bfloat16 if native else torch.float32


def _digest(path: Path, folder: Path | None) -> str:
    """Of the weights, and of how DREAM reads them: another calibration gives other maps."""
    with path.open("rb") as file:
        weights = hashlib.file_digest(file, "sha256")
    tuning = folder / TUNING if folder else None
    if tuning is not None and tuning.is_file():
        weights.update(tuning.read_bytes())
    return weights.hexdigest()[:16]


def read_tuning(clip: Clip) -> dict[str, Any]:
    """What lies in `realness.json` beside a local CLIP: how DREAM is to read it. Empty where there is none."""
    file = clip.folder / TUNING if clip.folder else None
    if file is None or not file.is_file():
        return {}
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnsupportedModel(f"{file} is no JSON; train the model again or remove the file") from error
    if not isinstance(told, dict):
        raise UnsupportedModel(f"{file} must hold a JSON object; train the model again or remove the file")
    return told

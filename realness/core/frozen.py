"""Encoders that are neural networks: CLIP, ResNet and the BERT family, frozen, in eval mode."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from realness import clip as clips
from realness.core.encoders import BatchEncoder
from realness.errors import UnsupportedModel, WeightsNotFound

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_SIZE = (384, 512)
"""Height and width that ResNets see: RAISE's own."""
LONGEST = 256
"""Tokens of a description that a text model reads."""


def clip_images(spec: str) -> BatchEncoder:
    """The image tower of `clip:SPEC`: the embedding of the whole image."""
    clip = clips.load(spec.removeprefix("clip:"))

    def batch(pixels: list[np.ndarray]) -> np.ndarray:
        made = torch.stack([clip.preprocess(Image.fromarray(each)) for each in pixels])
        return clip.encode_image(made).cpu().numpy()

    return BatchEncoder(spec, f"clip-image-{clip.weights_id}-{clip.dtype}", batch, of_images=True)


def clip_texts(spec: str) -> BatchEncoder:
    """The text tower of `clip:SPEC`."""
    clip = clips.load(spec.removeprefix("clip:"))
    identity = f"clip-text-{clip.weights_id}-{clip.dtype}"
    return BatchEncoder(spec, identity, lambda texts: clip.encode_text(texts).cpu().numpy(), of_images=False)


def resnet_images(spec: str) -> BatchEncoder:
    """A torchvision ResNet with its ImageNet weights, its classifier taken off.

    Raises:
        WeightsNotFound: they are neither on this computer nor can they be downloaded.
    """
    model = resnet(spec)
    model.eval().requires_grad_(False)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (_MEAN, _STD))

    @torch.inference_mode()
    def batch(pixels: list[np.ndarray]) -> np.ndarray:
        sized = [
            np.array(Image.fromarray(each).resize((_SIZE[1], _SIZE[0]), Image.Resampling.BICUBIC)) for each in pixels
        ]
        tensor = torch.from_numpy(np.stack(sized)).permute(0, 3, 1, 2).float() / 255
        return model((tensor - mean) / std).numpy()

    return BatchEncoder(spec, f"{spec}-{state_digest(model)}", batch, of_images=True)


def resnet(spec: str, way_out: str = "use --image stats") -> Any:
    """A torchvision ResNet with its published weights and without its classifier.

    Args:
        way_out: what else one can do, for the message.

    Raises:
        WeightsNotFound: as `resnet_images`.
    """
    from torchvision import models  # noqa: PLC0415

    weights = {"resnet18": models.ResNet18_Weights.DEFAULT, "resnet50": models.ResNet50_Weights.DEFAULT}[spec]
    file = Path(torch.hub.get_dir()) / "checkpoints" / weights.url.rpartition("/")[2]
    if not file.is_file() and not clips.reachable(weights.url):
        raise WeightsNotFound(
            f"the weights of {spec} are not on this computer and {weights.url} is out of reach; put the file into "
            f"{file.parent}, or {way_out}"
        )
    model = getattr(models, spec)()
    state = torch.hub.load_state_dict_from_url(weights.url, progress=False, weights_only=True, check_hash=True)
    model.load_state_dict(state)
    model.fc = torch.nn.Identity()
    return model


def bert_texts(spec: str) -> BatchEncoder:
    """A BERT-family model by local folder or hub id: the mean over its tokens' last states, of unit length.

    Raises:
        WeightsNotFound: it is neither a folder with a model nor can it be had from the hub.
        UnsupportedModel: the folder holds something else.
    """
    model, tokenizer = bert(spec)
    if hasattr(model, "pooler"):
        model.pooler = None  # the mean over the tokens needs none
    model.eval().requires_grad_(False)
    longest = min(LONGEST, getattr(model.config, "max_position_embeddings", LONGEST))

    @torch.inference_mode()
    def batch(texts: list[str]) -> np.ndarray:
        tokens = tokenizer(texts, padding=True, truncation=True, max_length=longest, return_tensors="pt")
        states = model(**tokens).last_hidden_state
        kept = tokens["attention_mask"][..., None]
        return functional.normalize((states * kept).sum(dim=1) / kept.sum(dim=1), dim=-1).numpy()

    return BatchEncoder(spec, f"bert-{state_digest(model)}", batch, of_images=False)


def bert(spec: str, way_out: str = "use --text tfidf", *, fresh: bool = False) -> tuple[Any, Any]:
    """A BERT-family model and its tokenizer, in fp32.

    Args:
        way_out: what else one can do, for the messages.
        fresh: only its architecture and tokenizer count: its weights are random.

    Raises:
        WeightsNotFound, UnsupportedModel: as `bert_texts`.
    """
    from transformers import AutoConfig, AutoModel, AutoTokenizer  # noqa: PLC0415

    local = Path(spec).expanduser()
    if not local.is_dir() and (local.is_absolute() or spec.startswith((".", "~"))):
        raise WeightsNotFound(f"there is no folder {spec}; check the path, or {way_out}")
    name = str(local) if local.is_dir() else spec
    if not local.is_dir() and not clips.hub_has(spec, "config.json"):
        raise WeightsNotFound(
            f"{spec} is no local folder, is not on this computer, and the hub is out of reach; give a folder with a "
            f"BERT-family model, or {way_out}"
        )
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        if fresh:
            config = AutoConfig.from_pretrained(name, trust_remote_code=False)
            return AutoModel.from_config(config, trust_remote_code=False).float(), tokenizer
        model, info = AutoModel.from_pretrained(
            name, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:  # configurations, tokenizers and safetensors each have errors of their own
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise UnsupportedModel(f"{spec} holds no text model that can be loaded ({reason}); name another") from error
    random = [each for each in info["missing_keys"] if not each.startswith("pooler.")] or info["mismatched_keys"]
    if random:
        raise UnsupportedModel(
            f"{spec} lacks weights ({len(random)}, {min(map(str, random))} first); name another model"
        )
    if any(each.startswith("pooler.") for each in info["missing_keys"]):
        model.pooler = None  # it would be random
    return model, tokenizer


def state_digest(model: Any) -> str:
    """The first 16 digits of the SHA-256 of a network's weights, whatever file they came from."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]

"""Dense CLIP features in one forward pass, without training (ClearCLIP, arXiv 2407.12442; MaskCLIP, 2112.01071).

A ViT's last block, or several (as CLIP Surgery, 2304.05653, and GEM, 2312.00878, do), attends by its queries to
themselves, without residual and MLP: both were found to drown what is local. A ModifiedResNet gives the value path of
its attention pool at every place.
"""

from itertools import pairwise
from typing import Any

import torch
from open_clip.modified_resnet import ModifiedResNet
from open_clip.transformer import ResidualAttentionBlock, VisionTransformer
from torch import Tensor, nn
from torch.nn import functional

from realness.errors import UnsupportedModel

ATTENTIONS = ("qq", "kk", "vv", "qq+kk", "vanilla")


def dense_features(visual: nn.Module, pixels: Tensor, *, attention: str = "qq", blocks: int = 1) -> Tensor:
    """Unit features of every place of an image, in the space of the text embeddings. Differentiable.

    Args:
        visual: the image tower of an open_clip model.
        pixels: `(B, 3, H, W)`, normalised as the tower expects; H and W multiples of its stride.
        attention: of a ViT's last blocks: `qq` (ClearCLIP), `kk` (NACLIP without its prior), `vv` (CLIP Surgery),
            `qq+kk` (SCLIP); `vanilla` leaves the tower as it is.
        blocks: how many of a ViT's last blocks attend so; their outputs add up.

    Returns:
        `(B, D, H / stride, W / stride)`, unit length along D.

    Raises:
        UnsupportedModel: the tower is neither a VisionTransformer nor a ModifiedResNet.
    """
    height, width = pixels.shape[-2:]
    step = stride(visual)
    if height % step or width % step:
        raise ValueError(f"height and width must be multiples of {step}, got {height} x {width}")
    if isinstance(visual, ModifiedResNet):
        return _resnet(visual, pixels)
    tokens = last_tokens(visual, pixels, attention=attention, blocks=blocks)
    features = _project(visual, tokens[:, 1:])
    grid = (height // step, width // step)
    return functional.normalize(features, dim=-1).transpose(1, 2).unflatten(2, grid)


def stride(visual: nn.Module) -> int:
    """Pixels a place, in each direction.

    Raises:
        UnsupportedModel: the tower is of another kind (timm, SigLIP).
    """
    if isinstance(visual, ModifiedResNet):
        return 32
    if isinstance(visual, VisionTransformer) and _is_plain(visual):
        patch = visual.conv1.kernel_size
        if patch[0] == patch[1]:
            return patch[0]
    raise UnsupportedModel(
        "dense maps need a plain VisionTransformer or a ModifiedResNet of open_clip, this CLIP has another "
        f"{type(visual).__name__}; use --method released or --method paper"
    )


def last_tokens(visual: Any, pixels: Tensor, *, attention: str, blocks: int = 1) -> Tensor:
    """Tokens `(B, 1 + places, width)` behind a ViT's last blocks, class token first.

    With `vanilla` the blocks are left as they are, residual and MLP included: then the class token projects to
    `encode_image`, which is how a test holds this code against open_clip's own.
    """
    if attention not in ATTENTIONS:
        raise ValueError(f"attention must be one of {ATTENTIONS}, got {attention!r}")
    every = list(visual.transformer.resblocks)
    if not 1 <= blocks <= len(every):
        raise UnsupportedModel(f"blocks in realness.json must be from 1 to {len(every)}, got {blocks}")
    x = _embed(visual, pixels)
    changed = 0 if attention == "vanilla" else blocks
    for block in every[: len(every) - changed]:
        x = block(x)
    if not changed:
        return x
    path = _self_attention(every[-changed], x, attention)
    for block, following in pairwise(every[-changed:]):
        x = block(x)  # the path beside it reads its queries, keys and values from the tower as it is
        path = path + _self_attention(following, x, attention)
    return path


def _self_attention(block: Any, x: Tensor, attention: str) -> Tensor:
    """What a block's attention gives when queries, keys or values attend to themselves: no residual, no MLP."""
    inner = block.attn
    q, k, v = functional.linear(block.ln_1(x), inner.in_proj_weight, inner.in_proj_bias).chunk(3, dim=-1)
    q, k, v = (each.unflatten(-1, (inner.num_heads, -1)).transpose(1, 2) for each in (q, k, v))
    chosen = {"qq": (q,), "kk": (k,), "vv": (v,), "qq+kk": (q, k)}[attention]
    mixed = torch.stack([functional.scaled_dot_product_attention(each, each, v) for each in chosen]).sum(dim=0)
    return block.ls_1(inner.out_proj(mixed.transpose(1, 2).flatten(2)))


def _is_plain(visual: VisionTransformer) -> bool:
    """Whether the last block can be taken apart and its tokens be projected one by one."""
    last = visual.transformer.resblocks[-1]
    plain_block = type(last) is ResidualAttentionBlock and type(last.attn) is nn.MultiheadAttention
    return plain_block and visual.transformer.batch_first and visual.attn_pool is None and visual.proj is not None


def _embed(visual: Any, pixels: Tensor) -> Tensor:
    x = visual.conv1(pixels)
    grid = x.shape[-2:]
    x = x.flatten(2).transpose(1, 2)
    first = visual.class_embedding.to(x.dtype).expand(x.shape[0], 1, -1)
    x = torch.cat([first, x], dim=1) + _positions(visual, grid).to(x.dtype)
    return visual.ln_pre(x)


def _positions(visual: Any, grid: torch.Size) -> Tensor:
    """Position embeddings for a grid, interpolated (bicubic) from the one the weights were trained on."""
    table = visual.positional_embedding
    trained = tuple(visual.grid_size)
    if tuple(grid) == trained:
        return table
    places = table[1:].float().unflatten(0, trained).permute(2, 0, 1)[None]
    places = functional.interpolate(places, size=tuple(grid), mode="bicubic", align_corners=False, antialias=False)
    return torch.cat([table[:1].float(), places[0].flatten(1).transpose(0, 1)])


def _project(visual: Any, tokens: Tensor) -> Tensor:
    return visual.ln_post(tokens) @ visual.proj


def _resnet(visual: Any, pixels: Tensor) -> Tensor:
    x = visual.stem(pixels)
    for layer in (visual.layer1, visual.layer2, visual.layer3, visual.layer4):
        x = layer(x)
    grid, pool = x.shape[-2:], visual.attnpool
    features = pool.c_proj(pool.v_proj(x.flatten(2).transpose(1, 2)))
    return functional.normalize(features, dim=-1).transpose(1, 2).unflatten(2, grid)

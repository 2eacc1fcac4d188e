"""What of an image tower is trained on regions: a low-rank change, or the last blocks in full.

LoRA as Hu et al. (arXiv 2106.09685) describe it, W + up @ down with `up` at 0 in the beginning; in full, W + change.
Either is counted in the size of W (its root mean square), so that one learning rate serves towers of any width, and
weight decay draws towards the weights as they came. Written here instead of taken from `peft`: that wraps modules in
classes of its own, and the dense features read the weights of the last block themselves. A change to the weights alone
fits every tower, convolutions too, and merging is one addition.
"""

import math

import torch
from open_clip.modified_resnet import ModifiedResNet
from torch import Tensor, nn
from torch.func import functional_call

from realness.dream.dense import dense_features, stride
from realness.dream.tuning import Tuning
from realness.errors import InvalidValue, UnsupportedModel
from realness.training.regions_config import RegionConfig

_SMALLEST = 0.01
"""Size that is taken for weights that are smaller, such as biases at 0."""


def trained_weights(visual: nn.Module, blocks: int, matrices: bool) -> list[str]:
    """Names of the weights of the last blocks that dense features come from, the projection after them included.

    Args:
        visual: the image tower of an open_clip model.
        blocks: how many; all where there are fewer.
        matrices: leave out biases and norms.

    Raises:
        InvalidValue: the tower gives no dense features.
    """
    try:
        stride(visual)
    except UnsupportedModel as error:
        raise InvalidValue(
            f"this CLIP cannot learn from regions: its image tower ({type(visual).__name__}) gives no dense features; "
            "give --clip a ViT or a ModifiedResNet of open_clip"
        ) from error
    if isinstance(visual, ModifiedResNet):
        chosen = [f"layer{number}." for number in range(max(1, 5 - blocks), 5)]
        chosen += ["attnpool.v_proj.", "attnpool.c_proj."]
        unused: tuple[str, ...] = ()
    else:
        count = len(visual.transformer.resblocks)  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]
        last = f"transformer.resblocks.{count - 1}."
        chosen = [f"transformer.resblocks.{number}." for number in range(max(0, count - blocks), count)]
        chosen += ["ln_post.", "proj"]
        unused = tuple(last + part for part in ("mlp.", "ln_2.", "ls_2."))
    return [
        name
        for name, weight in visual.named_parameters()
        if name.startswith(tuple(chosen)) and not name.startswith(unused or "-") and (weight.ndim > 1 or not matrices)
    ]


class _Dense(nn.Module):
    """Dense features as a module's forward pass, which is what `functional_call` needs."""

    def __init__(self, visual: nn.Module, tuning: Tuning) -> None:
        super().__init__()
        self.visual, self.tuning = visual, tuning

    def forward(self, pixels: Tensor) -> Tensor:
        return dense_features(self.visual, pixels, attention=self.tuning.attention, blocks=self.tuning.blocks)


class Adapter(nn.Module):
    """What is learned, beside an image tower that stays as it is until `write`.

    Args:
        visual: the image tower; its own weights are read once.
        config: the recipe.
        tuning: how the dense map reads the tower.

    Raises:
        InvalidValue: the tower gives no dense features.
    """

    def __init__(self, visual: nn.Module, config: RegionConfig, tuning: Tuning) -> None:
        super().__init__()
        self.names = trained_weights(visual, config.depth, config.method == "lora")
        own = dict(visual.named_parameters())
        self._dense = [_Dense(visual, tuning)]  # in a list: the tower is no part of what is learned and saved
        self._base = [own[name].detach().clone() for name in self.names]
        self._size = [base.square().mean().sqrt().clamp(min=_SMALLEST) for base in self._base]
        self.up, self.down = nn.ParameterList(), nn.ParameterList()
        chance = torch.Generator().manual_seed(config.seed)
        for base in self._base:
            if config.method == "last":
                self.up.append(nn.Parameter(torch.zeros_like(base)))
                continue
            rows, columns = base.flatten(1).shape
            rank = min(config.rank, rows, columns)
            self.up.append(nn.Parameter(torch.zeros(rows, rank, device=base.device)))
            down = torch.randn(rank, columns, generator=chance) / math.sqrt(rank)
            self.down.append(nn.Parameter(down.to(base.device)))

    def weights(self) -> dict[str, Tensor]:
        """The weights with what was learned, by name; differentiable."""
        changes = [up @ down for up, down in zip(self.up, self.down, strict=True)] if len(self.down) else self.up
        parts = zip(self.names, self._base, self._size, changes, strict=True)
        return {name: base + size * change.view_as(base) for name, base, size, change in parts}

    def forward(self, pixels: list[Tensor]) -> list[Tensor]:
        """Dense features `(D, h, w)` of each image `(1, 3, H, W)`, with what was learned."""
        merged = {f"visual.{name}": weight for name, weight in self.weights().items()}
        return [functional_call(self._dense[0], merged, (each,))[0] for each in pixels]

    @torch.no_grad()
    def write(self) -> None:
        """Put what was learned into the tower. It can be written again after more was learned."""
        own = dict(self._dense[0].visual.named_parameters())
        for name, weight in self.weights().items():
            own[name].copy_(weight)

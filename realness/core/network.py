"""CORE's network as published: an image and a text encoder, concatenated, then two fully connected layers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from realness.core.frozen import resnet
from realness.core.score import NONE
from realness.domain.words import RATING_HIGH, RATING_LOW
from realness.errors import InvalidValue

SIZE = (384, 512)
"""Height and width of the published input: RAISE's own."""
HIDDEN = 529
"""Units between the two layers of the head."""
SCRATCH = "scratch"
"""As a SPEC: an encoder of our own, which begins with random weights."""
IMAGES = ("resnet50", "resnet18", SCRATCH, NONE)
_WIDTHS = (32, 64, 96, 128, 176)


class ScratchCnn(nn.Sequential):
    """A small CNN, 0.4 M parameters: five 3 x 3 convolutions of stride 2, the mean over what is left.

    Takes `(n, 3, H, W)`, gives `(n, 176)`.
    """

    width = _WIDTHS[-1]

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        for ins, outs in zip((3, *_WIDTHS[:-1]), _WIDTHS, strict=True):
            layers += [nn.Conv2d(ins, outs, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(outs), nn.ReLU()]
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def image_network(spec: str, *, fresh: bool) -> tuple[nn.Module, int] | None:
    """An image encoder and the width of its vectors; None for `none`.

    Args:
        spec: one of `IMAGES`.
        fresh: with random weights, not the published ones. `scratch` has no others.

    Raises:
        InvalidValue: the SPEC is unknown.
        WeightsNotFound: published weights cannot be had.
    """
    if spec not in IMAGES:
        raise InvalidValue(f"--image of the preset paper must be {', '.join(IMAGES)}, got {spec!r}")
    if spec == NONE:
        return None
    if spec == SCRATCH:
        return ScratchCnn(), ScratchCnn.width
    if not fresh:
        return resnet(spec, "begin with random weights by --fresh"), 2048 if spec == "resnet50" else 512
    from torchvision import models  # noqa: PLC0415

    model = getattr(models, spec)()
    width = model.fc.in_features
    model.fc = nn.Identity()
    return model, width


class CoreNetwork(nn.Module):
    """Predicts a standardised mean opinion score from an image, its description, or both.

    The encoders are passed in; without image, or without text, the head takes the other alone. No normalisation of the
    pixels beyond [0, 1], as published.

    Attributes:
        size: height and width that images have to have.
        mean, spread: of the ratings it learned from, in points of the scale; saved with the weights.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self,
        image: tuple[nn.Module, int] | None,
        text: Any | None,
        *,
        size: tuple[int, int] = SIZE,
        hidden: int = HIDDEN,
    ) -> None:
        """A network with a head of random weights.

        Args:
            image: `(n, 3, H, W)` to `(n, d)`, and `d`.
            text: a model of the BERT family.

        Raises:
            InvalidValue: there is neither.
        """
        super().__init__()
        if image is None and text is None:
            raise InvalidValue("CORE needs an image encoder or a text encoder; leave out one `none`")
        self.size = size
        self.image = image[0].to(memory_format=torch.channels_last) if image else None  # pyright: ignore[reportCallIssue]
        self.text = text
        width = (image[1] if image else 0) + (text.config.hidden_size if text is not None else 0)
        self.head = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))

    def forward(self, pixels: Tensor | None, tokens: tuple[Tensor, Tensor] | None) -> Tensor:
        """Standardised scores `(n,)`, float32.

        Args:
            pixels: `(n, 3, H, W)` float in [0, 1]; not looked at without an image encoder.
            tokens: token ids and mask, `(n, L)` each; not looked at without a text encoder.
        """
        parts = []
        if self.image is not None:
            parts.append(self.image(pixels).float())
        if self.text is not None and tokens is not None:
            parts.append(_pooled(self.text, *tokens).float())
        return self.head(torch.cat(parts, dim=1))[:, 0].float()

    @torch.inference_mode()
    def ratings(self, pixels: Tensor | None, tokens: tuple[Tensor, Tensor] | None, batch: int = 16) -> np.ndarray:
        """Scores `(n,)` in points of the scale, in fp32 so that they are the same wherever they are computed.

        Args:
            pixels: `(n, H, W, 3)` uint8 of `size`, on any device.
            tokens: as `forward` takes them.
        """
        device, were_training = self.mean.device, self.training
        self.eval()
        known = pixels if pixels is not None else tokens[0] if tokens is not None else None
        found = []
        for start in range(0, len(known) if known is not None else 0, batch):
            some = slice(start, start + batch)
            seen = None if pixels is None else unit(pixels[some].to(device))
            read = None if tokens is None else trimmed(tokens[0][some].to(device), tokens[1][some].to(device))
            found.append(self(seen, read))
        self.train(were_training)
        scores = torch.cat(found) * self.spread + self.mean
        return scores.clamp(RATING_LOW, RATING_HIGH).cpu().numpy().astype(float)


def _pooled(text: Any, ids: Tensor, mask: Tensor) -> Tensor:
    """`(n, d)`: the pooled output where the model has one, else the mean over the tokens."""
    out = text(input_ids=ids, attention_mask=mask)
    pooled = getattr(out, "pooler_output", None)
    if pooled is not None:
        return pooled
    kept = mask[..., None]
    return (out.last_hidden_state * kept).sum(dim=1) / kept.sum(dim=1)


def unit(pixels: Tensor) -> Tensor:
    """`(n, H, W, 3)` uint8 as `(n, 3, H, W)` in [0, 1]: the same memory order, which convolutions are fastest in."""
    return pixels.permute(0, 3, 1, 2).float().div_(255)


def trimmed(ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Token ids and mask up to the longest text among them: what follows changes nothing."""
    longest = int(mask.sum(dim=1).max())
    return ids[:, :longest], mask[:, :longest]


def sized(pixels: Sequence[np.ndarray], size: tuple[int, int]) -> Tensor:
    """Images `(H, W, 3)` uint8 of any size as `(n, H, W, 3)` uint8 of one, stretched, as published."""
    height, width = size
    made = [np.array(Image.fromarray(each).resize((width, height), Image.Resampling.BILINEAR)) for each in pixels]
    return torch.from_numpy(np.stack(made)) if made else torch.empty((0, *size, 3), dtype=torch.uint8)

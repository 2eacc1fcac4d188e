"""What `mini` is trained for: the decision that the dense map takes, token by token.

For a token t, a phrase p and the neutral phrases n, the map asks how much more t is like p than like what is neutral.
With one phrase drawn for each kind this is a classification of every token: which kind is planted here, or none. Its
log odds of a kind against none, `(cos(t, p) - mean cos(t, n)) * scale + bias`, are what the map turns into a
probability.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Heads(nn.Module):
    """Scale and bias of the two decisions, tokens and windows. Needed in training; the map's are calibrated after."""

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.full((2,), 2.3))
        self.bias = nn.Parameter(torch.full((2,), -2.0))


@dataclass(frozen=True)
class TextFeatures:
    """Unit embeddings: `(rounds, kinds, d)` of a phrase for each kind and round, `(n, d)` of the neutral phrases."""

    phrases: Tensor
    neutral: Tensor


def log_odds(features: Tensor, texts: TextFeatures, scale: Tensor, bias: Tensor) -> Tensor:
    """Log odds of each kind against none, `(rounds, m, kinds)`, for unit image features `(m, d)`."""
    neutral = (features @ texts.neutral.T).mean(dim=-1)[..., None]
    return torch.stack([(features @ each.T - neutral) * scale + bias for each in texts.phrases])


def kind_loss(odds: Tensor, cover: Tensor) -> Tensor:
    """Cross-entropy over the kinds and none of odds `(rounds, m, kinds)`, the cover `(m, kinds)` as soft target.

    Covered places are few, so they weigh up to three times as much.
    """
    none = (1 - cover.sum(dim=1, keepdim=True)).clamp(min=0)
    target = torch.cat([cover, none], dim=1)
    logits = torch.cat([odds, torch.zeros_like(odds[..., :1])], dim=-1)
    losses = -(F.log_softmax(logits, dim=-1) * target).sum(dim=-1)
    weights = 1 + 2 * (1 - none[:, 0])
    return (losses * weights).sum() / (weights.sum() * len(odds))


def text_loss(texts: TextFeatures, scale: float = 12.0) -> Tensor:
    """Phrases of one kind are to be alike, and unlike those of other kinds and the neutral ones; so are the neutral."""
    first, second = texts.phrases[0], texts.phrases[1]
    half = len(texts.neutral) // 2
    one = torch.cat([first, F.normalize(texts.neutral[:half].mean(dim=0, keepdim=True), dim=-1)])
    two = torch.cat([second, F.normalize(texts.neutral[half:].mean(dim=0, keepdim=True), dim=-1)])
    alike = one @ two.T * scale
    right = torch.arange(len(one), device=one.device)
    return (F.cross_entropy(alike, right) + F.cross_entropy(alike.T, right)) / 2


def total_loss(
    heads: Heads,
    tokens: Tensor,
    cover: Tensor,
    pooled: Tensor,
    window_cover: Tensor,
    texts: TextFeatures,
    window_weight: float,
    text_weight: float,
) -> Tensor:
    """The tokens' loss plus the weighted losses of windows and texts.

    Args:
        tokens: `(b, d, h, w)` unit dense features.
        cover: `(b, kinds, h, w)`.
        pooled: `(n, d)`, what `encode_image` gives for windows.
        window_cover: `(n, kinds)`.
    """
    scale = heads.log_scale.exp()
    each, cells = (values.permute(0, 2, 3, 1).flatten(0, 2) for values in (tokens, cover))
    dense = kind_loss(log_odds(each, texts, scale[0], heads.bias[0]), cells)
    window = kind_loss(log_odds(F.normalize(pooled, dim=-1), texts, scale[1], heads.bias[1]), window_cover)
    return dense + window_weight * window + text_weight * text_loss(texts)

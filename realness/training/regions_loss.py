"""What a CLIP learns from a region and its phrase: the decision that the dense map takes there.

The map asks of every place x and phrase p how much more x is like p than like the neutral phrases n:

    odds(x, p) = scale * (cos(x, p) - mean cos(x, n)) + bias

the log odds of "p is true here" against "nothing is wrong here" (`realness.dream.tuning`). With c(x) in [0, 1], the
share of a place that the region covers, and s the softplus, an image with the phrases P and the wrong phrases W, which
were said of other images, gives the sum of

    place    for p in P: the mean over c of s(-odds), and over 1 - c of s(odds), half each
             the right phrase is true at the right place, and false at the wrong one: in the rest of the image
    phrase   for p in P: cross-entropy of p among p, W and "nothing" (whose odds are 0), by the mean odds over c
             at the right place the right phrase is true, no wrong one, and not the neutral ones
    absent   for w in W: the mean over the whole image of s(odds)
             a wrong phrase is false everywhere; an image in which nobody found anything gives this part alone

Half each makes a small region weigh what a large one does. Scale and bias are learned along and calibrated afterwards.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Scale(nn.Module):
    """Scale and bias of the odds, beginning with those by which the CLIP was read before."""

    def __init__(self, temperature: float, bias: float) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(max(temperature, 1.0)).log())
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, contrast: Tensor) -> Tensor:
        """Log odds from the difference of two cosines."""
        return contrast * self.log_scale.exp().clamp(max=200.0) + self.bias


def image_loss(odds: Tensor, cover: Tensor) -> Tensor:
    """The loss of one image, a scalar.

    Args:
        odds: `(p + w, h, w')` of its own phrases, then of the wrong ones.
        cover: `(p, h, w')` in [0, 1], nowhere 0 all over.
    """
    each, cover = odds.flatten(1), cover.flatten(1)
    own, wrong = each[: len(cover)], each[len(cover) :]
    loss = F.softplus(wrong).mean() if len(wrong) else odds.new_zeros(())
    if not len(cover):
        return loss
    rest = 1 - cover
    inside = (F.softplus(-own) * cover).sum(dim=1) / cover.sum(dim=1)
    outside = (F.softplus(own) * rest).sum(dim=1) / rest.sum(dim=1).clamp(min=1e-6)
    share = cover / cover.sum(dim=1, keepdim=True)
    there = torch.cat([(own * share).sum(dim=1, keepdim=True), share @ wrong.T, share.new_zeros(len(share), 1)], dim=1)
    right = torch.zeros(len(there), dtype=torch.long, device=there.device)
    return loss + (inside + outside).mean() / 2 + F.cross_entropy(there, right)

"""Small CLIPs, made once for these tests."""

import pytest
import torch
from small_clip import save_small_clip

from realness import clip

torch.set_num_threads(1)


@pytest.fixture(scope="session", params=["vit", "resnet"])
def small_clip(request, tmp_path_factory):
    """A small CLIP with a ViT, then one with a ResNet."""
    folder = save_small_clip(tmp_path_factory.mktemp("clip") / request.param, request.param)
    return clip.load(f"local-dir:{folder}", precision="fp32")


@pytest.fixture(scope="session")
def small_vit(tmp_path_factory):
    """A small CLIP with a ViT, where the tower makes no difference."""
    return clip.load(f"local-dir:{save_small_clip(tmp_path_factory.mktemp('clip') / 'vit')}", precision="fp32")

"""Dense features are the model's own, at every place."""

import pytest
import torch
from open_clip.transformer import VisionTransformer
from small_clip import save_small_clip
from torch.nn import functional

from realness import clip
from realness.dream.dense import dense_features, last_block, stride
from realness.errors import UnsupportedModel


def test_with_the_last_block_unchanged_the_class_token_is_encode_image(tmp_path):
    loaded = clip.load(f"local-dir:{save_small_clip(tmp_path)}", precision="fp32")
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    tokens = last_block(loaded.model.visual, pixels, attention="vanilla")
    mine = loaded.model.visual.ln_post(tokens[:, 0]) @ loaded.model.visual.proj
    assert torch.allclose(mine, loaded.model.encode_image(pixels), atol=1e-4)


def test_features_have_unit_length_and_the_images_own_grid(small_clip):
    step = stride(small_clip.model.visual)
    features = dense_features(small_clip.model.visual, torch.randn(1, 3, 3 * step, 5 * step))
    assert features.shape == (1, 32, 3, 5)
    assert torch.allclose(features.norm(dim=1), torch.ones(1, 3, 5), atol=1e-5)


def test_a_resnet_with_one_place_gives_the_value_path_of_its_pool(tmp_path):
    visual = clip.load(f"local-dir:{save_small_clip(tmp_path, 'resnet')}", precision="fp32").model.visual
    pixels = torch.randn(1, 3, 32, 32)
    x = visual.layer4(visual.layer3(visual.layer2(visual.layer1(visual.stem(pixels)))))[:, :, 0, 0]
    expected = functional.normalize(visual.attnpool.c_proj(visual.attnpool.v_proj(x)), dim=-1)
    assert torch.allclose(dense_features(visual, pixels)[:, :, 0, 0], expected, atol=1e-6)


def test_places_move_with_the_image(tmp_path):
    """A bright square on the left and on the right give mirrored maps of change, not the same one."""
    visual = clip.load(f"local-dir:{save_small_clip(tmp_path, 'resnet')}", precision="fp32").model.visual
    plain = torch.zeros(1, 3, 128, 256)
    left = plain.clone()
    left[..., 32:96, 0:64] = 3.0
    change = (dense_features(visual, left) - dense_features(visual, plain)).norm(dim=1)[0]
    assert change[:, :4].sum() > 3 * change[:, 4:].sum()


def test_features_can_be_trained_through(small_clip):
    visual = small_clip.model.visual.requires_grad_(True)
    dense_features(visual, torch.randn(1, 3, 64, 64))[0, 0].sum().backward()
    assert next(visual.parameters()).grad.abs().sum() > 0
    visual.requires_grad_(False).zero_grad()


def test_another_tower_is_refused_with_the_way_out():
    with pytest.raises(UnsupportedModel, match="--method released"):
        stride(torch.nn.Conv2d(3, 8, 3))


@pytest.mark.parametrize(
    "kind", [{"attentional_pool": True, "attn_pooler_heads": 2}, {"qk_norm": True, "block_type": "custom"}]
)
def test_a_vit_that_cannot_be_taken_apart_is_refused(kind):
    visual = VisionTransformer(image_size=32, patch_size=16, width=32, layers=1, heads=2, mlp_ratio=2.0, **kind)
    with pytest.raises(UnsupportedModel, match="--method released"):
        stride(visual)


def test_a_size_that_does_not_fit_is_refused(small_clip):
    with pytest.raises(ValueError, match="multiples"):
        dense_features(small_clip.model.visual, torch.randn(1, 3, 60, 64))

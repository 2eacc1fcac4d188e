"""Dense features are the model's own, at every place."""

import copy

import open_clip
import pytest
import torch
from open_clip.transformer import VisionTransformer
from small_clip import save_small_clip
from torch.nn import functional

from realness import clip
from realness.dream.dense import ATTENTIONS, _positions, dense_features, last_tokens, stride
from realness.errors import UnsupportedModel


def test_with_the_last_block_unchanged_the_class_token_is_encode_image(tmp_path):
    loaded = clip.load(f"local-dir:{save_small_clip(tmp_path)}", precision="fp32")
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    tokens = last_tokens(loaded.model.visual, pixels, attention="vanilla")
    mine = loaded.model.visual.ln_post(tokens[:, 0]) @ loaded.model.visual.proj
    assert torch.allclose(mine, loaded.model.encode_image(pixels), atol=1e-4)


@pytest.mark.parametrize("name", ["ViT-B-32", "ViT-B-32-quickgelu", "ViT-B-16", "ViT-S-16"])
def test_parity_holds_for_the_towers_people_use(name):
    """Random weights: the plumbing is what is held against open_clip's own."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        visual = open_clip.create_model(name).visual.eval()
        pixels = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        tokens = last_tokens(visual, pixels, attention="vanilla")
        assert torch.allclose(visual.ln_post(tokens[:, 0]) @ visual.proj, visual(pixels), atol=1e-4)


def test_every_way_to_attend_gives_features_of_its_own(small_vit):
    visual, pixels = small_vit.model.visual, torch.randn(1, 3, 64, 96)
    found = [dense_features(visual, pixels, attention=way, blocks=n) for way in ATTENTIONS for n in (1, 2)]
    assert all(torch.allclose(each.norm(dim=1), torch.ones(1, 4, 6), atol=1e-5) for each in found)
    apart = [(one - other).abs().max() for at, one in enumerate(found[:-1]) for other in found[:at]]
    assert min(apart) > 1e-4
    with pytest.raises(ValueError, match="attention"):
        dense_features(visual, pixels, attention="qk")
    with pytest.raises(UnsupportedModel, match="blocks"):
        dense_features(visual, pixels, blocks=3)


def test_positions_are_interpolated_along_their_own_axis(small_vit):
    visual = copy.deepcopy(small_vit.model.visual)
    along_x = torch.arange(4.0).repeat(4, 1).flatten()[:, None].expand(16, 64)
    visual.positional_embedding.data = torch.cat([torch.full((1, 64), 9.0), along_x])
    table = _positions(visual, torch.Size((8, 12)))
    grid = table[1:].unflatten(0, (8, 12))[..., 0]
    assert torch.allclose(table[0], torch.full((64,), 9.0))
    assert torch.allclose(grid[0], grid[-1], atol=1e-5)
    assert (grid[0].diff() > -1e-3).all()
    assert grid[0, -1] > 2.9


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

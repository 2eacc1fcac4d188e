"""Loading a CLIP by SPEC: the right one or a clear error, never random weights."""

import shutil
import sys
from pathlib import Path

import open_clip
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent / "dream"))
from small_clip import save_small_clip

from realness import clip
from realness.errors import InvalidValue, UnsupportedModel, WeightsNotFound


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_small_clip(tmp_path_factory.mktemp("clip"))


def test_a_local_folder_loads_and_embeds(folder):
    loaded = clip.load(f"local-dir:{folder}")
    texts = loaded.encode_text(["a cat", "a dog", ""])
    assert texts.shape == (3, 32)
    assert torch.allclose(texts.norm(dim=1), torch.ones(3), atol=1e-5)
    assert loaded.image_size == (64, 64)


def test_the_weights_have_an_identity(folder, tmp_path):
    other = save_small_clip(tmp_path / "other", seed=1)
    same = shutil.copytree(folder, tmp_path / "same")
    ids = [clip.load(f"local-dir:{path}").weights_id for path in (folder, same, other)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("spec", ["", "ViT-B-32", ":openai", "ViT-B-32:", "local-dir:"])
def test_what_is_no_spec_says_what_is_one(spec):
    with pytest.raises(InvalidValue, match="mini, MODEL:TAG"):
        clip.load(spec)


def test_an_unknown_model_names_near_ones():
    with pytest.raises(InvalidValue, match="ViT-B-32"):
        clip.load("ViT-B32:openai")


def test_an_unknown_tag_names_those_there_are():
    with pytest.raises(InvalidValue, match="laion2b"):
        clip.load("ViT-B-32:openly")


def test_weights_that_cannot_be_downloaded_name_the_three_ways_out():
    with pytest.raises(WeightsNotFound, match="local-dir") as caught:
        clip.load("ViT-B-32:laion2b_s34b_b79k")
    assert "MODEL:/path" in str(caught.value)
    assert "mini" in str(caught.value)


def test_a_missing_checkpoint_and_a_missing_folder_are_errors(tmp_path):
    with pytest.raises(WeightsNotFound, match="no weights at"):
        clip.load(f"ViT-B-32:{tmp_path}/none.pt")
    with pytest.raises(WeightsNotFound, match="no CLIP in"):
        clip.load(f"local-dir:{tmp_path}")


def test_of_a_file_that_is_no_checkpoint_no_number_is_told(tmp_path, monkeypatch):
    (tmp_path / "junk").write_bytes(b"junk")

    def read(*_args, **_options):
        raise KeyError(174812789)  # as torch does, of the first bytes

    monkeypatch.setattr(clip.open_clip, "create_model_and_transforms", read)
    with pytest.raises(UnsupportedModel, match="cannot be loaded from junk; the file is damaged"):
        clip.load(f"ViT-B-32:{tmp_path}/junk")


def test_a_damaged_or_foreign_checkpoint_is_an_error(folder, tmp_path):
    broken = shutil.copytree(folder, tmp_path / "broken")
    file = broken / "open_clip_model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(UnsupportedModel, match="damaged"):
        clip.load(f"local-dir:{broken}")
    with pytest.raises(UnsupportedModel, match="another model"):
        clip.load(f"ViT-S-32:{folder}/open_clip_model.safetensors")


class Payload:
    """What a hostile pickle would run."""

    def __reduce__(self):
        return (Path.touch, (Path(self.target),))


def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path):
    payload = Payload()
    payload.target = str(tmp_path / "ran")
    torch.save({"state_dict": payload}, tmp_path / "evil.pt")
    with pytest.raises(UnsupportedModel):
        clip.load(f"ViT-S-32:{tmp_path}/evil.pt")
    assert not (tmp_path / "ran").exists()


def test_precision_must_be_known(folder):
    assert clip.load(f"local-dir:{folder}", precision="fp32").dtype is torch.float32
    with pytest.raises(InvalidValue, match="fp32"):
        clip.load(f"local-dir:{folder}", precision="int4")


@pytest.mark.parametrize("name", ["ViT-B-32", "ViT-B-32-quickgelu"])
def test_texts_cut_at_their_end_embed_as_open_clip_embeds_them(name):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = open_clip.create_model(name).eval()
    long = "the shadow of the lamp falls the wrong way " * 12
    tokens = open_clip.get_tokenizer(name)(["a hand", "the sign at the back is garbled and cannot be read", long, ""])
    with torch.inference_mode():
        for rows in (tokens, tokens[:1], tokens[1:2], tokens[3:]):
            assert torch.allclose(clip.encode_tokens(model, rows), model.encode_text(rows, normalize=True), atol=1e-5)


def test_a_text_tower_of_another_kind_is_left_to_open_clip():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        settings = {
            "context_length": 16,
            "vocab_size": 100,
            "width": 32,
            "heads": 2,
            "layers": 1,
            "no_causal_mask": True,
        }
        vision = {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16}
        model = open_clip.model.CLIP(16, vision, settings).eval()
    tokens = torch.randint(1, 99, (3, 16))
    with torch.inference_mode():
        assert torch.allclose(clip.encode_tokens(model, tokens), model.encode_text(tokens, normalize=True), atol=1e-6)

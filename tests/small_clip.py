"""Small CLIPs with random weights, saved as open_clip folders: real models, seconds to run."""

import json
from pathlib import Path

import open_clip
import torch
from open_clip.model import CLIP
from safetensors.torch import save_file

VISION = {
    "vit": {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16},
    "resnet": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16},
    "timm": {"image_size": 64, "timm_model_name": "test_vit", "timm_pool": "avg", "timm_proj": "linear"},
}
TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}


def save_small_clip(folder: Path, tower: str = "vit", seed: int = 0) -> Path:
    """Write a folder that `local-dir:` loads."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    model = CLIP(32, VISION[tower], TEXT)
    preprocess = {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    config = {
        "model_cfg": {"embed_dim": 32, "vision_cfg": VISION[tower], "text_cfg": TEXT},
        "preprocess_cfg": preprocess,
    }
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors")
    return folder

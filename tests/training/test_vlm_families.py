"""Models of the classes that describers have are tuned: SmolVLM-256M's and Qwen3-VL's, with random weights."""

import pytest
import torch
from safetensors.torch import load_file
from small_vlm import SPECIAL, tokenizer
from taught import CORPUS, write

from realness.errors import UnsupportedModel
from realness.training.vlm_config import TuneConfig
from realness.training.vlm_model import limit_images, load, lora
from realness.training.vlm_train import tune

TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "bos_token_id": None,
}
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for p in m['content'] %}{% if p['type'] == 'image' %}IMAGE{% elif p['type'] == 'text' %}{{ p['text'] }}"
    "{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(autouse=True)
def _single(one_thread):
    pass


def idefics3(folder):
    from transformers import (
        Idefics3Config,
        Idefics3ForConditionalGeneration,
        Idefics3ImageProcessorPil,
        Idefics3Processor,
        LlamaConfig,
    )

    places = [f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)]
    words = tokenizer(CORPUS, [*SPECIAL, "<fake_token_around_image>", "<end_of_utterance>", "<global-img>", *places])
    images = Idefics3ImageProcessorPil(
        do_image_splitting=True, size={"longest_edge": 128}, max_image_size={"longest_edge": 32}
    )
    processor = Idefics3Processor(
        images, words, image_seq_len=(32 // 8) ** 2 // 2**2, chat_template=TEMPLATE.replace("IMAGE", "<image>")
    )
    config = Idefics3Config(
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
        },
        text_config=LlamaConfig(
            vocab_size=len(words), pad_token_id=words.pad_token_id, eos_token_id=words.eos_token_id, **TEXT
        ),
        scale_factor=2,
        image_token_id=words.convert_tokens_to_ids("<image>"),
        pad_token_id=words.pad_token_id,
        tie_word_embeddings=True,
    )
    return _written(folder, Idefics3ForConditionalGeneration(config), processor)


def qwen3(folder):
    from transformers import Qwen2VLImageProcessorPil, Qwen3VLConfig, Qwen3VLForConditionalGeneration, Qwen3VLProcessor
    from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor

    pads = ("<|vision_start|>", "<|image_pad|>", "<|vision_end|>", "<|video_pad|>")
    words = tokenizer(CORPUS, [*SPECIAL, *pads])
    ids = dict(zip(pads, words.convert_tokens_to_ids(list(pads)), strict=True))
    images = Qwen2VLImageProcessorPil(
        patch_size=8, merge_size=2, size={"shortest_edge": 32 * 32, "longest_edge": 128 * 128}
    )
    processor = Qwen3VLProcessor(
        images,
        words,
        Qwen3VLVideoProcessor(patch_size=8, merge_size=2),
        chat_template=TEMPLATE.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>"),
    )
    config = Qwen3VLConfig(
        text_config={
            **TEXT,
            "vocab_size": len(words),
            "head_dim": 16,
            "pad_token_id": words.pad_token_id,
            "eos_token_id": words.eos_token_id,
            "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 1e4},
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "patch_size": 8,
            "out_hidden_size": 32,
            "deepstack_visual_indexes": [0],
            "num_position_embeddings": 64,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
    return _written(folder, Qwen3VLForConditionalGeneration(config), processor)


def _written(folder, model, processor):
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=[idefics3, qwen3])
def base(request, tmp_path_factory):
    torch.manual_seed(0)
    return request.param(tmp_path_factory.mktemp("family") / request.param.__name__)


def test_two_steps_change_the_language_model_and_leave_the_vision_tower(base, tmp_path):
    write(tmp_path / "sft", "sft", count=4)
    config = TuneConfig("sft", str(base), steps=2, batch=2, learning_rate=1e-3, image_side=32)
    result = tune(config, tmp_path / "sft", tmp_path / "run")
    assert result["steps"] == 2
    before, after = (load_file(folder / "model.safetensors") for folder in (base, tmp_path / "run" / "merged"))
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert len(changed) == 14  # two layers of seven matrices
    assert all(".language_model." in name or ".text_model." in name for name in changed)
    load(str(tmp_path / "run" / "merged"), "auto")


def test_images_are_limited_in_the_processor_and_stay_so_with_the_model(base, tmp_path):
    write(tmp_path / "sft", "sft", count=2)
    config = TuneConfig("sft", str(base), steps=1, batch=2, image_side=64)
    tune(config, tmp_path / "sft", tmp_path / "run")
    _, processor = load(str(tmp_path / "run" / "merged"), "auto")
    longest = dict(processor.image_processor.size)["longest_edge"]
    assert longest == (64 if base.name == "idefics3" else 64 * 64)


def test_a_limit_never_enlarges(base):
    _, processor = load(str(base), "auto")
    before = dict(processor.image_processor.size)["longest_edge"]
    assert limit_images(processor, 4096) == f"longest_edge {before}"


def test_what_leads_from_vision_to_language_is_trained_when_asked_for(base):
    model, _ = load(str(base), "auto")
    change = lora(TuneConfig("sft", str(base), train_projector=True), model)
    assert change.modules_to_save == ["connector" if base.name == "idefics3" else "merger"]


def test_an_output_layer_that_is_the_embedding_is_not_trained(tmp_path):
    model, _ = load(str(idefics3(tmp_path / "base")), "auto")
    with pytest.raises(UnsupportedModel, match="leave out --train-head"):
        lora(TuneConfig("sft", "base", train_head=True), model)


def test_a_model_without_layers_of_these_names_is_refused(tmp_path):
    with pytest.raises(UnsupportedModel, match=r"nothing to adapt.*it has 0"):
        lora(TuneConfig("sft", "base"), torch.nn.Sequential(torch.nn.Linear(2, 2)))

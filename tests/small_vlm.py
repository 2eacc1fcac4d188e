"""A very small vision-language model with random weights, of LLaVA's class; its tokenizer learns the texts it needs."""

from collections.abc import Sequence
from pathlib import Path

SIDE, PATCH, WIDTH = 32, 8, 32
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for p in m['content'] %}"
    "{% if p['type'] == 'image' %}<image>{% elif p['type'] == 'text' %}{{ p['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The end of a turn stands inside the assistant's, so that the model can learn where to stop."""
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>")


def build(folder: Path, corpus: Sequence[str], seed: int = 0) -> Path:
    """Write the model, its processor and its chat template into a folder; gives the folder."""
    import torch
    from transformers import (
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    words = tokenizer(corpus, SPECIAL)
    images = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    processor = LlavaProcessor(
        image_processor=images,
        tokenizer=words,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    )
    shape = {"hidden_size": WIDTH, "intermediate_size": 2 * WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(image_size=SIDE, patch_size=PATCH, projection_dim=WIDTH, **shape),
        text_config=LlamaConfig(
            vocab_size=len(words),
            num_key_value_heads=2,
            max_position_embeddings=1024,
            pad_token_id=words.pad_token_id,
            eos_token_id=words.eos_token_id,
            bos_token_id=None,
            **shape,
        ),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    torch.manual_seed(seed)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def tokenizer(corpus: Sequence[str], special: Sequence[str], pad: str = "<|endoftext|>", end: str = "<|im_end|>"):
    """A byte-level tokenizer trained on texts; it knows every byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    learning = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words.train_from_iterator(corpus, learning)
    return PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token=pad, eos_token=end, additional_special_tokens=["<image>"]
    )

"""A describer in this process: a real, tiny vision-language model that has learned to tell two colours apart."""

import json
import shutil

import pytest
import torch
from PIL import Image
from small_vlm import build
from transformers import AutoModelForImageTextToText, AutoProcessor

from realness.cli import main
from realness.describe import Asked
from realness.describe.local import LocalDescriber
from realness.errors import UnsupportedModel, WeightsNotFound
from realness.prompts import load

PROMPT = load("raise-td")
SAYS = {"red": "Yes. The hand has six fingers.", "blue": "No."}
SIZE = (64, 48)


@pytest.fixture(scope="module")
def random_model(tmp_path_factory):
    return build(tmp_path_factory.mktemp("models") / "random", [PROMPT.system, PROMPT.user, *SAYS.values()])


@pytest.fixture(scope="module")
def taught(random_model):
    """The same model after it has learned what to say of red and of blue images."""
    folder = random_model.with_name("taught")
    shutil.copytree(random_model, folder)
    torch.set_num_threads(1)
    model, processor = AutoModelForImageTextToText.from_pretrained(folder), AutoProcessor.from_pretrained(folder)
    lessons = [lesson(processor, colour, said) for colour, said in SAYS.items()]
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(200):
        loss = sum(model(**one).loss for one in lessons)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss < 0.02:
            break
    assert loss < 0.02
    model.save_pretrained(folder)
    return folder


def lesson(processor, colour, said):
    """An image of a colour, the question, the answer, and no loss but on the answer."""
    parts = [{"type": "image", "image": Image.new("RGB", SIZE, colour)}, {"type": "text", "text": PROMPT.user}]
    system = {"role": "system", "content": [{"type": "text", "text": PROMPT.system}]}
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt", "add_generation_prompt": True}
    inputs = processor.apply_chat_template([system, {"role": "user", "content": parts}], **options)
    answer = processor.tokenizer(f"{said}<|im_end|>", return_tensors="pt").input_ids
    unheard = torch.full_like(inputs["input_ids"], -100)
    tokens = torch.cat([inputs["input_ids"], answer], dim=1)
    return {
        "input_ids": tokens,
        "attention_mask": torch.ones_like(tokens),
        "pixel_values": inputs["pixel_values"],
        "labels": torch.cat([unheard, answer], dim=1),
    }


def test_it_looks_at_the_image(taught):
    one = LocalDescriber(Asked(str(taught), PROMPT, max_tokens=40))
    one.check()
    for colour, said in SAYS.items():
        reply = one.reply(Image.new("RGB", SIZE, colour), SIZE)
        assert (reply.status, reply.raw, reply.attempts) == ("described", said, 1)
        assert reply.usage.input_tokens > reply.usage.output_tokens > 0
    assert (one.provider, one.name) == ("local", "taught")
    assert reply.parameters["dtype"] == ("bfloat16" if torch.cuda.is_available() else "float32")


def test_what_a_random_model_says_is_kept_as_unusable(random_model):
    one = LocalDescriber(Asked(str(random_model), load("findings"), max_tokens=8))
    reply = one.reply(Image.new("RGB", SIZE, "red"), SIZE)
    assert reply.status in ("invalid", "empty")
    assert reply.answer is None


def test_other_weights_under_the_same_name_are_another_describer(random_model, taught, tmp_path):
    shutil.copytree(random_model, tmp_path / "taught")
    one, other = (LocalDescriber(Asked(str(place), PROMPT)) for place in (taught, tmp_path / "taught"))
    assert one.name == other.name
    assert one.identity != other.identity
    assert str(tmp_path) not in other.identity


def test_weights_that_cannot_be_had_name_the_ways_out(tmp_path, random_model):
    for missing in ("nobody/has-this", str(tmp_path / "none"), "../x", str(tmp_path)):
        with pytest.raises(WeightsNotFound, match="--base-url"):
            LocalDescriber(Asked(missing, PROMPT))
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(WeightsNotFound, match="merge it"):
        LocalDescriber(Asked(str(tmp_path), PROMPT))
    shutil.copytree(random_model, tmp_path / "pickled")
    (tmp_path / "pickled/model.safetensors").rename(tmp_path / "pickled/pytorch_model.bin")
    with pytest.raises(WeightsNotFound, match="safetensors"):
        LocalDescriber(Asked(str(tmp_path / "pickled"), PROMPT))


def test_a_model_that_lacks_weights_or_is_none_is_refused(tmp_path, random_model):
    shutil.copytree(random_model, tmp_path / "other")
    config = json.loads((tmp_path / "other/config.json").read_text())
    config["text_config"]["num_hidden_layers"] = 3
    (tmp_path / "other/config.json").write_text(json.dumps(config))
    with pytest.raises(UnsupportedModel, match="lacks weights"):
        LocalDescriber(Asked(str(tmp_path / "other"), PROMPT)).check()
    (tmp_path / "other/config.json").write_text('{"model_type": "nonsense"}')
    with pytest.raises(UnsupportedModel, match="no vision-language model"):
        LocalDescriber(Asked(str(tmp_path / "other"), PROMPT)).check()


def test_the_command_describes_by_a_folder_and_stores_no_path(taught, tmp_path, capsys):
    for colour in SAYS:
        (tmp_path / "set").mkdir(exist_ok=True)
        Image.new("RGB", SIZE, colour).save(tmp_path / f"set/{colour}.png")
    places = ["--db", f"sqlite:///{tmp_path}/a.db", "--data", f"{tmp_path}/data", "--json"]
    assert main(["import", str(tmp_path / "set"), *places]) == 0
    assert main(["describe", "--model", str(taught), "--max-tokens", "40", *places]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["descriptions"], told["failed"], told["cost"]) == (2, 0, None)
    assert str(taught.parent).encode() not in (tmp_path / "a.db").read_bytes()

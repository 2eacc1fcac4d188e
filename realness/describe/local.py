"""Describers on this computer: vision-language models of transformers, by folder or by the hub's name."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import HFValidationError
from jinja2 import TemplateError
from PIL import Image

from realness.describe.asking import Asked, Reply, Usage
from realness.describe.conversing import LENGTH, Messages, Said, converse, judge
from realness.describe.pictures import scaled
from realness.errors import UnsupportedModel, WeightsNotFound

_WAYS_OUT = (
    "three ways out: `--model FOLDER` with a model that you have (config.json, *.safetensors and all), a model "
    "of the hub while it can be reached, or `--base-url URL` of a server that has one"
)


class LocalDescriber:
    """Asks a model in this process, one image at a time, word for word the likeliest unless a temperature is given."""

    provider, at_once = "local", 1

    def __init__(self, asked: Asked) -> None:
        """Nothing is loaded before `check`.

        Raises:
            WeightsNotFound: there is no such folder, no weights in it, or no such model that could be had.
        """
        try:
            folder = Path(asked.model).expanduser()
        except RuntimeError:  # nobody's home
            folder = Path(asked.model)
        self.asked, self.place = asked, str(folder) if folder.is_dir() else asked.model
        self.name = folder.resolve().name if folder.is_dir() else asked.model
        self.identity = f"{self.name} {_digest(folder)}" if folder.is_dir() else asked.model
        if not folder.is_dir():
            _refuse_unreachable(asked.model)
        self._system_apart = True

    def check(self) -> None:
        """Load the model; see `Describer`.

        Raises:
            UnsupportedModel: it is no vision-language model that can be asked, or lacks weights.
        """
        _ = self._loaded

    def reply(self, picture: Image.Image, size: tuple[int, int]) -> Reply:
        """What the model says of one image; see `Describer`."""
        prompt = self.asked.prompt
        parts = [{"type": "image", "image": scaled(picture).convert("RGB")}, {"type": "text", "text": prompt.user}]
        messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": parts}]
        parameters = {**self.asked.parameters, "dtype": str(self._loaded[0].dtype).removeprefix("torch.")}
        return converse(self._ask, lambda said: judge(self.asked, said, size, parameters), messages)

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        return _load(self.asked.model, self.place)

    @torch.inference_mode()
    def _ask(self, messages: Messages) -> Said:
        model, processor = self._loaded
        inputs = self._inputs(messages).to(model.device, model.dtype)
        asked, before = self.asked, inputs["input_ids"].shape[1]
        sampling = {"do_sample": True, "temperature": asked.temperature} if asked.temperature else _GREEDY
        tokens = model.generate(**inputs, max_new_tokens=asked.max_tokens, **sampling)[0, before:]
        text = processor.batch_decode(tokens[None], skip_special_tokens=True)[0]
        ends = model.generation_config.eos_token_id
        ended = len(tokens) > 0 and int(tokens[-1]) in (ends if isinstance(ends, list) else [ends])
        finish = "" if ended or len(tokens) < asked.max_tokens else LENGTH
        return Said(text.strip(), "", finish, Usage(before, len(tokens)))

    def _inputs(self, messages: Messages) -> Any:
        """The tokens of a conversation. Some models know no system message: to them it is the question's beginning."""
        options = {"tokenize": True, "return_dict": True, "return_tensors": "pt", "add_generation_prompt": True}
        processor, apart = self._loaded[1], [{**one, "content": _parts(one["content"])} for one in messages]
        if self._system_apart:
            try:
                return processor.apply_chat_template(apart, **options)
            except TemplateError:
                self._system_apart = False
        system, first, *rest = apart
        joined = {**first, "content": [*system["content"], *first["content"]]}
        return processor.apply_chat_template([joined, *rest], **options)


_GREEDY = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}


def _parts(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _digest(folder: Path) -> str:
    """The first 16 digits of the SHA-256 of a folder's weights and of what says how to read them.

    Raises:
        WeightsNotFound: it holds no weights that cannot run code.
    """
    weights = sorted(folder.glob("*.safetensors"))
    if (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file():
        raise WeightsNotFound(f"{folder} holds an adapter alone; merge it with its model, and name the merged folder")
    if not (folder / "config.json").is_file() or not weights:
        raise WeightsNotFound(f"there is no model in {folder}: it needs config.json and *.safetensors; {_WAYS_OUT}")
    digest = hashlib.sha256()
    for path in [*weights, *sorted(folder.glob("*.json")), *sorted(folder.glob("*.jinja"))]:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _refuse_unreachable(model: str) -> None:
    from realness.clip import hub_has  # noqa: PLC0415  open_clip, of which a folder knows nothing

    try:
        there = not model.startswith((".", "/", "~")) and hub_has(model, "config.json")
    except HFValidationError:
        there = False
    if not there:
        raise WeightsNotFound(f"there is no model {model!r} on this computer, nor can it be fetched; {_WAYS_OUT}")


def _load(shown: str, place: str) -> tuple[Any, Any]:
    """Model and processor, on the GPU where there is one, in bf16 where the device has it natively."""
    from transformers import AutoModelForImageTextToText, AutoProcessor  # noqa: PLC0415  seconds to import

    gpu = torch.cuda.is_available()
    dtype = torch.bfloat16 if gpu and torch.cuda.is_bf16_supported() else torch.float32
    try:
        processor = AutoProcessor.from_pretrained(place, trust_remote_code=False)
        loaded: Any = AutoModelForImageTextToText.from_pretrained(
            place, trust_remote_code=False, use_safetensors=True, dtype=dtype, output_loading_info=True
        )
    except Exception as error:  # configurations, processors and safetensors each have errors of their own
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise UnsupportedModel(
            f"{shown} holds no vision-language model that can be loaded ({reason}); name another, or serve it and give "
            "--base-url"
        ) from error
    model, info = loaded
    random = sorted(map(str, [*info["missing_keys"], *info["mismatched_keys"]]))
    if random:
        raise UnsupportedModel(f"{shown} lacks weights ({len(random)}, {random[0]} first); name another model")
    if getattr(processor, "chat_template", None) is None:
        raise UnsupportedModel(f"{shown} has no chat template, so it cannot be asked; name an instruction-tuned model")
    return model.eval().to("cuda" if gpu else "cpu"), processor

"""The model card that lies beside a tuned describer."""

from pathlib import Path
from textwrap import fill
from typing import Any

from realness import __version__
from realness.atomic import write_bytes
from realness.training.vlm_config import TuneConfig
from realness.training.vlm_data import TuneData

_CARD = """---
library_name: transformers
pipeline_tag: image-text-to-text
tags: [realness, {method}, lora]
---

# {name}, tuned to say what looks unreal

A vision-language model that describes what looks unreal in an image, tuned with Realness {version} by {what}.
Load it with `AutoModelForImageTextToText.from_pretrained`, or serve it:

    transformers serve FOLDER
    python -m realness describe --base-url http://localhost:8000/v1 --model FOLDER

## What it was tuned on

{examples} examples of an export of reviews; digest of texts and images `{digest}`. {writers}

## How

    python -m realness tune {method} --model MODEL --steps {steps} --batch-size {batch} --learning-rate {rate:g} \\
        --schedule {schedule} --rank {rank} --alpha {alpha} --seed {seed}{more} DATA OUT

{steps} steps; the loss of the last one was {loss:.4f}. {held_out} The loss counts the answers alone, not the questions.
The recipe, the versions of the libraries and the course are in `run.json` and `losses.csv` of the run's folder.

## Licence

The licence of {name} holds for this model, too. {terms}
"""
_WHAT = {
    "sft": "learning the texts that people corrected (supervised, LoRA)",
    "dpo": "preferring what people wrote to what a machine wrote (DPO, LoRA)",
    "kto": "answers that people accepted or turned down (KTO, LoRA)",
}
_TERMS = (
    "Texts of the models named above are in the data, as they were or corrected; whoever passes this model on should "
    "know their terms: those of OpenAI, for one, forbid to develop with its output models that compete with it."
)
_UNKNOWN = "The data does not tell which models wrote texts in it; see the export's own card."


def write_card(folder: Path, config: TuneConfig, data: TuneData, result: dict[str, Any]) -> None:
    """Write `README.md` into a folder.

    Args:
        folder: of the merged model.
        config: the recipe.
        data: what it was tuned on.
        result: as `tune` gives it.
    """
    name = config.model
    if Path(name).expanduser().is_dir():
        resolved = Path(name).expanduser().resolve()
        name = f"the local model {'/'.join(resolved.parts[-2:])}"  # a whole path would tell of the computer
    writers = f"Texts in it were written by people and by {', '.join(data.writers)}." if data.writers else _UNKNOWN
    held_out = ""
    if result.get("eval_split"):
        held_out = (
            f"On the split `{result['eval_split']}`, which was not learned from and chose nothing, the loss was "
            f"{result['eval_loss_first']:.4f} before and {result['eval_loss']:.4f} after."
        )
    text = _CARD.format(
        name=name,
        method=config.method,
        version=__version__,
        what=_WHAT[config.method],
        examples=f"{len(data.train.rows):,}",
        digest=data.digest,
        writers=writers,
        batch=config.batch,
        rate=config.rate,
        rank=config.rank,
        alpha=config.alpha,
        steps=result["steps"],
        schedule=config.schedule,
        seed=config.seed,
        more="".join(
            f" --{option}" for option in ("train-projector", "train-head") if getattr(config, option.replace("-", "_"))
        ),
        loss=result["loss"],
        held_out=held_out,
        terms=_TERMS if data.writers else "",
    )
    paragraphs = (
        part if part.startswith(("#", " ", "---")) else fill(part, 120) for part in text.strip().split("\n\n")
    )
    write_bytes(folder / "README.md", ("\n\n".join(paragraphs) + "\n").encode())

"""The model card that lies beside a CLIP adapted on regions."""

from pathlib import Path
from textwrap import fill
from typing import Any

from realness.atomic import write_bytes
from realness.training.regions_config import RegionConfig
from realness.training.regions_data import Regions

_CARD = """# {clip}, adapted on regions that people marked

An ordinary open_clip checkpoint. Use it as `--clip local-dir:FOLDER`; any program that uses open_clip can load it.

## What it was trained on

{regions} places on {images} images, from the current reviews of people (findings kept, reworded or added, with the
phrase as the reviewer left it), and {untouched} images in which nobody found anything. Digest of all of it: `{digest}`.
Split by image, seed {seed}: {training} images for training, {validation} kept apart for validation.

## How

    python -m realness train clip --regions --clip {clip} --method {method} --rank {rank} --steps {most} \\
        --blocks {depth} --rate {rate:g} --seed {seed}

{what} From the weights `{weights}`. AdamW, learning rate {rate:g}, {batch} images a step. {steps} steps were taken; the
weights after step {best} are these: those that localised best on the validation images, measured every {check} steps.
The text tower is that of the original. The whole recipe is in `train.json`, the course in `log.jsonl`.

## How well it localises

Pixel AUROC of the dense map of each phrase against its region, the mean over the {validation} validation images, with
95 % bootstrap intervals over images:

| | AUROC | interval |
|---|---|---|
| before | {before} |
| after | {after} |
| gain, image by image | {gain} |

The step was chosen on these same images, so the figure after is somewhat better than on images never seen. {verdict}

`realness.json` holds how the dense map reads these weights; its temperature and bias were fitted on the validation
images, at a prior of 0.25.
"""
_WHAT = {
    "lora": "A low-rank change (LoRA, rank {rank}) to the matrices of the last {depth} blocks of the image tower and "
    "to its projection, merged into the weights.",
    "last": "The last {depth} blocks of the image tower and its projection, in full.",
}
_HELPED = "The interval of the gain lies above 0."
_UNSURE = "The interval of the gain holds 0: it is not shown that this helped."
_NOT = "No step localised better than the weights as they came, and these are still those."


def write_card(folder: Path, config: RegionConfig, regions: Regions, result: dict[str, Any]) -> None:
    """Write `README.md` into a folder.

    Args:
        folder: of the exported model.
        config: the recipe.
        regions: what it was trained on.
        result: as `adapt` gives it.
    """
    helped = _HELPED if result["gain"]["ci"][0] > 0 else _UNSURE
    text = _CARD.format(
        clip=config.clip,
        regions=f"{result['regions']:,}",
        images=f"{result['images']:,}",
        untouched=len(regions.untouched),
        digest=regions.digest,
        seed=config.seed,
        training=len(regions.training),
        validation=len(regions.validation),
        method=config.method,
        rank=config.rank,
        most=config.steps,
        what=_WHAT[config.method].format(rank=config.rank, depth=config.depth),
        weights=config.weights,
        depth=config.depth,
        rate=config.learning_rate,
        batch=config.batch,
        check=config.check,
        steps=result["steps"],
        best=result["best_step"],
        verdict=_NOT if result["best_step"] == 0 else helped,
        **{name: _row(result[name], "+" if name == "gain" else "") for name in ("before", "after", "gain")},
    )
    paragraphs = (part if part.startswith(("#", " ", "|")) else fill(part, 120) for part in text.strip().split("\n\n"))
    write_bytes(folder / "README.md", ("\n\n".join(paragraphs) + "\n").encode())


def _row(figures: dict[str, Any], sign: str) -> str:
    low, high = figures["ci"]
    return f"{figures['auroc']:{sign}.3f} | [{low:{sign}.3f}, {high:{sign}.3f}]"

"""The model card that lies beside a trained `mini`."""

from pathlib import Path
from textwrap import fill

from realness.atomic import write_bytes
from realness.planting import HELD_OUT, KINDS
from realness.training.clip_bases import Bases
from realness.training.clip_config import TrainConfig

_CARD = """# mini: a small CLIP that looks for planted inconsistencies

An ordinary open_clip checkpoint ({parameters:.1f} million weights, fp16). `--clip mini` uses the one that ships with
the project, `--clip local-dir:FOLDER` one that was trained elsewhere; any program that uses open_clip can load it.

## How it was trained

    python -m realness train clip --minutes {minutes:g} --seed {seed}{folder}

{steps} steps in {spent:.0f} minutes, {crops} crops of {crop} pixels, none of them twice, by the recipe in
`train.json`.{begun}
Image tower: ModifiedResNet, layers {layers}, width {width}, {window} pixels. Text tower: {text_layers} layers of
{text_width}. Embedding: {embed}. Vocabulary: the first {merges} merges of CLIP's own.

The recipe counts time, so a faster machine makes more steps of the same {minutes:g} minutes. With `steps` set instead,
the weights are the same to the bit on the same machine.

**Data.** {photographs} photographs from the scikit-image, scikit-learn and matplotlib packages{added}, and procedural
scenes, cropped at {sides} pixels, turned, recoloured, softened and compressed; into each crop up to {plantings} of
{kinds} kinds of inconsistency are planted ({names}), {varied}those of geometry and light {harder:g} times as often as
those of texture. No image of RAISE or of any generator. Never trained on: the
photographs {held_out}, and the held-out phrasings.

**Losses.** For each token of the dense features (the value path of the attention pool): which kind is planted here, or
none, by the difference between its cosine with a phrase of that kind and its mean cosine with neutral phrases. The
same for windows of {smallest} to {largest} pixels, enlarged, through `encode_image`. Phrases of one kind are drawn
together, alone for {text_steps} steps first.
Two crops that follow each other share their base, so each shows the other's planted places untouched.
A third of the phrases are templates said of a random word of the vocabulary, a third are put together from
single words of a kind, and a quarter name a place, any place: only what is said tells the kind.

Token AUROC on crops kept apart in training, with training phrasings: {auroc:.3f}.

`realness.json` holds how the dense map reads these weights: the neutral phrases, and the temperature and bias of
P(unreal), fitted on crops kept apart.
"""


def write_card(
    folder: Path, config: TrainConfig, bases: Bases, *, parameters: int, steps: int, seconds: float, auroc: float
) -> None:
    """Write `README.md` into a folder.

    Args:
        folder: of the exported model.
        config: the recipe.
        bases: where crops came from.
        parameters: how many weights the model has.
        steps: how many were taken.
        seconds: of training.
        auroc: of tokens, from `clip_export.validate`.
    """
    text = _CARD.format(
        parameters=parameters / 1e6,
        minutes=config.minutes,
        seed=config.seed,
        steps=steps,
        spent=seconds / 60,
        crops=f"{steps * config.batch:,}",
        crop=config.crop,
        layers=", ".join(str(count) for count in config.layers),
        width=config.width,
        window=config.window,
        text_layers=config.text_layers,
        text_width=config.text_width,
        embed=config.embed,
        merges=f"{config.merges:,}",
        photographs=len(bases.photographs) - bases.added,
        added=f" and {bases.added} of a folder (digest {bases.digest})" if bases.added else "",
        folder=(" --photographs FOLDER" if bases.added else "") + (" --from FOLDER" if config.start else ""),
        begun=f" It began with trained weights (digest {config.start})." if config.start else "",
        sides=f"{min(config.sides)} to {max(config.sides)}",
        smallest=min(config.window_sides),
        largest=max(config.window_sides),
        plantings=config.plantings,
        kinds=len(KINDS),
        names=", ".join(KINDS).replace("_", " "),
        varied="half of them in other ways than the benchmark's, " if config.varied else "",
        harder=config.harder,
        held_out=", ".join(HELD_OUT),
        text_steps=config.text_steps,
        auroc=auroc,
    )
    paragraphs = (part if part.startswith(("#", " ")) else fill(part, 120) for part in text.strip().split("\n\n"))
    write_bytes(folder / "README.md", ("\n\n".join(paragraphs) + "\n").encode())

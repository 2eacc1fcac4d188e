"""Everything that changes what a training of `mini` gives."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from realness.errors import InvalidValue
from realness.training.tokens import vocabulary_size

STRIDE = 32
"""Pixels of input for one token of an open_clip ModifiedResNet."""


SMALLEST_SIDE = 64


@dataclass(frozen=True)
class TrainConfig:
    """The recipe of one training. Saved beside the weights; a training goes on only with the same one.

    Attributes:
        seed: of the first weights and of all data.
        minutes: training time, over which the learning rate falls; not used when `steps` is given.
        steps: train by steps instead of by time, which makes the result repeatable to the bit.
        layers, width: of the ModifiedResNet image tower.
        window: side in pixels of what `encode_image` takes: one window of a sliding map, enlarged as the published
            CLIPs' are.
        embed: size of the shared embedding.
        text_width, text_layers, context: of the text tower; context in tokens.
        merges: of the vocabulary.
        batch: image crops in a step; two share one base crop, each planted in its own places.
        crop: side of a crop, in pixels; a multiple of 32.
        windows: windows in a step, cut from the crops.
        window_sides: of what is cut, in pixels of the crop, before it is resized to `window`; one is drawn for each.
        phrasings: phrases of each kind in a step.
        neutrals: neutral phrases in a step.
        learning_rate, weight_decay, warmup: of AdamW; warmup as a share of the training.
        window_weight: weight of the windows' loss.
        text_steps: steps before the first, in which the text tower alone learns which phrases say the same.
        text_weight: weight of that loss afterwards.
        weakest: strength of the subtlest plantings, in [0, 1].
        plantings: at most so many in a crop, and at least two but for the few crops that stay untouched.
        varied: whether half of them are made in other ways than the sample's and the benchmark's, at other sizes too.
        harder: how much more often a kind of geometry or light is drawn than one of texture.
        photographs: share of the crops that come from photographs; the rest are procedural scenes.
        start: digest of the weights that it began with; empty for random ones.
        pictures: digest of the photographs that were added to the wheels' own; empty without any.
        sides: of a crop at the pixels it is planted at, before it is resized to `crop`; one is drawn for each base.
        random_nouns: share of the phrases that are templates said of a random word instead of a fitting noun.
    """

    seed: int = 0
    minutes: float = 60.0
    steps: int | None = None
    layers: tuple[int, ...] = (1, 2, 4, 2)
    width: int = 32
    window: int = 224
    embed: int = 128
    text_width: int = 128
    text_layers: int = 2
    context: int = 77
    merges: int = 12000
    batch: int = 16
    crop: int = 256
    windows: int = 4
    window_sides: tuple[int, ...] = (32, 64, 64, 64, 96, 128)
    phrasings: int = 2
    neutrals: int = 4
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup: float = 0.04
    window_weight: float = 0.3
    text_steps: int = 300
    text_weight: float = 0.2
    weakest: float = 0.2
    plantings: int = 5
    varied: bool = True
    harder: float = 1.6
    photographs: float = 0.75
    start: str = ""
    pictures: str = ""
    sides: tuple[int, ...] = (256, 256, 256, 192, 192, 144, 128, 320)
    random_nouns: float = 0.35

    def __post_init__(self) -> None:
        if self.crop % STRIDE or self.window % STRIDE:
            raise InvalidValue(f"crop and window must be multiples of {STRIDE}")
        if not self.window_sides or not 0 < min(self.window_sides) <= max(self.window_sides) <= self.crop:
            raise InvalidValue("window sides must be at least one, from 1 pixel to the crop's side")
        if self.batch < 2 or self.batch % 2:
            raise InvalidValue(f"batch must be an even number from 2 on, got {self.batch}")
        if self.phrasings < 2:
            raise InvalidValue(f"phrasings must be at least 2, got {self.phrasings}")
        if self.plantings < 2:
            raise InvalidValue(f"plantings must be at least 2, got {self.plantings}")
        if not self.sides or min(self.sides) < SMALLEST_SIDE:
            raise InvalidValue(f"sides must be at least {SMALLEST_SIDE} pixels each")
        if self.harder <= 0:
            raise InvalidValue(f"harder must be more than 0, got {self.harder}")
        if self.minutes <= 0 or (self.steps is not None and self.steps < 1):
            raise InvalidValue("minutes must be more than 0, and steps, where given, at least 1")

    def model(self) -> dict[str, Any]:
        """The `model_cfg` of open_clip. The tokenizer is found in the model's own folder, whatever its name."""
        return {
            "embed_dim": self.embed,
            "vision_cfg": {"image_size": self.window, "layers": list(self.layers), "width": self.width},
            "text_cfg": {
                "context_length": self.context,
                "vocab_size": vocabulary_size(self.merges),
                "hf_tokenizer_name": "tokenizer.json",
                "width": self.text_width,
                "heads": max(1, self.text_width // 32),
                "layers": self.text_layers,
            },
        }

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "TrainConfig":
        """Read what `save` wrote.

        Raises:
            InvalidValue: the file holds something else.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            several = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
            return cls(**{**values, **several})
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidValue(f"{path} does not hold a training configuration; train into another folder") from error

    def differences(self, other: "TrainConfig") -> list[str]:
        """The names of the settings in which two configurations differ."""
        return [each.name for each in fields(self) if getattr(self, each.name) != getattr(other, each.name)]

"""Everything that changes what adapting a CLIP on people's regions gives."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from realness.errors import InvalidValue

METHODS = ("lora", "last")
_BLOCKS = {"lora": 4, "last": 1}


@dataclass(frozen=True)
class RegionConfig:
    """The recipe of one adaptation. Saved beside the weights; it goes on only with the same one.

    Attributes:
        clip: SPEC of the CLIP that is adapted.
        weights: its weights' id; filled in when it is loaded.
        data: digest of the examples; filled in when they are read.
        method: `lora`: a low-rank change to the matrices of the last blocks, merged into the weights in the end
            (Hu et al., arXiv 2106.09685); `last`: the last blocks are trained in full.
        rank: of the change, with `lora`.
        blocks: how many of the last blocks (of a ViT) or layers (of a ModifiedResNet, which has 4) are trained; with
            None 4 for `lora`, 1 for `last`. What projects them into the space of the texts always is.
        steps: at most so many; the weights that localise best on the validation images are kept.
        learning_rate: of AdamW, in shares of the size of the weights.
        weight_decay: of AdamW.
        batch: images with regions in a step.
        wrong_phrases: phrases said of other images that each image of a step is asked about.
        check: steps between two measurements.
        patience: so many measurements without a better one end it.
        seed: of the split, of the first weights of a change and of the batches.
    """

    clip: str = "mini"
    weights: str = ""
    data: str = ""
    method: str = "lora"
    rank: int = 8
    blocks: int | None = None
    steps: int = 400
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    batch: int = 8
    wrong_phrases: int = 8
    check: int = 25
    patience: int = 6
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InvalidValue(f"--method must be {' or '.join(METHODS)}, got {self.method!r}")
        for name in ("rank", "steps", "batch", "check", "patience"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.blocks is not None and self.blocks < 1:
            raise InvalidValue(f"blocks must be at least 1, got {self.blocks}")

    @property
    def depth(self) -> int:
        """How many blocks are trained."""
        return self.blocks or _BLOCKS[self.method]

    def keep(self, path: Path) -> None:
        """Write it as JSON, or hold it against the one that is there.

        Raises:
            InvalidValue: the file holds another recipe.
        """
        if not path.is_file():
            path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
            return
        try:
            other = RegionConfig(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise InvalidValue(f"{path} holds no recipe for adapting on regions; use another --out") from error
        names = [each.name for each in fields(self) if getattr(self, each.name) != getattr(other, each.name)]
        if names:
            raise InvalidValue(f"{path.parent} was trained with another {' and '.join(names)}; use another --out")

"""Everything that changes what training CORE end to end gives."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from realness.atomic import write_bytes
from realness.core.bert import PUBLISHED
from realness.core.network import HIDDEN, IMAGES, SIZE
from realness.core.score import NONE
from realness.errors import InvalidValue


@dataclass(frozen=True)
class CoreConfig:
    """The recipe of one training, by default the published one. A stopped training goes on only with the same.

    Attributes:
        image: `resnet50`, `resnet18`, `scratch` or `none`.
        text: a local folder or a hub's id of a BERT-family model, `scratch` or `none`.
        fresh: begin with random weights in place of the published ones.
        data: digest of the rated images; filled in when they are read.
        size: height and width that images are stretched to.
        hidden: units of the head.
        epochs: how often every training image is seen; the epoch with the best validation SROCC is kept.
        batch: images in a step.
        learning_rate, weight_decay: of AdamW, the same for all weights, without a schedule.
        validation: share of the images that is kept apart to choose the epoch by.
        flip: how often a training image is mirrored, from 0 to 1; its text stays, whatever it says of left and right.
        rotation: by how many degrees it is turned at most.
        jitter: by how much its brightness, contrast and saturation change at most, as shares, and its hue, in turns.
        members: networks of the ensemble, each with a split and first weights of its own.
        seed: of the first member: of its split, its first weights, its batches and their augmentation.
    """

    image: str = "resnet50"
    text: str = PUBLISHED
    fresh: bool = False
    data: str = ""
    size: tuple[int, int] = SIZE
    hidden: int = HIDDEN
    epochs: int = 15
    batch: int = 16
    learning_rate: float = 1.1e-4
    weight_decay: float = 0.01
    validation: float = 0.2
    flip: float = 0.5
    rotation: float = 10.0
    jitter: tuple[float, float, float, float] = (0.2, 0.2, 0.2, 0.1)
    members: int = 1
    seed: int = 42

    def __post_init__(self) -> None:
        if self.image not in IMAGES:
            raise InvalidValue(f"--image of the preset paper must be {', '.join(IMAGES)}, got {self.image!r}")
        if self.image == self.text == NONE:
            raise InvalidValue("CORE needs an image encoder or a text encoder; leave out one `none`")
        if self.epochs < 1:
            raise InvalidValue(f"--epochs must be at least 1, got {self.epochs}: untrained weights give no score")
        for name in ("batch", "members", "hidden"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 0 < self.validation < 1:
            raise InvalidValue(f"validation must lie between 0 and 1, got {self.validation}")

    @property
    def title(self) -> str:
        """What it is, in a line."""
        begun = ", from random weights" if self.fresh else ""
        return f"image {self.image}, text {self.text}, end to end, {self.epochs} epochs{begun}"

    def parts(self) -> dict[str, "CoreConfig"]:
        """The rows of the ablation: image alone, text alone, both; those that there are."""
        if self.image == NONE:
            return {"text": self}
        if self.text == NONE:
            return {"image": self}
        return {"image": replace(self, text=NONE), "text": replace(self, image=NONE), "both": self}

    def keep(self, path: Path) -> None:
        """Write it as JSON, or hold it against the one that is there.

        Raises:
            InvalidValue: the file holds another recipe.
            CannotWrite: the place does not allow it.
        """
        told: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        if not path.is_file():
            write_bytes(path, (json.dumps(told, indent=2) + "\n").encode())
            return
        way_out = f"remove {path.parent} to begin anew, or use another --out"
        try:
            other = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise InvalidValue(f"{path} holds no recipe for training CORE; {way_out}") from error
        names = [name for name in told if told[name] != other.get(name)]
        if names:
            raise InvalidValue(
                f"the training that was stopped in {path.parent} has another {' and '.join(names)}; {way_out}"
            )

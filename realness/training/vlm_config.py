"""Everything that changes what tuning a describer gives."""

from dataclasses import asdict, dataclass
from typing import Any

from realness.errors import InvalidValue

METHODS = ("sft", "dpo", "kto")
SCHEDULES = ("cosine", "linear", "constant")
DEVICES = ("auto", "cpu", "cuda")
_RATES = {"sft": 1e-4, "dpo": 2e-5, "kto": 2e-5}
"""LoRA takes rates some ten times those of training all weights; preferences want smaller ones than texts."""
_EPOCHS = {"sft": 3.0, "dpo": 1.0, "kto": 1.0}


@dataclass(frozen=True)
class TuneConfig:
    """The recipe of one tuning. Kept in the run's folder; a stopped run goes on only with the same one.

    Attributes:
        method: `sft`: learn the completions; `dpo`: prefer the chosen answer to the rejected one; `kto`: answers that
            are labelled good or bad, unpaired.
        model: a local folder or a hub's id of a vision-language model.
        steps: how many; None to count by `epochs`.
        epochs: how often each example is seen; None for 3 with `sft`, 1 with `dpo` and `kto`.
        batch: examples a step learns from.
        micro_batch: how many of them pass the network at a time; None as the preset says. It changes memory, not
            what is learned, but for `kto`, which estimates a divergence within each.
        learning_rate: the highest; None for 1e-4 with `sft`, 2e-5 with `dpo` and `kto`.
        schedule: how it falls, after a warm-up of a thirtieth of the steps: `cosine`, `linear`, or `constant`.
        rank, alpha: of the low-rank change (LoRA); it counts alpha / rank times.
        dropout: of the input of the change.
        beta: how closely `dpo` and `kto` keep to the model that they begin with.
        train_projector: train what leads from the vision tower to the language model, too, in full.
        train_head: train the output layer, too, in full.
        image_side: images pass the model at no more pixels than a square of this side has; None as the preset says.
        eval_split: the split that the loss is measured on; None for `validation` or else `test` where there is one,
            `none` for no measurement. It chooses nothing.
        seed: of the first weights of the change and of the order of the examples.
    """

    method: str
    model: str
    steps: int | None = None
    epochs: float | None = None
    batch: int = 8
    micro_batch: int | None = None
    learning_rate: float | None = None
    schedule: str = "cosine"
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    beta: float = 0.1
    train_projector: bool = False
    train_head: bool = False
    image_side: int | None = None
    eval_split: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InvalidValue(f"the method must be {', '.join(METHODS)}, got {self.method!r}")
        if self.schedule not in SCHEDULES:
            raise InvalidValue(f"--schedule must be {', '.join(SCHEDULES)}, got {self.schedule!r}")
        if self.steps is not None and self.epochs is not None:
            raise InvalidValue("give --steps or --epochs, not both")
        if not 0 <= self.dropout < 1:
            raise InvalidValue(f"--dropout must be from 0 to below 1, got {self.dropout}")
        for name in ("steps", "epochs", "batch", "micro_batch", "learning_rate", "rank", "alpha", "beta", "image_side"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise InvalidValue(f"{name} must be above 0, got {value}")

    @property
    def rate(self) -> float:
        """The highest learning rate."""
        return self.learning_rate or _RATES[self.method]

    def steps_for(self, examples: int) -> int:
        """How many steps there are with so many examples."""
        if self.steps is not None:
            return self.steps
        a_round = -(-examples // self.batch)
        return max(1, round((self.epochs or _EPOCHS[self.method]) * a_round))

    def recipe(self) -> dict[str, Any]:
        """It as JSON, defaults filled in."""
        epochs = None if self.steps else self.epochs or _EPOCHS[self.method]
        return asdict(self) | {"learning_rate": self.rate, "epochs": epochs}

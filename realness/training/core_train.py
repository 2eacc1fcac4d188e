"""Training CORE end to end, as published: MSE on standardised mean opinion scores, every weight learned.

What was published chose its epoch on the test set; here it is chosen on validation images alone, which are never
augmented (arXiv 2509.13289).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor

from realness.atomic import made_folder, replacing
from realness.clip import native_dtype
from realness.core.bert import Bert
from realness.core.checkpoint import check_place
from realness.core.measures import agreement, plcc, srocc
from realness.core.model import data_digest
from realness.core.network import CoreNetwork, image_network, trimmed, unit
from realness.core.paper import PaperCore, write_paper
from realness.core.pictures import curves
from realness.core.samples import Rated
from realness.core.score import NONE
from realness.domain import Skipped
from realness.errors import CannotWrite, InvalidValue
from realness.training.core_config import CoreConfig
from realness.training.core_data import Data, Pictures, augmented, split
from realness.training.loop import loaded_checkpoint
from realness.workbench.scoring import check_found

Progress = Callable[[int, int | None], None]
RECIPE = "train.json"
SAVED_EVERY = 30.0
"""Seconds between two checkpoints at least: one of the published size takes 2 GB and as long as an epoch on a GPU."""
_DIGITS = 5


@dataclass(frozen=True)
class Learned:
    """A trained network.

    Attributes:
        network: with the weights of its best epoch, in eval mode.
        epochs: how it went: `epoch` (from 1), `loss`, `validation_loss`, `srocc`, `plcc` of each.
        best_epoch: the one with the highest validation SROCC.
        validation: which of the samples it was chosen on.
        training: which it learned from.
        predicted: `(validation,)` its scores of the former, 0 to 100.
    """

    network: CoreNetwork
    epochs: list[dict[str, float]]
    best_epoch: int
    training: np.ndarray
    validation: np.ndarray
    predicted: np.ndarray


def train_core_network(
    config: CoreConfig,
    samples: Sequence[Rated],
    out: Path,
    progress: Progress | None = None,
) -> tuple[PaperCore, dict[str, Any], list[Skipped]]:
    """Train the members of a model and write it to a folder. Goes on where a stopped training is.

    Until it is done, its checkpoints lie beside the folder, in `OUT.part`, and a model that is there stays in use.

    Args:
        progress: told how many steps are done, and how many there are.

    Returns:
        The model; figures on validation images: `n`, those of `Agreement`, `members`; and which samples could not be
        used. An image that several members were validated on counts with the mean of what they say.

    Raises:
        InvalidValue: fewer than 20 samples can be used or all have one rating; the recipe or the data differ from those
            of the stopped training; the training diverged.
        WeightsNotFound: published weights cannot be had.
        CannotWrite: the place does not allow it, or something else than a model lies there.
    """
    check_place(out)
    image_network(config.image, fresh=config.fresh)  # weights that cannot be had are told of before anything is written
    pictures, skipped = Pictures.read(samples, config)
    usable = sorted((samples[at].sha256, order) for order, at in enumerate(pictures.used))
    known = [samples[pictures.used[order]] for _, order in usable]
    check_found(known, skipped)
    bert = text_half(config, known)
    pixels = None if pictures.pixels is None else pictures.pixels[[order for _, order in usable]]
    config = replace(config, data=data_digest(known))
    work = made_folder(out.with_name(f"{out.name}.part"))
    if any(work.iterdir()) and not (work / RECIPE).is_file():
        raise CannotWrite(f"{work} is there and is no training of ours; move it away, or name another --out")
    config.keep(work / RECIPE)
    data = Data.of(known, pixels, bert)
    steps = Steps(progress, config.members * steps_of(config, len(known)))
    found = [
        learn(config, data, bert, config.seed + member, steps, work / f"member-{member}.pt")
        for member in range(config.members)
    ]
    figures = _figures(found, data.ratings)
    facts = {"data": config.data, "samples": [one.sha256 for one in known], **_told(config, found, known, figures)}
    core = write_paper([one.network for one in found], bert, out, facts, curves([one.epochs for one in found]))
    for each in (work / RECIPE, *work.glob("member-*.pt")):
        each.unlink(missing_ok=True)
    with suppress(OSError):  # something else lies there
        work.rmdir()
    return core, figures, skipped


class Steps:
    """Counts the steps of one training after another, and tells of them."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.done, self.total = progress, 0, total

    def add(self, steps: int = 1) -> None:
        """So many more are done."""
        self.done += steps
        if steps and self.progress is not None:
            self.progress(self.done, self.total)


def steps_of(config: CoreConfig, count: int) -> int:
    """How many steps a training takes. The samples are `count`, those that the epoch is chosen on included."""
    return config.epochs * -(-len(split(count, config.validation, 0)[0]) // config.batch)


def learn(
    config: CoreConfig, data: Data, bert: Bert | None, seed: int, steps: Steps, checkpoint: Path | None = None
) -> Learned:
    """Train one network.

    Args:
        bert: what makes the text half; None without one.
        seed: of everything random.
        steps: told of every step.
        checkpoint: written after an epoch, gone on from when it is there; None for none.

    Raises:
        InvalidValue: the training diverged, or the checkpoint is damaged.
    """
    run = Run(config, data, bert, seed, checkpoint)
    steps.add(steps_of(config, len(data)) * len(run.epochs) // config.epochs)
    while len(run.epochs) < config.epochs:
        run.take_epoch(steps)
        run.save()
    run.network.load_state_dict(run.best)
    run.network.eval().requires_grad_(False)
    best = int(np.argmax([one["srocc"] for one in run.epochs])) + 1
    return Learned(run.network, run.epochs, best, run.training, run.validation, run.predicted)


class Run:
    """One network in training.

    Attributes:
        network: as it is by now.
        training, validation: which of the samples it learns from, and which it chooses the best epoch by.
        epochs: how it went so far; see `Learned`.
        best: the weights after the best of them.
        predicted: what these say of the validation images.
    """

    def __init__(self, config: CoreConfig, data: Data, bert: Bert | None, seed: int, checkpoint: Path | None) -> None:
        self.config, self.data, self.seed, self.checkpoint = config, data, seed, checkpoint
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.dtype = native_dtype(self.device)
        self.training, self.validation = split(len(data), config.validation, seed)
        with _seeded(seed, 0, self.device):
            text = bert.model() if bert is not None else None
            image = image_network(config.image, fresh=config.fresh)
            self.network = CoreNetwork(image, text, size=config.size, hidden=config.hidden)
        self._standardise()
        self.network.to(self.device).train()
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
        )
        self.epochs: list[dict[str, float]] = []
        self.best: dict[str, Tensor] = {}
        self.predicted = np.empty(0)
        self._saved = monotonic()
        if checkpoint is not None and checkpoint.is_file():
            self._load(checkpoint)

    def take_epoch(self, steps: Steps) -> None:
        """Learn from every training image once, and measure on the validation images."""
        config, epoch = self.config, len(self.epochs) + 1
        rng = np.random.default_rng((self.seed, 1, epoch))
        order, losses = rng.permutation(self.training), []
        with _seeded(self.seed, epoch, self.device), torch.backends.cudnn.flags(deterministic=True, benchmark=False):
            for start in range(0, len(order), config.batch):
                some = order[start : start + config.batch]
                losses.append(self._step(some, rng) * len(some))
                steps.add()
        loss = float(torch.stack(losses).sum()) / len(order)
        rated = self.data.ratings[self.validation]
        predicted = self.network.ratings(*self.data.take(self.validation), config.batch)
        if not np.isfinite(loss) or not np.isfinite(predicted).all():
            raise InvalidValue(
                f"the training diverged in epoch {epoch}; give another --batch, or begin with other encoders"
            )
        off = (predicted - rated) / float(self.network.spread)
        found = {"loss": loss, "validation_loss": float(np.mean(off**2))}
        found |= {"srocc": srocc(predicted, rated), "plcc": plcc(predicted, rated)}
        if not self.epochs or found["srocc"] > max(one["srocc"] for one in self.epochs):
            self.best = {name: each.detach().clone() for name, each in self.network.state_dict().items()}
            self.predicted = predicted
        self.epochs.append({"epoch": epoch, **found})

    def save(self) -> None:
        """Write a checkpoint, unless the last one is quite new.

        After the last epoch there is one always, without what a training goes on from.
        """
        done = len(self.epochs) >= self.config.epochs
        if self.checkpoint is None or (not done and monotonic() - self._saved < SAVED_EVERY):
            return
        state: dict[str, Any] = {
            "epochs": self.epochs,
            "best": self.best,
            "predicted": torch.from_numpy(self.predicted),
        }
        if not done:
            state |= {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}
        with replacing(self.checkpoint) as part:
            torch.save(state, part)
        self._saved = monotonic()

    def _load(self, checkpoint: Path) -> None:
        state = loaded_checkpoint(checkpoint, self.device)
        try:
            self.epochs, self.best, self.predicted = state["epochs"], state["best"], state["predicted"].cpu().numpy()
            if len(self.epochs) < self.config.epochs:
                self.network.load_state_dict(state["network"])
                self.optimiser.load_state_dict(state["optimiser"])
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise InvalidValue(f"{checkpoint} is damaged; remove it to begin anew, or use another --out") from error

    def _standardise(self) -> None:
        """Ratings are learned as deviations from the training's mean."""
        ratings, counts = self.data.ratings[self.training], self.data.counts[self.training]
        mean = np.average(ratings, weights=counts)
        self.network.mean.fill_(float(mean))
        self.network.spread.fill_(float(max(np.sqrt(np.average((ratings - mean) ** 2, weights=counts)), 1e-3)))

    def _step(self, some: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Learn from one batch; its loss, on the device."""
        pixels, tokens = self.data.take(some)
        if pixels is not None:
            pixels = augmented(unit(pixels.to(self.device)), self.config, rng)
        if tokens is not None:
            tokens = trimmed(tokens[0].to(self.device), tokens[1].to(self.device))
        ratings, counts = (
            torch.from_numpy(each[some]).to(self.device, torch.float32)
            for each in (self.data.ratings, self.data.counts)
        )
        mixed = self.dtype is torch.bfloat16
        with torch.autocast(self.device.type, self.dtype) if mixed else nullcontext():
            scores = self.network(pixels, tokens)
        errors = scores - (ratings - self.network.mean) / self.network.spread
        loss = (counts * errors**2).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        return loss.detach()


@contextmanager
def _seeded(seed: int, epoch: int, device: torch.device) -> Iterator[None]:
    """A block whose random numbers, dropout's too, are its own: an epoch is the same after a stop as without one."""
    with torch.random.fork_rng([torch.cuda.current_device()] if device.type == "cuda" else []):
        torch.manual_seed(int(np.random.default_rng((seed, 2, epoch)).integers(2**62)))
        yield


def text_half(config: CoreConfig, samples: Sequence[Rated]) -> Bert | None:
    """The text model of a recipe; None without one. Only the word pieces of `scratch` depend on the samples."""
    if config.text == NONE:
        return None
    return Bert.of(config.text, [one.text for one in samples], fresh=config.fresh)


def _figures(found: Sequence[Learned], ratings: np.ndarray) -> dict[str, Any]:
    """How well the members score images that they did not learn from."""
    said: dict[int, list[float]] = {}
    for one in found:
        for at, rating in zip(one.validation, one.predicted, strict=True):
            said.setdefault(int(at), []).append(float(rating))
    at = np.array(sorted(said))
    figures = agreement([np.array([np.mean(said[each]) for each in at])], ratings[at]).as_json()
    members = [
        {"best_epoch": one.best_epoch}
        | {name: round(one.epochs[one.best_epoch - 1][name], 4) for name in ("srocc", "plcc")}
        for one in found
    ]
    return figures | {"members": members}


def _told(
    config: CoreConfig, found: Sequence[Learned], samples: Sequence[Rated], figures: dict[str, Any]
) -> dict[str, Any]:
    """What the card tells of a training."""
    off = [one.predicted - np.array([samples[at].rating for at in one.validation]) for one in found]
    splits = [
        {
            name: [samples[at].sha256 for at in some]
            for name, some in (("training", one.training), ("validation", one.validation))
        }
        for one in found
    ]
    epochs = [[{name: round(each, _DIGITS) for name, each in line.items()} for line in one.epochs] for one in found]
    metrics = {"validation": figures, "epochs": epochs}
    recipe = {name: each for name, each in vars(config).items() if name not in ("data", "size", "hidden", "members")}
    facts = {"image": config.image, "text": config.text, "recipe": recipe, "split": splits, "metrics": metrics}
    return facts | {"rmse": float(np.sqrt(np.mean(np.concatenate(off) ** 2)))}

"""What one worker does for the verbs, to one item: it reads an image and hands back what its model found.

In this process it has the model that the verb loaded; in one of its own it loads it (`load`), on whatever machine that
is. It knows no database and writes nothing. Items and results are pickled on their way.
"""

import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from realness import images
from realness.domain import RealnessMap, Skipped, StoredImage
from realness.dream import sampling
from realness.errors import EngineProblem, UnreadableImage
from realness.store import MapTask, NewPrediction, Scorable
from realness.workbench.worker_places import Place

if TYPE_CHECKING:
    from realness.core import Core
    from realness.core.features import FeatureCache
    from realness.describe import Asked, Describer, Reply
    from realness.dream import Dream


@dataclass(frozen=True)
class Mapper:
    """Computes maps."""

    dream: "Dream"
    method: str
    place: Place

    @classmethod
    def load(cls, clip: str, weights: str, method: str, place: Place, precision: str = "auto") -> Self:
        """With the CLIP of a SPEC.

        Raises:
            WeightsNotFound: this machine cannot have it.
            EngineProblem: its weights are other ones here.
        """
        from realness.dream import Dream  # noqa: PLC0415  torch

        dream = Dream.load(clip, precision=precision)
        _check_same(dream.clip.weights_id, weights, f"--clip {clip}")
        return cls(dream, method, place)

    def __call__(self, task: MapTask, progress: Callable[[int, int], None] | None = None) -> RealnessMap:
        """The map of an image, as it is kept but for its precision.

        Raises:
            UnreadableImage: the image's file is gone, changed or damaged.
        """
        with self.place.file(task.image) as file:
            _, picture = images.read_image(file)
        said = task.description.description
        given = {"verdict": said.verdict, "findings": said.findings or None, "progress": progress}
        return sampling.to_keep(self.dream.map(picture, said.text, method=self.method, **given))


@dataclass(frozen=True)
class Asker:
    """Asks a describer."""

    describer: "Describer"
    place: Place

    @classmethod
    def load(cls, asked: "Asked", identity: str, place: Place) -> Self:
        """With a local describer.

        Raises:
            WeightsNotFound, UnsupportedModel: this machine has no such model.
            EngineProblem: it is another one here.
        """
        from realness.describe.local import LocalDescriber  # noqa: PLC0415  torch

        describer = LocalDescriber(asked)
        _check_same(describer.identity, identity, f"--model {asked.model}")
        describer.check()
        return cls(describer, place)

    def __call__(self, image: StoredImage) -> "Reply":
        """What is said of an image.

        Raises:
            UnreadableImage: the image's file is gone, changed or damaged.
            Unanswered, DescriberProblem: see `Describer`.
        """
        with self.place.file(image) as file:
            _, picture = images.read_image(file)
        return self.describer.reply(picture, (image.facts.width, image.facts.height))


@dataclass
class Scored:
    """What some images were scored.

    Attributes:
        learned_from: how many of them all of the model learned from.
    """

    kept: list[NewPrediction] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    learned_from: int = 0


@dataclass(frozen=True)
class Scorer:
    """Scores images with CORE."""

    core: "Core"
    cache: "FeatureCache"
    place: Place

    @classmethod
    def load(cls, model: str, name: str, place: Place) -> Self:
        """With the model of a folder. Vectors are computed anew: those that are kept lie with who began the run.

        Raises:
            NotFound, InvalidValue, UnsupportedModel, WeightsNotFound: see `Core.load`.
            EngineProblem: it is another model here.
        """
        from realness.core import Core  # noqa: PLC0415
        from realness.core.features import FeatureCache  # noqa: PLC0415

        core = Core.load(model)
        _check_same(core.name, name, f"--model {model}")
        return cls(core, FeatureCache(None), place)

    def __call__(self, tasks: Sequence[Scorable]) -> Scored:
        """The scores of some images together."""
        from realness.core.samples import Sample  # noqa: PLC0415

        found, samples, owners = Scored(), [], []
        with ExitStack() as files:
            for task in tasks:
                try:
                    file = files.enter_context(self.place.file(task.image))
                except UnreadableImage as error:
                    found.skipped.append(Skipped(task.image.facts.sha256, str(error)))
                    continue
                samples.append(Sample(task.image.facts.sha256, file, task.text))
                owners.append(task)
            said, skipped = self.core.predict_all(samples, self.cache)
        found.skipped += skipped
        for task, each in zip(owners, said, strict=True):
            if each is not None:
                text = task.description_id if self.core.reads_text else None
                found.kept.append(NewPrediction(task.image.id, text, each.rating, each.low, each.high))
                found.learned_from += self.core.learned_from(task.image.facts.sha256)
        return found


def _check_same(here: str, there: str, what: str) -> None:
    if here != there:
        raise EngineProblem(
            f"{what} is {here} on {socket.gethostname()}, but {there} where the run was begun; put the same files on "
            "all machines"
        )

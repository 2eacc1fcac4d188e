"""What asking describers will take: estimates, and a limit that is kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from realness.describe import Asked, Price, Usage, image_tokens
from realness.domain import StoredImage

_CHARACTERS_PER_TOKEN = 4
_USUAL_OUTPUT = {True: 250, False: 80}
"""Tokens of a usual reply, by whether it follows a schema; what a model reasons is not known before."""
_REPAIR = 2
"""How often one image may be asked about: once, and once more to repair the reply."""


@dataclass(frozen=True)
class Estimate:
    """What a run would take, before anything is asked.

    Attributes:
        images: that would be asked about.
        usage: tokens, by the rule for images and four characters of text to a token.
        cost: in US dollars; None where the price is not known.
        worst_cost: the same if every reply is as long as it may be, and every one has to be repaired.
    """

    images: int
    usage: Usage
    cost: float | None
    worst_cost: float | None


def estimate(asked: Asked, images: Sequence[StoredImage], price: Price | None) -> Estimate:
    """What asking about these images would take, if every reply is of a usual length and none has to be repaired."""
    tokens = sum(input_tokens(asked, image) for image in images)
    output = min(asked.max_tokens, _USUAL_OUTPUT[asked.prompt.schema is not None])
    usage = Usage(tokens, output * len(images))
    worst = price.of(_most(asked, tokens, len(images))) if price else None
    return Estimate(len(images), usage, price.of(usage) if price else None, worst)


def input_tokens(asked: Asked, image: StoredImage) -> int:
    """About how many tokens asking about an image takes."""
    prompt = asked.prompt
    text = f"{prompt.system}{prompt.user}{prompt.schema or ''}"
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN) + image_tokens((image.facts.width, image.facts.height))


def _most(asked: Asked, tokens: int, images: int) -> Usage:
    """The most that asking about images takes, each once more to repair the reply, which the model then reads, too."""
    longest = images * asked.max_tokens
    return Usage(_REPAIR * tokens + longest, _REPAIR * longest)


@dataclass
class Budget:
    """Lets a run go on as long as what it may cost stays within a limit.

    How many tokens an image counts as is a rule of OpenAI's: how far a server goes beyond it is learned from its
    replies, of which the first comes before a second image is asked about.

    Attributes:
        price: None where it is not known; then there may be no limit.
        limit: in US dollars; None for none.
        spent: by finished requests; one that failed counts as if it had been answered at full length, since nobody
            knows whether the server charges for it.
        overcounted: a reply had more tokens than were asked for, so that nothing can be promised of the next one.
    """

    asked: Asked
    price: Price | None
    limit: float | None
    spent: float = 0.0
    overcounted: bool = False
    _tokens: int = 0
    _times: float = 0.0

    @property
    def learned(self) -> bool:
        """Whether it is known how the server counts images, as far as there is a limit to keep."""
        return self.limit is None or self._times > 0

    def has_room(self, image: StoredImage, in_flight: int) -> bool:
        """Whether another request may be sent, at the worst that it and those in flight may cost."""
        if self.limit is None:
            return True
        return not self.overcounted and self.spent + (in_flight + 1) * self.worst(image) <= self.limit

    def count(self, image: StoredImage, cost: float | None, usage: Usage | None, attempts: int = 1) -> None:
        """Count a finished request; without a cost at its worst."""
        worst, first = self.worst(image), self._times == 0
        self.spent += worst if cost is None else cost
        if usage is None:
            return
        read, written = usage.input_tokens or 0, usage.output_tokens or 0
        self._times = max(self._times, 1.0, read / (attempts * input_tokens(self.asked, image)))
        # The first one shows how the server counts images.
        beyond = cost is not None and cost > worst and not first
        self.overcounted |= self.limit is not None and (beyond or written > attempts * self.asked.max_tokens)

    def worst(self, image: StoredImage) -> float:
        """The most in US dollars that asking about this image, or one that was asked about before, may cost."""
        if self.price is None:
            return 0.0
        self._tokens = max(self._tokens, input_tokens(self.asked, image))
        return self.price.of(_most(self.asked, math.ceil(self._tokens * max(1.0, self._times)), 1)) or 0.0

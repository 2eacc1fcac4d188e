"""What asking describers will take: estimates, and a limit that is kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

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
    """

    images: int
    usage: Usage
    cost: float | None


def estimate(asked: Asked, images: Sequence[StoredImage], price: Price | None) -> Estimate:
    """What asking about these images would take, if every reply is of a usual length and none has to be repaired."""
    tokens = sum(input_tokens(asked, image) for image in images)
    output = min(asked.max_tokens, _USUAL_OUTPUT[asked.prompt.schema is not None])
    usage = Usage(tokens, output * len(images))
    return Estimate(len(images), usage, price.of(usage) if price else None)


def input_tokens(asked: Asked, image: StoredImage) -> int:
    """About how many tokens asking about an image takes."""
    prompt = asked.prompt
    text = f"{prompt.system}{prompt.user}{prompt.schema or ''}"
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN) + image_tokens((image.facts.width, image.facts.height))


@dataclass
class Budget:
    """Lets a run go on as long as what it may cost stays within a limit.

    Attributes:
        price: None where it is not known; then there may be no limit.
        limit: in US dollars; None for none.
        spent: by finished requests; one that failed counts as if it had been answered at full length, since nobody
            knows whether the server charges for it.
    """

    asked: Asked
    price: Price | None
    limit: float | None
    spent: float = 0.0
    _largest: int = field(default=0)

    def has_room(self, image: StoredImage, in_flight: int) -> bool:
        """Whether another request may be sent, at the worst that it and those in flight may cost."""
        return self.limit is None or self.spent + (in_flight + 1) * self._worst(image) <= self.limit

    def count(self, image: StoredImage, cost: float | None, usage: Usage | None) -> None:
        """Count a finished request; without a cost at its worst."""
        if usage is not None and usage.input_tokens is not None:
            self._largest = max(self._largest, usage.input_tokens)
        self.spent += self._worst(image) if cost is None else cost

    def _worst(self, image: StoredImage) -> float:
        if self.price is None:
            return 0.0
        self._largest = max(self._largest, input_tokens(self.asked, image))
        # To repair a reply, the model reads it, too.
        read = _REPAIR * self._largest + self.asked.max_tokens
        return self.price.of(Usage(read, _REPAIR * self.asked.max_tokens)) or 0.0

"""What the database holds, with its ids."""

from dataclasses import dataclass
from datetime import datetime

from realness.domain.reviews import Submission
from realness.domain.sources import Description, ImageFacts


@dataclass(frozen=True)
class StoredImage:
    """An image in the database.

    Attributes:
        key: the opaque name by which a browser asks for it.
        path: where its bytes lie: relative to the data folder, or absolute when it was linked.
    """

    id: int
    key: str
    facts: ImageFacts
    path: str


@dataclass(frozen=True)
class StoredDescription:
    """A description in the database, with the ids of its findings in order."""

    id: int
    image_id: int
    description: Description
    finding_ids: tuple[int, ...]


@dataclass(frozen=True)
class StoredMap:
    """Where a realness map lies and what it came from. Layer 0 is the combined map.

    Attributes:
        path: relative to the data folder.
        sha256: of the file's bytes.
        phrases: of the layers after the combined one, in order.
    """

    id: int
    image_id: int
    description_id: int | None
    method: str
    clip: str
    path: str
    sha256: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class StoredReferenceMap:
    """Where a reference map lies, which is of one image.

    Attributes:
        source: the data set it came from.
        phrase: what is marked on it.
        path: of the 8-bit grey PNG, relative to the data folder.
        sha256: of the file's bytes.
    """

    source: str
    phrase: str
    path: str
    sha256: str


@dataclass(frozen=True)
class StoredReview:
    """A submitted review: one revision of one reviewer's answer on one image."""

    id: int
    reviewer_id: int
    revision: int
    submission: Submission
    created_at: datetime

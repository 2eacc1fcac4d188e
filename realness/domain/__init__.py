"""The words of the project as plain data: frozen, validated when made.

Conventions, held everywhere:
    Pixels: the original image after EXIF rotation, origin top left, x to the right, y down, half-open.
    Arrays: maps are `(H, W)` float32, images `(H, W, 3)` uint8 RGB.
    Realness maps: higher = more realistic.
    Ratings: 0 to 100, the RAISE scale (Bad 0-20, Poor 20-40, Fair 40-60, Good 60-80, Excellent 80-100).
    Times: UTC and aware.
"""

from realness.domain.names import check_line, fits_one_line, name_key
from realness.domain.people import Account, Reviewer, Role
from realness.domain.reviews import (
    Draft,
    Lock,
    ReviewedFinding,
    Study,
    StudyProgress,
    StudySettings,
    Submission,
)
from realness.domain.sources import (
    Description,
    Finding,
    ImageFacts,
    ImportedRecord,
    ImportReport,
    OpinionScore,
    RealnessMap,
    ReferenceMap,
    Region,
    Skipped,
    check_mark,
)
from realness.domain.stored import (
    StoredDescription,
    StoredImage,
    StoredMap,
    StoredReferenceMap,
    StoredReview,
)
from realness.domain.words import (
    BANDS,
    MAX_TEXT,
    RATING_HIGH,
    RATING_LOW,
    FindingState,
    Judgement,
    RegionShape,
    ReviewKind,
    ReviewRole,
    Verdict,
    band,
    check_rating,
    check_text,
)

__all__ = [
    "BANDS",
    "MAX_TEXT",
    "RATING_HIGH",
    "RATING_LOW",
    "Account",
    "Description",
    "Draft",
    "Finding",
    "FindingState",
    "ImageFacts",
    "ImportReport",
    "ImportedRecord",
    "Judgement",
    "Lock",
    "OpinionScore",
    "RealnessMap",
    "ReferenceMap",
    "Region",
    "RegionShape",
    "ReviewKind",
    "ReviewRole",
    "ReviewedFinding",
    "Reviewer",
    "Role",
    "Skipped",
    "StoredDescription",
    "StoredImage",
    "StoredMap",
    "StoredReferenceMap",
    "StoredReview",
    "Study",
    "StudyProgress",
    "StudySettings",
    "Submission",
    "Verdict",
    "band",
    "check_line",
    "check_mark",
    "check_rating",
    "check_text",
    "fits_one_line",
    "name_key",
]

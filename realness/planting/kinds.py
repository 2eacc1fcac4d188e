"""The kinds of inconsistency that can be planted, each with the function that makes it."""

from realness.planting import contents, shapes, surfaces
from realness.planting.site import Effect

EFFECTS: dict[str, Effect] = {
    "warped": shapes.warped,
    "stretched": shapes.stretched,
    "smeared": shapes.smeared,
    "garbled": shapes.garbled,
    "broken_edge": shapes.broken_edge,
    "turned": shapes.turned,
    "plastic": surfaces.plastic,
    "misplaced_blur": surfaces.misplaced_blur,
    "noisy": surfaces.noisy,
    "pixelated": surfaces.pixelated,
    "oversharp": surfaces.oversharp,
    "painted": surfaces.painted,
    "gridded": surfaces.gridded,
    "fringed": surfaces.fringed,
    "duplicated": contents.duplicated,
    "pasted": contents.pasted,
    "merged": contents.merged,
    "ghosted": contents.ghosted,
    "erased": contents.erased,
    "lettering": contents.lettering,
    "mismatched_light": contents.mismatched_light,
    "shadow": contents.shadow,
}
"""Each returns the whole patch, `(h, w, 3)` float32, unchanged where the area's alpha is 0."""

KINDS: tuple[str, ...] = tuple(EFFECTS)

SAMPLE_KINDS: tuple[str, ...] = (
    *("warped", "stretched", "smeared", "garbled", "broken_edge", "plastic", "misplaced_blur", "noisy"),
    *("pixelated", "oversharp", "painted", "duplicated", "pasted", "merged", "mismatched_light", "shadow"),
)
"""The kinds of the sample study. They stay these, so that the study stays what it is."""

GROUPS: dict[str, tuple[str, ...]] = {
    "texture": (
        *("smeared", "garbled", "plastic", "misplaced_blur", "noisy", "pixelated", "oversharp", "painted"),
        *("gridded", "fringed", "lettering"),
    ),
    "geometry and light": (
        *("warped", "stretched", "broken_edge", "turned", "duplicated", "pasted", "merged", "ghosted", "erased"),
        *("mismatched_light", "shadow"),
    ),
}
"""The kinds by what they change: how a surface looks close up, or where things are and how they are lit."""

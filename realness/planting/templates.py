"""The sentences of `wording`: what is said of each kind, and of what looks right."""

from realness.planting.surface_phrases import SURFACE_PHRASES
from realness.planting.thing_phrases import THING_PHRASES

TEMPLATES = THING_PHRASES | SURFACE_PHRASES
"""By kind: which nouns it is said of, the templates for training, and those held out."""

NEUTRAL: tuple[str, ...] = (
    "the surface looks natural",
    "the texture looks natural and realistic",
    "the object appears natural",
    "the shapes look natural and well proportioned",
    "the background looks realistic",
    "everything appears natural and consistent",
    "the lighting appears natural",
    "the colors look natural and consistent",
    "the edges look clean and natural",
    "the details are sharp and realistic",
    "there is nothing unrealistic in this image",
    "nothing looks unrealistic",
    "the scene appears natural and plausible",
    "the transitions between objects are smooth and natural",
    "the shadows match the lighting",
    "this looks like a real photograph",
)

"""CORE: a realness score from an image and its description (arXiv 2509.13289, and past it)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realness.core.score import Core as Core

__all__ = ["Core"]


def __getattr__(name: str) -> object:
    if name == "Core":
        from realness.core.score import Core  # noqa: PLC0415  NumPy and Pillow, for those who score

        return Core
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

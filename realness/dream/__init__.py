"""DREAM: dense realness maps (arXiv 2509.13289, and past it).

`Dream` is loaded when it is asked for: reading stored maps (`files`, `sampling`) needs no torch.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realness.dream.dream import Dream as Dream

__all__ = ["Dream"]


def __getattr__(name: str) -> object:
    if name == "Dream":
        from realness.dream.dream import Dream  # noqa: PLC0415

        return Dream
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

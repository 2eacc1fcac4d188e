"""Real photographs that lie inside the installed wheels: nothing is committed, nothing is downloaded."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from realness.errors import NotFound

_COLOUR = {
    "astronaut": ("skimage", "data/astronaut.png"),
    "chelsea": ("skimage", "data/chelsea.png"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "coffee": ("skimage", "data/coffee.png"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "hubble": ("skimage", "data/hubble_deep_field.jpg"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "retina": ("skimage", "data/retina.jpg"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "tissue": ("skimage", "data/ihc.png"),
}
_GRAY = {
    "brick": ("skimage", "data/brick.png"),
    "camera": ("skimage", "data/camera.png"),
    "coins": ("skimage", "data/coins.png"),
    "grass": ("skimage", "data/grass.png"),
    "gravel": ("skimage", "data/gravel.png"),
    "moon": ("skimage", "data/moon.png"),
}
_SECOND_VIEW = {"motorcycle from the right": ("skimage", "data/motorcycle_right.png")}
HELD_OUT = ("chelsea", "china", "coffee", "rocket")
"""The photographs that no training may see: the localisation benchmark runs on them."""


def photographs(gray: bool = False) -> dict[str, np.ndarray]:
    """The colour photographs of the wheels by name, `(H, W, 3)` uint8 RGB, read-only.

    Args:
        gray: add the gray ones, as three equal channels.

    Raises:
        NotFound: a wheel does not hold a photograph that it is known for.
    """
    return _read(_COLOUR | (_GRAY if gray else {}))


def training_photographs() -> dict[str, np.ndarray]:
    """What `mini` may be trained on: everything but the held-out photographs, gray ones included."""
    chosen = {name: where for name, where in (_COLOUR | _GRAY | _SECOND_VIEW).items() if name not in HELD_OUT}
    return _read(chosen)


def held_out_photographs() -> dict[str, np.ndarray]:
    """What `mini` was never trained on, in colour."""
    return _read({name: _COLOUR[name] for name in HELD_OUT})


def _read(chosen: dict[str, tuple[str, str]]) -> dict[str, np.ndarray]:
    return {name: _pixels(wheel, path) for name, (wheel, path) in chosen.items()}


@lru_cache(maxsize=32)
def _pixels(wheel: str, path: str) -> np.ndarray:
    # Read by path: `skimage.data` would try to download what it does not find.
    found = find_spec(wheel)
    file = Path(found.origin).parent / path if found and found.origin else None
    if file is None or not file.is_file():
        raise NotFound(f"{path} is not in the {wheel} package; reinstall it with `pip install -r requirements.txt`")
    with Image.open(file) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    pixels.flags.writeable = False
    return pixels

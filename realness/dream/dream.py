"""DREAM: dense realness maps of an image and a text, by one of three methods."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image

from realness import clip as clips
from realness.clip import Clip
from realness.descriptions import is_reassurance, parse_verdict, split_findings
from realness.domain import Finding, RealnessMap, Verdict
from realness.dream import windows
from realness.dream.dense_map import dense_map
from realness.errors import InvalidValue

METHODS = ("dense", "paper", "released")
MAX_AT_ONCE = 4
"""Most images that are mapped side by side: each needs memory of its own."""

Progress = Callable[[int, int], None]


def _silent(_done: int, _total: int) -> None:
    pass


def check_method(method: str) -> None:
    """Refuse an unknown method.

    Raises:
        InvalidValue: it is none of `METHODS`.
    """
    if method not in METHODS:
        raise InvalidValue(f"--method must be {', '.join(METHODS)}, got {method!r}")


def _windows_of(method: str, stride: int | None) -> tuple[tuple[int, ...], int]:
    """Sizes and stride, in pixels, of a window method."""
    if method == "paper":
        return windows.PAPER_SIZES, windows.PAPER_STRIDE if stride is None else stride
    return (windows.RELEASED_SIZE,), windows.RELEASED_STRIDE if stride is None else stride


def _picture(image: Image.Image | np.ndarray) -> Image.Image:
    if not isinstance(image, np.ndarray):
        return image.convert("RGB")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise InvalidValue(f"an image array must be (H, W, 3) uint8, got {image.shape} {image.dtype}")
    return Image.fromarray(image)


@dataclass
class _Counter:
    """Turns batches into progress."""

    total: int
    progress: Progress
    done: int = field(default=0)

    def __call__(self, count: int) -> None:
        self.done += count
        self.progress(self.done, self.total)


@dataclass(frozen=True)
class Dream:
    """Computes realness maps with one CLIP. Works without a database."""

    clip: Clip

    @classmethod
    def load(cls, spec: str = "mini", *, precision: str = "auto") -> "Dream":
        """With a CLIP by SPEC; see `realness.clip.load` for what can be wrong."""
        return cls(clips.load(spec, precision=precision))

    def steps(self, method: str, size: tuple[int, int], stride: int | None = None) -> int:
        """What the progress of one map counts: the windows of an image of `(width, height)` pixels, or 1 for `dense`.

        Raises:
            InvalidValue: the method is unknown, or the stride is below 1.
        """
        check_method(method)
        if method == "dense":
            return 1
        sizes, step = _windows_of(method, stride)
        return windows.count_windows(size[1], size[0], sizes, step)

    def images_at_once(self, method: str) -> int:
        """How many threads should map images side by side.

        On a CPU a dense map's operations are too small to fill several cores one by one; windows come in batches that
        do. A GPU takes one image after the other: a second thread reads meanwhile.
        """
        if method != "dense":
            return 1
        return 2 if self.clip.device.type == "cuda" else min(MAX_AT_ONCE, torch.get_num_threads())

    @contextmanager
    def sharing_cores(self, threads: int) -> Iterator[None]:
        """Inside, each of so many threads, begun there, computes on its share of the cores."""
        before = torch.get_num_threads()
        torch.set_num_threads(max(1, before // threads))
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def map(
        self,
        image: Image.Image | np.ndarray,
        text: str,
        *,
        method: str = "dense",
        verdict: Verdict | None = None,
        findings: Sequence[Finding] | None = None,
        stride: int | None = None,
        progress: Progress | None = None,
    ) -> RealnessMap:
        """Map an image against a description.

        Args:
            image: RGB, a picture or `(H, W, 3)` uint8.
            text: the description, verdict word included.
            method: `dense`, `paper` or `released`.
            verdict, findings: parsed from the text when both are None. `dense` and `paper` give the constant realistic
                map for the verdict `no`; `released` asks CLIP all the same, as its reference does. `dense` looks for
                no finding that says that something is right.
            stride: of the windows in pixels; the reference's own when None.
            progress: told how many windows are done, of how many.

        Raises:
            InvalidValue: the method is unknown, the text is empty, or the array is no RGB image.
            UnsupportedModel: `dense` with a CLIP that gives no dense features.
        """
        check_method(method)
        if not text.strip() and verdict is not Verdict.NO:
            raise InvalidValue("a map needs a text that says what looks unreal")
        picture = _picture(image)
        parsed, explanation = parse_verdict(text)
        if verdict is None and findings is None:
            verdict = parsed
        if method == "dense":
            given = findings if findings is not None else split_findings(explanation, verdict)
            said = tuple(finding.phrase for finding in given) or ((explanation or text,) if text.strip() else ())
            return self._dense(picture, tuple(one for one in said if not is_reassurance(one)), verdict)
        return self._windows(picture, text, method, verdict, stride, progress or _silent)

    def _dense(self, picture: Image.Image, phrases: tuple[str, ...], verdict: Verdict | None) -> RealnessMap:
        if verdict is Verdict.NO or not phrases:
            return self._realistic(picture, "dense")
        found = dense_map(self.clip, np.array(picture), phrases)
        return self._finished(picture, "dense", found.values, found.raw, found.layers, phrases)

    def _windows(
        self,
        picture: Image.Image,
        text: str,
        method: str,
        verdict: Verdict | None,
        stride: int | None,
        progress: Progress,
    ) -> RealnessMap:
        if method == "paper" and verdict is Verdict.NO:
            return self._realistic(picture, method)
        sizes, step = _windows_of(method, stride)
        counter = _Counter(self.steps(method, picture.size, stride), progress)
        cosines = [windows.mean_cosines(self.clip, picture, [text], size, step, counter)[0] for size in sizes]
        values = windows.paper(cosines) if method == "paper" else windows.released(cosines[0])
        none = np.empty((0, *values.shape), np.float32)
        return self._finished(picture, method, values, np.mean(cosines, axis=0), none, ())

    def _realistic(self, picture: Image.Image, method: str) -> RealnessMap:
        """Nothing is unreal: a constant map at a small grid of the image's aspect."""
        width, height = picture.size
        shape = (max(1, round(32 * height / max(width, height))), max(1, round(32 * width / max(width, height))))
        none = np.empty((0, *shape), np.float32)
        return self._finished(picture, method, np.ones(shape), np.zeros(shape), none, ())

    def _finished(
        self,
        picture: Image.Image,
        method: str,
        values: np.ndarray,
        raw: np.ndarray,
        layers: np.ndarray,
        phrases: tuple[str, ...],
    ) -> RealnessMap:
        arrays = [array.astype(np.float32) for array in (values, raw, layers)]
        return RealnessMap(*arrays, phrases=phrases, method=method, clip=self.clip.spec, size=picture.size)

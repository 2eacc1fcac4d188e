"""How fast realness maps are, as ratios from one run: windows in batches, dense maps, the pipeline, peak memory."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.timing import amx, judged, median
from realness.planting import held_out_photographs

Progress = Callable[[int, int | None], None]

MODEL = "ViT-B-32"
SIZE = (512, 384)
FINDINGS = (
    "the hand has six fingers",
    "the text on the sign is garbled",
    "the shadow falls the wrong way",
    "the face looks waxy and too smooth",
    "the edges of the roof are broken",
)


def run(quick: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Measure on a ViT-B/32 with random weights, of the size and cost of the published one, and on `mini`.

    Args:
        quick: fewer repetitions, fewer windows, no very large photographs.
        progress: told how many of the measurements are done.

    Returns:
        `name`, `results`, `targets`, `passed`. Results: `windows_speedup`, windows a second in batches over one crop
        at a time, preprocessing included, and `amx`, whether the CPU has it (the target is judged only there);
        `dense_cost`, from the image at model resolution to the map at its grid, five findings embedded, over the bare
        forward pass of the same tokens; `dense_vs_paper`, the dense map's time for an image over `paper`'s, which is
        an estimate from evenly drawn windows; `pipeline`, images a second from files to stored maps over those of the
        CLIP's own encoders, of pixels at model resolution and of two phrases an image; the peak memory above the
        loaded model of very large images, in GB.
    """
    tell = progress or (lambda _done, _total: None)
    with tempfile.TemporaryDirectory() as folder:
        spec = _random_clip(Path(folder) / "vit-b-32")
        results: dict[str, Any] = {"amx": amx()}
        measurements: list[Callable[[], dict[str, Any]]] = [
            lambda: _windows(spec, 48 if quick else 256),
            lambda: _dense(spec, 5 if quick else 15),
            lambda: _paper(spec, 128 if quick else 2000, 3 if quick else 9),
            lambda: _pipeline(spec, Path(folder) / "vit", 16 if quick else 96),
            lambda: {f"mini_{name}": value for name, value in _pipeline("mini", Path(folder) / "mini", 48).items()},
            *(() if quick else (lambda: _memory(spec),)),
        ]
        for done, measure in enumerate(measurements, 1):
            results |= measure()
            tell(done, len(measurements))
    targets = _targets(results)
    for name, value in results.items():
        print(f"{name:28} {value}", file=sys.stderr)  # noqa: T201
    passed = all(target["met"] for target in targets.values() if target["judged"])
    return {"name": "dream", "results": results, "targets": targets, "passed": passed}


def _targets(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    limits = {
        "windows_speedup": ("at_least", 7.0, results["amx"]),
        "dense_cost": ("at_most", 1.15, True),
        "dense_vs_paper": ("at_most", 1 / 500, True),
        "pipeline": ("at_least", 0.9, True),
        "mini_pipeline": ("at_least", 0.9, True),
        "memory_4096x4096_gb": ("at_most", 3.0, True),
        "memory_4096x4096_released_gb": ("at_most", 3.0, True),
        "memory_4096x4096_paper_gb": ("at_most", 3.0, True),
    }
    return judged(limits, results)


def _random_clip(folder: Path) -> str:
    """A ViT-B/32 with random weights as a folder of open_clip's."""
    import open_clip  # noqa: PLC0415
    import torch  # noqa: PLC0415
    from safetensors.torch import save_file  # noqa: PLC0415

    folder.mkdir()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = open_clip.create_model(MODEL)
    looks = {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    config = {"model_cfg": open_clip.get_model_config(MODEL), "preprocess_cfg": looks}
    (folder / "open_clip_config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    return f"local-dir:{folder}"


def _photograph(size: tuple[int, int] = SIZE) -> Image.Image:
    return Image.fromarray(held_out_photographs()["china"]).resize(size, Image.Resampling.LANCZOS)


def _windows(spec: str, count: int) -> dict[str, Any]:
    """Windows a second: one crop at a time as the published code does it, and in batches."""
    from realness.clip import load  # noqa: PLC0415
    from realness.dream import windows  # noqa: PLC0415

    photograph, one_by_one, batched = _photograph(), load(spec, precision="fp32"), load(spec)
    corners = _even(list(windows.corners_of(photograph.height, photograph.width, 64, 8)), count)
    text = one_by_one.encode_text(["the hand has six fingers"])[0]
    cut = windows.Cutter(batched, photograph, 64)

    def loop() -> None:
        for y, x in corners[: max(16, count // 4)]:
            pixels = one_by_one.preprocess(photograph.crop((x, y, x + 64, y + 64)))[None]
            float(one_by_one.encode_image(pixels)[0] @ text)

    def batches() -> None:
        for start in range(0, len(corners), windows.BATCH):
            (batched.encode_image(cut(corners[start : start + windows.BATCH])) @ text).tolist()

    slow, fast = median({"loop": loop, "batches": batches}, 3).values()
    slow, fast = slow / max(16, count // 4), fast / len(corners)
    return {"windows_a_second": round(1 / fast, 1), "windows_speedup": round(slow / fast, 2)}


def _dense(spec: str, repeats: int) -> dict[str, Any]:
    """The map from pixels at model resolution, over the bare forward pass of the same tokens; one scale."""
    import torch  # noqa: PLC0415

    from realness.clip import load  # noqa: PLC0415
    from realness.dream import dense_map as dense  # noqa: PLC0415
    from realness.dream.dense import last_tokens  # noqa: PLC0415

    clip = load(spec)
    tuning = dense.tuning_of(clip)
    inputs = dense.pyramid(clip, np.array(_photograph()), tuning)[:1]
    phrases = dense.embed(clip, FINDINGS, tuning)

    def bare() -> None:
        with torch.inference_mode():
            visual: Any = clip.model.visual
            tokens = last_tokens(visual, inputs[0], attention="vanilla")
            torch.matmul(visual.ln_post(tokens), visual.proj)

    def mapped() -> None:
        with torch.inference_mode():
            dense.mapped(clip, inputs, phrases, tuning)

    times = median({"bare": bare, "mapped": mapped}, repeats)
    return {"dense_cost": round(times["mapped"] / times["bare"], 3), "dense_ms": round(1000 * times["mapped"], 1)}


def _paper(spec: str, count: int, repeats: int) -> dict[str, Any]:
    """The whole dense map of an image against `paper`'s, the latter scaled from evenly drawn windows of each size."""
    from realness.dream import Dream, windows  # noqa: PLC0415

    dream, photograph = Dream.load(spec), _photograph()
    text = "Somewhat. " + ", ".join(FINDINGS)
    width, height = photograph.size
    every = {size: list(windows.corners_of(height, width, size, windows.PAPER_STRIDE)) for size in windows.PAPER_SIZES}
    whole = sum(len(corners) for corners in every.values())
    drawn = {size: _even(corners, max(1, round(count * len(corners) / whole))) for size, corners in every.items()}
    embedded = dream.clip.encode_text([text])[0]
    start = time.perf_counter()
    for size, corners in drawn.items():
        cut = windows.Cutter(dream.clip, photograph, size)
        for first in range(0, len(corners), windows.BATCH):
            (dream.clip.encode_image(cut(corners[first : first + windows.BATCH])) @ embedded).tolist()
    paper = (time.perf_counter() - start) * whole / sum(map(len, drawn.values()))
    dense = median({"dense": lambda: dream.map(photograph, text)}, repeats)["dense"]
    return {
        "paper_seconds_estimate": round(paper, 1),
        "dense_seconds": round(dense, 4),
        "dense_vs_paper": round(dense / paper, 6),
    }


def _pipeline(spec: str, folder: Path, count: int) -> dict[str, Any]:
    """Images a second from files to stored maps, and of the encoders of images and texts alone."""
    import torch  # noqa: PLC0415

    from realness.clip import load  # noqa: PLC0415
    from realness.dream import dense_map as dense  # noqa: PLC0415
    from realness.dream.dense import dense_features  # noqa: PLC0415
    from realness.settings import Settings  # noqa: PLC0415
    from realness.workbench import Workbench  # noqa: PLC0415
    from realness.workbench.importing import import_source  # noqa: PLC0415
    from realness.workbench.mapping import compute_maps  # noqa: PLC0415

    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    write_described(pictures, count)
    bench = Workbench.open(Settings.read(f"sqlite:///{folder}/a.db", str(folder / "data")))
    try:
        import_source(bench, pictures / "images.jsonl")
        compute_maps(bench, clip=spec, limit=min(4, count // 4))
        clip = load(spec)
        tuning = dense.tuning_of(clip)
        inputs = dense.pyramid(clip, np.array(_photograph()), tuning)

        def encoder() -> None:
            for _ in range(max(8, count // 4)):
                clip.encode_text(FINDINGS[:2])
                with torch.inference_mode():
                    for pixels in inputs:
                        dense_features(clip.model.visual, pixels, attention=tuning.attention, blocks=tuning.blocks)

        before = median({"encoder": encoder}, 1)["encoder"]
        report = compute_maps(bench, clip=spec)
        after = median({"encoder": encoder}, 1)["encoder"]
    finally:
        bench.close()
    rate = max(8, count // 4) / ((before + after) / 2)
    return {
        "images_a_second": round(report.images_per_second, 2),
        "encoder_images_a_second": round(rate, 2),
        "pipeline": round(report.images_per_second / rate, 3),
    }


def write_described(folder: Path, count: int) -> None:
    """`images.jsonl` of so many photographs, none like another, with a description of two findings each."""
    rng, photographs = np.random.default_rng(0), list(held_out_photographs().values())
    with (folder / "images.jsonl").open("w", encoding="utf-8") as lines:
        for number in range(count):
            pixels = np.array(Image.fromarray(photographs[number % len(photographs)]).resize(SIZE))
            noisy = np.clip(pixels + rng.integers(-2, 3, pixels.shape), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(folder / f"{number}.png")
            text = f"Somewhat. {FINDINGS[number % 5].capitalize()}, and {FINDINGS[(number + 1) % 5]}."
            lines.write(json.dumps({"image": f"{number}.png", "description": text}) + "\n")


_PEAK = """
import itertools, json, pathlib, re, sys
import numpy as np
from PIL import Image
from realness.dream import Dream, windows
spec, method, width, height = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
dream = Dream.load(spec)
dream.map(np.zeros((64, 64, 3), np.uint8), "the hand is odd")
told = lambda name: int(re.search(name + r":\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1e6
pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew: loading a model has one of its own
before = told("VmRSS")
image = Image.effect_noise((width, height), 60).convert("RGB")
every = windows.corners_of
windows.corners_of = lambda *given: itertools.islice(every(*given), 500)  # of each size, and the whole accumulation
dream.map(image, "the hand is odd", method=method)
print(json.dumps(told("VmHWM") - before))
"""


def _memory(spec: str) -> dict[str, Any]:
    """Peak memory above the loaded model, in GB, in a process of its own, the decoded image included. Linux only."""
    cases = {
        "memory_4096x4096_gb": ("dense", 4096, 4096),
        "memory_4096x4096_released_gb": ("released", 4096, 4096),
        "memory_4096x4096_paper_gb": ("paper", 4096, 4096),
        "memory_12000x9000_gb": ("dense", 12000, 9000),
    }
    return {name: _peak(spec, *case) for name, case in cases.items()}


def _peak(spec: str, method: str, width: int, height: int) -> float | None:
    """None where it could not be measured: killed for want of memory, or not on Linux."""
    line = [sys.executable, "-c", _PEAK, spec, method, str(width), str(height)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        print(f"no peak memory of {method} at {width} x {height}: {last}", file=sys.stderr)  # noqa: T201
        return None
    return round(json.loads(done.stdout), 2)


def _even(corners: Sequence[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """`count` of the corners, evenly spaced over them."""
    return [corners[at] for at in np.linspace(0, len(corners) - 1, min(count, len(corners))).round().astype(int)]

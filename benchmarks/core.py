"""How fast CORE is: `fast` from files and from cached features, and an epoch of `paper` over a plain loop."""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from benchmarks.timing import amx, judged, median
from realness import exchange
from realness.core.features import FeatureCache
from realness.core.model import Encoders, trained
from realness.core.samples import Rated
from realness.domain import Skipped
from realness.planting import held_out_photographs
from realness.workbench.bench import digest

if TYPE_CHECKING:
    from realness.training.core_config import CoreConfig
    from realness.training.core_train import Run

Progress = Callable[[int, int | None], None]

IMAGES, IMAGES_QUICK = 510, 60
EPOCH, EPOCH_QUICK = 60, 24
"""Images of the epochs that are compared, validation included."""
_SAID = ("No. The {} looks natural.", "Somewhat. The {} is slightly off.", "Yes. The {} is melted and distorted.")
_THINGS = ("roof", "hand", "sign", "lamp", "dog")


def run(quick: bool = False, progress: Progress | None = None, *, folder: Path | None = None) -> dict[str, Any]:
    """Measure on a RAISE-TD folder, or on photographs with noise.

    Args:
        quick: fewer images, each epoch once.
        progress: told how many of the measurements are done.
        folder: a data set with descriptions and ratings; None for photographs with noise.

    Returns:
        `name`, `results`, `targets`, `passed`. Results: `images`; `features_seconds`, from files to the fitted `fast`
        model the first time; `fit_seconds`, the same with features that are cached; `epoch_seconds` and
        `plain_epoch_seconds`, an epoch of the same network (ResNet-18 and a tiny BERT) on the same images by our
        training and by a plain loop, and `epoch_speedup`, the latter over the former, judged only where the CPU has AMX
        (`amx`).
    """
    tell = progress or (lambda _done, _total: None)
    with tempfile.TemporaryDirectory() as place:
        samples = _samples(folder, Path(place), IMAGES_QUICK if quick else IMAGES)
        results: dict[str, Any] = {"amx": amx(), "images": len(samples)}
        tell(1, 3)
        results |= _fast(samples, Path(place) / "features")
        tell(2, 3)
        results |= _paper(samples[: EPOCH_QUICK if quick else EPOCH], 1 if quick else 3)
        tell(3, 3)
    targets = _targets(results)
    for name, value in results.items():
        print(f"{name:28} {value}", file=sys.stderr)  # noqa: T201
    passed = all(target["met"] for target in targets.values() if target["judged"])
    return {"name": "core", "results": results, "targets": targets, "passed": passed}


def _targets(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    limits = {
        "fit_seconds": ("at_most", 5.0, True),
        "features_seconds": ("at_most", 120.0, True),
        "epoch_speedup": ("at_least", 1.5, results["amx"]),
    }
    return judged(limits, results)


def _samples(folder: Path | None, place: Path, count: int) -> list[Rated]:
    """Rated images of a data set, or photographs whose noise and text tell their rating."""
    if folder is not None:
        found = []
        for record in exchange.read(folder):
            rating = None if isinstance(record, Skipped) else next((s.rating for s in record.scores if s.rating), None)
            if rating is not None and not isinstance(record, Skipped) and record.description:
                file = Path(record.path)
                found.append(Rated(digest(file), file, record.description, rating))
        return found[:count]
    rng, photographs, made = np.random.default_rng(0), list(held_out_photographs().values()), []
    for number in range(count):
        pixels = np.array(Image.fromarray(photographs[number % len(photographs)]).resize((512, 384)))
        worse = float(rng.uniform())
        noisy = np.clip(pixels + rng.integers(-2 - int(20 * worse), 3 + int(20 * worse), pixels.shape), 0, 255)
        file = place / f"{number}.png"
        Image.fromarray(noisy.astype(np.uint8)).save(file, compress_level=1)
        text = _SAID[min(2, int(3 * worse))].format(_THINGS[number % len(_THINGS)])
        made.append(Rated(digest(file), file, text, 100 * (1 - worse)))
    return made


def _fast(samples: Sequence[Rated], place: Path) -> dict[str, float]:
    """Seconds from files to a fitted model, without and with cached features."""
    encoders, cache = Encoders.of(), FeatureCache(place)
    times = []
    for _ in range(2):
        start = time.perf_counter()
        encoded, used, _ = encoders.encode(samples, cache)
        trained(encoded, [samples[at] for at in used], encoders)
        times.append(time.perf_counter() - start)
    return {"features_seconds": round(times[0], 2), "fit_seconds": round(times[1], 2)}


def _paper(samples: Sequence[Rated], repeats: int) -> dict[str, float]:
    """Seconds an epoch takes, ours and a plain loop's, in turns."""
    from realness.training.core_config import CoreConfig  # noqa: PLC0415
    from realness.training.core_data import Data, Pictures  # noqa: PLC0415
    from realness.training.core_train import Run, Steps, text_half  # noqa: PLC0415

    config = CoreConfig("resnet18", "scratch", fresh=True)
    bert = text_half(config, samples)
    start = time.perf_counter()
    pictures, _ = Pictures.read(samples, config)
    decoding = time.perf_counter() - start
    data = Data.of(samples, pictures.pixels, bert)
    ours, plain = (Run(config, data, bert, config.seed, None) for _ in range(2))
    epoch = _plain(config, samples, bert.tokenizer if bert is not None else None, plain)
    times = median({"ours": lambda: ours.take_epoch(Steps(None, 0)), "plain": epoch}, repeats)
    return {
        "decode_once_seconds": round(decoding, 2),
        "epoch_seconds": round(times["ours"], 2),
        "plain_epoch_seconds": round(times["plain"], 2),
        "epoch_speedup": round(times["plain"] / times["ours"], 2),
    }


def _plain(config: "CoreConfig", samples: Sequence[Rated], tokenizer: Any, run: "Run") -> Callable[[], None]:
    """An epoch as one writes it first: each image opened and augmented, each text cut into tokens when its turn comes.

    Args:
        run: whose network and split are taken, and nothing else.
    """
    import torch  # noqa: PLC0415
    from torchvision import transforms  # noqa: PLC0415

    sized = [transforms.Resize(config.size), transforms.ToTensor()]
    changed = [transforms.RandomHorizontalFlip(config.flip), transforms.RandomRotation(config.rotation)]
    learning = transforms.Compose([*sized, *changed, transforms.ColorJitter(*config.jitter)])
    looking = transforms.Compose(sized)
    network: Any = run.network.to(memory_format=torch.contiguous_format)
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    known = np.array([samples[at].rating for at in run.training])
    mean, spread = known.mean(), known.std()

    def batches(at: np.ndarray, change: Any) -> Any:
        for start in range(0, len(at), config.batch):
            some = [samples[each] for each in at[start : start + config.batch]]
            images = [change(Image.open(one.file).convert("RGB")) for one in some]
            tokens = [
                tokenizer(one.text, padding="max_length", truncation=True, max_length=128, return_tensors="pt")
                for one in some
            ]
            ids, mask = (torch.cat([each[name] for each in tokens]) for name in ("input_ids", "attention_mask"))
            targets = torch.tensor([(one.rating - mean) / spread for one in some], dtype=torch.float32)
            yield torch.stack(images).to(run.device), (ids.to(run.device), mask.to(run.device)), targets.to(run.device)

    def epoch() -> None:
        network.train()
        for images, tokens, targets in batches(np.random.permutation(run.training), learning):
            optimiser.zero_grad()
            loss = torch.nn.functional.mse_loss(network(images, tokens), targets)
            loss.backward()
            optimiser.step()
        network.eval()
        with torch.no_grad():
            for images, tokens, _ in batches(run.validation, looking):
                network(images, tokens)

    return epoch

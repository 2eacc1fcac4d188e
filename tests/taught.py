"""Exports to tune describers on: images of two colours, and what is to be said of each."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

ASK = "Does anything in this image look unrealistic?"
ANSWERS = {"red": "Yes. The sign text is garbled.", "blue": "Yes. The left hand has six fingers."}
COLOURS = tuple(ANSWERS)
CORPUS = [ASK, *ANSWERS.values()]


def picture(colour: str, seed: int, side: int = 40) -> Image.Image:
    """An image of a colour, noisy and never the same twice."""
    rng = np.random.default_rng((COLOURS.index(colour), seed))
    pixels = rng.integers(0, 60, (side, side, 3), dtype=np.uint8)
    pixels[..., 0 if colour == "red" else 2] += np.uint8(150 + rng.integers(40))
    return Image.fromarray(pixels)


def rows(method: str, count: int, seed: int = 0) -> list[tuple[dict, Image.Image]]:
    """What each line of an export for a method says, without its images, and the image."""
    found = []
    for number in range(count):
        colour, other = COLOURS[number % 2], COLOURS[1 - number % 2]
        right, wrong = said(ANSWERS[colour]), said(ANSWERS[other])
        good = number // 2 % 2 == 0
        parts = {
            "sft": {"completion": right},
            "dpo": {"chosen": right, "rejected": wrong},
            "kto": {"completion": right if good else wrong, "label": good},
        }
        row = {"prompt": [{"role": "user", "content": ASK}], "provider": "openai", "model": "gpt-4.1"}
        found.append((row | parts[method], picture(colour, seed + number)))
    return found


def said(text: str) -> list[dict]:
    return [{"role": "assistant", "content": text}]


def write(folder: Path, method: str, split: str = "train", count: int = 8, seed: int = 0) -> Path:
    """A split of an export in its folder form; gives the folder."""
    (folder / split / "images").mkdir(parents=True)
    with (folder / split / "metadata.jsonl").open("w", encoding="utf-8") as lines:
        for number, (row, image) in enumerate(rows(method, count, seed)):
            image.save(folder / split / "images" / f"{number}.png")
            lines.write(json.dumps({"images_file_names": [f"images/{number}.png"]} | row) + "\n")
    return folder

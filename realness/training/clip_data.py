"""Batches of planted crops: fresh ones at every step, and the same ones for the same configuration and step."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from realness.planting import GROUPS, KINDS, neutral_phrases, phrases, plant, word
from realness.planting.lexicon import FORMS, HOW, LEXICON
from realness.planting.nouns import PLACES
from realness.training.clip_bases import Bases
from realness.training.clip_config import STRIDE, TrainConfig
from realness.training.tokens import common_words

NOTHING = 255
_ROOMY = 160
"""Pixels of a crop's side below which it holds two plantings at most."""
_UNTOUCHED = 0.05
"""Share of the crops in which nothing is planted."""
_COMPOSED, _PLACED = 0.35, 0.25
"""Share of the phrases that are put together from single words, and of those that name a place, any place."""
_OWNERS = ("the", "the", "the", "the person's", "the image of the", "part of the", "a", "her", "his")
_SINGULAR = {"is": "is", "has": "has", "does": "does", "lacks": "lacks"}
_VERBS = ("looks", "appears", "seems")


@dataclass(frozen=True)
class Batch:
    """What one step learns from.

    Attributes:
        crops: `(b, side, side, 3)` uint8 RGB, planted.
        cover: `(b, kinds, h, w)` float32: the share of each token's cell that each kind covers, in [0, 1], kinds in
            the order of `KINDS`.
        windows: `(n, s, s, 3)` uint8 RGB, cut from the crops.
        window_cover: `(n, kinds)` float32: the share of each window that each kind covers.
        texts: phrases, `phrasings` rounds of one for each kind in the order of `KINDS`.
        neutral: phrases that say that nothing is wrong.
    """

    crops: np.ndarray
    cover: np.ndarray
    windows: np.ndarray
    window_cover: np.ndarray
    texts: list[str]
    neutral: list[str]


def make_batch(config: TrainConfig, bases: Bases, step: int, stream: int = 0) -> Batch:
    """The batch of a step.

    Two crops that follow each other are the same base crop with plantings of their own: what is planted in one is
    untouched in the other, which makes each the other's hard negative.

    Args:
        config: the recipe.
        bases: where crops come from.
        step: from 0 on.
        stream: 0 for training; another number gives data that no training sees, for calibration.
    """
    seed = config.seed + 1_000_003 * stream
    rng = np.random.default_rng((seed, 3, step))
    crops, masks = [], []
    for pair in range(config.batch // 2):
        side = min(int(config.sides[rng.integers(len(config.sides))]), 2 * config.crop)
        base = bases.crop(seed, step * (config.batch // 2) + pair, side, config.photographs)
        for _ in range(2):
            crop, where = _resized(*_planted(base, config, rng), config.crop)
            crops.append(crop)
            masks.append(where)
    cover = np.stack([_pooled(mask, STRIDE) for mask in masks])
    windows, window_cover = _windows(config, crops, masks, rng)
    return Batch(np.stack(crops), cover, windows, window_cover, *make_texts(config, rng))


def make_texts(config: TrainConfig, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Phrases, `phrasings` rounds of one for each kind in the order of `KINDS`, and neutral phrases."""
    texts = [_phrase(kind, config, rng) for _ in range(config.phrasings) for kind in KINDS]
    every = neutral_phrases()
    return texts, [every[at] for at in rng.permutation(len(every))[: config.neutrals]]


def _planted(base: np.ndarray, config: TrainConfig, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A crop with its plantings, and for each pixel the number of its kind, or `NOTHING`."""
    crop, where = base, np.full(base.shape[:2], NOTHING, dtype=np.uint8)
    room = config.plantings if base.shape[0] >= _ROOMY else 2
    often = np.array([config.harder if kind in GROUPS["geometry and light"] else 1.0 for kind in KINDS])
    often /= often.sum()
    count = 0 if rng.random() < _UNTOUCHED else int(rng.integers(2, room + 1))
    for _ in range(count):
        kind = int(rng.choice(len(KINDS), p=often))
        strength = float(rng.uniform(config.weakest, 1))
        planted = plant(crop, KINDS[kind], rng, strength=strength, varied=config.varied)
        # One that lies mostly on an earlier one would make both hard to name.
        if (where[planted.mask] != NOTHING).mean() < 0.3:
            crop = planted.image
            where[planted.mask] = kind
    return crop, where


def _resized(crop: np.ndarray, where: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    if crop.shape[0] == side:
        return crop, where
    picture = Image.fromarray(crop).resize((side, side), Image.Resampling.BICUBIC)
    return np.array(picture), np.array(Image.fromarray(where).resize((side, side), Image.Resampling.NEAREST))


def _pooled(where: np.ndarray, cell: int) -> np.ndarray:
    """The share of each kind in each cell: `(kinds, h, w)`."""
    height, width = (side // cell for side in where.shape)
    cells = where[: height * cell, : width * cell].reshape(height, cell, width, cell)
    return np.stack([(cells == kind).mean(axis=(1, 3)) for kind in range(len(KINDS))]).astype(np.float32)


def _windows(
    config: TrainConfig, crops: list[np.ndarray], masks: list[np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Windows of the crops, enlarged; two of three with their centre on something planted."""
    cut, cover = [], []
    for number in range(config.windows):
        which = number % len(crops)
        centre = rng.integers(0, config.crop, 2)
        if number % 3 and (masks[which] != NOTHING).any():
            ys, xs = np.nonzero(masks[which] != NOTHING)
            at = rng.integers(len(ys))
            centre = np.asarray((ys[at], xs[at]))
        side = int(rng.choice(config.window_sides))
        y, x = np.clip(centre - side // 2, 0, config.crop - side)
        place = np.s_[y : y + side, x : x + side]
        cut.append(_resized(crops[which][place], masks[which][place], config.window)[0])
        cover.append(_pooled(masks[which][place], side)[:, 0, 0])
    return np.stack(cut), np.stack(cover)


def _phrase(kind: str, config: TrainConfig, rng: np.random.Generator) -> str:
    """A clause that names a kind; often of a random word, so that the noun comes to say nothing about the kind."""
    place = _place(rng) if rng.random() < _PLACED else ""
    way = rng.random()
    if way >= config.random_nouns + _COMPOSED:
        return word(kind, rng, place=place or None)
    words = common_words(config.merges)
    bare = words[rng.integers(len(words))]
    noun = f"{_OWNERS[rng.integers(len(_OWNERS))]} {bare}" + (f" {place}" if place else "")
    verb = _VERBS[rng.integers(len(_VERBS))]
    if way < _COMPOSED:
        form, how = FORMS[rng.integers(len(FORMS))], HOW[rng.integers(len(HOW))]
        said = LEXICON[kind]
        one, two = (said[at] for at in rng.permutation(len(said))[:2])
        return form.format(noun=noun, bare=bare, looks=verb, how=how, one=one, two=two)
    templates = phrases(kind, "train")
    return templates[rng.integers(len(templates))].format(noun=noun, looks=verb, **_SINGULAR)


def _place(rng: np.random.Generator) -> str:
    wordings = list(PLACES.values())[rng.integers(len(PLACES))]
    return wordings[rng.integers(len(wordings))]

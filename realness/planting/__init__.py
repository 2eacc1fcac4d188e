"""Plants known inconsistencies into photographs: image, exact mask, phrase. No model is needed for it."""

from realness.planting.kinds import GROUPS as GROUPS
from realness.planting.kinds import KINDS as KINDS
from realness.planting.photographs import HELD_OUT as HELD_OUT
from realness.planting.photographs import held_out_photographs as held_out_photographs
from realness.planting.photographs import photographs as photographs
from realness.planting.photographs import training_photographs as training_photographs
from realness.planting.plant import Planted as Planted
from realness.planting.plant import plant as plant
from realness.planting.sample import SampleImage as SampleImage
from realness.planting.sample import sample_study as sample_study
from realness.planting.scenes import scene as scene
from realness.planting.wording import every_phrase as every_phrase
from realness.planting.wording import neutral_phrases as neutral_phrases
from realness.planting.wording import phrases as phrases
from realness.planting.wording import place_of as place_of
from realness.planting.wording import word as word

"""Strings of spoken digits, written in letters: by people that were heard and by one that was not.

Real speech of the Free Spoken Digit Dataset, joined with silence and faint noise.
"""

from keras_readinglist.recipes.deep_speech_2 import digits
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe(
    slug="deep-speech-2",
    scales={"reduced": digits.REDUCED, "full": digits.FULL},
    experiments=digits.EXPERIMENTS,
    runs=digits.RUNS,
    claims=digits.CLAIMS,
    presets=digits.PRESETS,
)

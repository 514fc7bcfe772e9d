"""Strings of spoken digits, written in letters: by people that were heard and by one that was not.

Real speech of the Free Spoken Digit Dataset, joined with silence and faint noise.
"""

from keras_readinglist.recipes.deep_speech_2 import digits, templates
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe(
    slug="deep-speech-2",
    scales={
        "reduced": {**digits.REDUCED, **templates.REDUCED},
        "full": {**digits.FULL, **templates.FULL},
    },
    experiments={**digits.EXPERIMENTS, **templates.EXPERIMENTS},
    runs={**digits.RUNS, **templates.RUNS},
    claims=(*digits.CLAIMS, *templates.CLAIMS),
    presets=digits.PRESETS,
)

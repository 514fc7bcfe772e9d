"""Does a wide view help? A context module on the scores of a frozen front end.

Marker fill needs context by construction: what lies within 7 pixels of a pixel tells nothing of its
label.
"""

from keras_readinglist.recipes.dilated_convolutions import markers
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe(
    slug="dilated-convolutions",
    scales={"reduced": markers.REDUCED, "full": markers.FULL},
    experiments=markers.EXPERIMENTS,
    runs=markers.RUNS,
    claims=markers.CLAIMS,
    presets=markers.PRESETS,
)

"""Does a network that pays for its weights in bits predict better, without any validation?

Restarts are chosen by the description length of the training cases; test cases choose nothing.
"""

from keras_readinglist.recipes.mdl_weights import cases, curve
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe(
    slug="mdl-weights",
    scales={
        "reduced": {**cases.REDUCED, **curve.REDUCED},
        "full": {**cases.FULL, **curve.FULL},
    },
    experiments={**cases.EXPERIMENTS, **curve.EXPERIMENTS},
    runs={**cases.RUNS, **curve.RUNS},
    claims=(*cases.CLAIMS, *curve.CLAIMS),
    presets=curve.PRESETS,
)

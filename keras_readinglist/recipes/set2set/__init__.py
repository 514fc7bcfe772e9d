"""Order matters: sets as inputs, the order of inputs, and the order of outputs.

Test sets have seeds that no training uses.
"""

from keras_readinglist.recipes.recipe import Recipe
from keras_readinglist.recipes.set2set import hulls, ngrams, sorting, star

RECIPE = Recipe(
    slug="set2set",
    scales={
        "reduced": {**sorting.REDUCED, **hulls.REDUCED, **star.REDUCED, **ngrams.REDUCED},
        "full": {**sorting.FULL, **hulls.FULL, **star.FULL, **ngrams.FULL},
    },
    experiments={
        **sorting.EXPERIMENTS,
        **hulls.EXPERIMENTS,
        **star.EXPERIMENTS,
        **ngrams.EXPERIMENTS,
    },
    runs={**sorting.RUNS, **hulls.RUNS, **star.RUNS, **ngrams.RUNS},
    claims=(*sorting.CLAIMS, *hulls.CLAIMS, *star.CLAIMS, *ngrams.CLAIMS),
    presets=sorting.PRESETS,
)

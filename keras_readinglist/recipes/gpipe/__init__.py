"""Pipelines: the update of one device, the bubble, and the memory that is not needed."""

from keras_readinglist.recipes.gpipe import counting, pipelined
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe(
    slug="gpipe",
    scales={
        "reduced": {**counting.REDUCED, **pipelined.REDUCED},
        "full": {**counting.FULL, **pipelined.FULL},
    },
    experiments={**counting.EXPERIMENTS, **pipelined.EXPERIMENTS},
    runs={**counting.RUNS, **pipelined.RUNS},
    claims=(*counting.CLAIMS, *pipelined.CLAIMS),
)

"""Neural message passing: properties of molecules, and how far messages reach."""

from keras_readinglist.recipes.message_passing import properties, published, reach
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe(
    slug="message-passing",
    scales={
        "reduced": {**properties.REDUCED, **published.REDUCED, **reach.REDUCED},
        "full": {**properties.FULL, **published.FULL, **reach.FULL},
    },
    experiments={**properties.EXPERIMENTS, **published.EXPERIMENTS, **reach.EXPERIMENTS},
    runs={**properties.RUNS, **published.RUNS, **reach.RUNS},
    claims=(*properties.CLAIMS, *published.CLAIMS, *reach.CLAIMS),
    presets=properties.PRESETS,
)

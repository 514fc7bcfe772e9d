"""Sort-of-CLEVR and stories: what does a sum over pairs see that other networks do not?

From pixels, from descriptions of the objects, and from stories whose sentences are the objects: a
relation network against a perceptron on the same features, or against an LSTM. The best constant
answer to every kind of question is the floor.
"""

from keras_readinglist.recipes.recipe import Recipe
from keras_readinglist.recipes.relation_networks import scenes, stories

RECIPE = Recipe(
    slug="relation-networks",
    scales={
        "reduced": {**scenes.REDUCED, **stories.REDUCED},
        "full": {**scenes.FULL, **stories.FULL},
    },
    experiments={**scenes.EXPERIMENTS, **stories.EXPERIMENTS},
    runs={**scenes.RUNS, **stories.RUNS},
    claims=(*scenes.CLAIMS, *stories.CLAIMS),
    presets={**scenes.PRESETS, **stories.PRESETS},
)

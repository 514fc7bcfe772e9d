"""Translation with a recurrent network, with and without attention."""

from keras_readinglist.recipes.recipe import Recipe
from keras_readinglist.recipes.rnnsearch import phrases

RECIPE = Recipe(
    slug="rnnsearch",
    scales={"reduced": {"phrases": phrases.REDUCED}, "full": {"phrases": phrases.FULL}},
    experiments=phrases.EXPERIMENTS,
    runs=phrases.RUNS,
    claims=phrases.CLAIMS,
)

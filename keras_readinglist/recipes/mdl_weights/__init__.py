"""Does a network that pays for its weights in bits predict better, without any validation?

Restarts are chosen by the description length of the training cases; test cases choose nothing.
"""

from keras_readinglist.recipes.mdl_weights import cases, curve
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe.of_parts("mdl-weights", cases, curve)

"""Order matters: sets as inputs, the order of inputs, and the order of outputs.

Test sets have seeds that no training uses.
"""

from keras_readinglist.recipes.recipe import Recipe
from keras_readinglist.recipes.set2set import hulls, ngrams, sorting, star

RECIPE = Recipe.of_parts("set2set", sorting, hulls, star, ngrams)

"""Sort-of-CLEVR and stories: what does a sum over pairs see that other networks do not?

From pixels, from descriptions of the objects, and from stories whose sentences are the objects: a
relation network against a perceptron on the same features, or against an LSTM. The best constant
answer to every kind of question is the floor.
"""

from keras_readinglist.recipes.recipe import Recipe
from keras_readinglist.recipes.relation_networks import scenes, stories

RECIPE = Recipe.of_parts("relation-networks", scenes, stories)

"""Does a wide view help? Context modules on the scores of one frozen front end.

Marker fill needs context by construction: what lies within 7 pixels of a pixel tells nothing of its
label. The paper's module stands against one that starts at random, and against one of as many
weights without dilation.
"""

from keras_readinglist.recipes.dilated_convolutions import markers, streets
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe.of_parts("dilated-convolutions", markers, streets)

"""AlexNet in small: what its parts are good for, and the model of the gallery.

The full scale has whole pictures, all of them, and more epochs; ImageNet is left to those who have
it.
"""

from keras_readinglist.recipes.alexnet import clothes, parts
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe.of_parts("alexnet", parts, clothes)

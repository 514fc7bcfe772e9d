"""Neural message passing: properties of molecules, and how far messages reach."""

from keras_readinglist.recipes.message_passing import properties, published, reach
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe.of_parts("message-passing", properties, published, reach)

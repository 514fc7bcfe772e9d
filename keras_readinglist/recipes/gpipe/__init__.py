"""Pipelines: the update of one device, the bubble, and the memory that is not needed."""

from keras_readinglist.recipes.gpipe import counting, pipelined
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe.of_parts("gpipe", counting, pipelined)

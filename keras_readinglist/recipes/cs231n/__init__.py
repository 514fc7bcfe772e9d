"""The experiments of CS231n: the spiral, a ladder of classifiers, checked gradients, and pictures.

- `spiral`: the case study of the notes with their numbers, in the NumPy engine.
- `ladder`: nearest neighbours, linear classifiers, a hidden layer and a ConvNet on CIFAR-10, as a
  copy in JPEG, which loses a little: figures here are of that copy. Weights are not shipped.
- `gradients`: every module of the engine against differences, and a list of seeded bugs.
- `pictures`: a ConvNet on Fashion-MNIST; are the pixels that saliency names those that matter, and
  can it be fooled? Its weights are the gallery's.
- `codes`: neighbours of digits that are still neighbours in the plane.
"""

from keras_readinglist.recipes.cs231n import codes, gradients, ladder, pictures, spiral
from keras_readinglist.recipes.recipe import Recipe

RECIPE = Recipe.of_parts("cs231n", spiral, ladder, gradients, pictures, codes)

"""One experiment per item of the list, named after its slug."""

import importlib
import pathlib

from keras_readinglist.recipes.recipe import Claim, Recipe, Trained

__all__ = ["Claim", "Recipe", "Trained", "available", "load"]

_MACHINERY = ("recipe", "report", "runner", "training")


def available():
    """Return the slugs that have a recipe, sorted; a part of a recipe begins with `_`."""
    files = pathlib.Path(__file__).parent.glob("[!_]*.py")
    return sorted(f.stem.replace("_", "-") for f in files if f.stem not in _MACHINERY)


def load(slug):
    """Return the recipe of an item.

    Args:
        slug: String, such as `"pointer-networks"`.

    Raises:
        ValueError: If the item has no recipe.
    """
    if slug not in available():
        known = ", ".join(available())
        raise ValueError(f"`slug` must be an item with a recipe ({known}). Received: {slug!r}")
    return importlib.import_module(f"{__name__}.{slug.replace('-', '_')}").RECIPE

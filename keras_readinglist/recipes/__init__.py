"""One experiment per item of the list, named after its slug."""

import importlib
import pathlib

from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, Trained

__all__ = ["Claim", "Experiment", "Recipe", "Run", "Trained", "available", "load"]

_MACHINERY = ("recipe", "report", "runner", "training")


def available():
    """Return the slugs that have a recipe, a file or a folder, sorted."""
    here = pathlib.Path(__file__).parent
    names = {path.stem for path in here.glob("[!_]*.py")} - set(_MACHINERY)
    names |= {path.parent.name for path in here.glob("*/__init__.py")}
    return sorted(name.replace("_", "-") for name in names)


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

"""What the gallery shows of the trained networks: units cut out, and the loss around them."""

import numpy as np

from keras_readinglist.applications.loading import load_preset
from keras_readinglist.datasets import load
from keras_readinglist.visualization import Lesions, loss_surface


def load_network(config, callbacks):
    """Return a network that this recipe has trained before, and that is shipped."""
    return load_preset(config["preset"])


def measure(model, config):
    """Return errors with units cut out, and the loss on a plane through the weights.

    `surface_<row>_<column>` are the losses; `descents` is the share of steps outwards, along rows
    and columns and from the middle on, on which the loss falls.
    """
    images, labels = load("fashion_mnist_sample", "test")
    images = model.preprocess(list(images))
    lesions, rng = Lesions(model), np.random.default_rng(config["seed"])

    def error(removed):
        return float((lesions(images, removed).argmax(-1) != labels).mean())

    single = [error([unit]) for unit in range(lesions.count)]
    half = lesions.count // 2
    found = {
        "error": error([]),
        "error_without_one": float(np.mean(single)),
        "error_without_half": float(
            np.mean([error(_some(rng, lesions.count, half)) for _ in range(config["halves"])])
        ),
        **{f"error_without_{unit:02d}": value for unit, value in enumerate(single)},
    }
    surface = loss_surface(model, images, labels, config["span"], config["points"], config["seed"])
    found["descents"] = descents(surface)
    for (row, column), value in np.ndenumerate(surface):
        found[f"surface_{row:02d}_{column:02d}"] = float(value)
    return found


def _some(rng, count, chosen):
    return rng.choice(count, chosen, replace=False).tolist()


def descents(surface):
    """Return the share of steps outwards, along rows and columns, on which a surface falls."""
    middle = len(surface) // 2
    falls = [np.diff(half, axis=0) < 0 for flat in (surface, surface.T)
             for half in (flat[middle:], flat[middle::-1])]  # fmt: skip
    return float(np.mean(falls))

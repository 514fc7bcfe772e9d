"""The command `keras-readinglist`."""

import importlib.util
import os


def choose_backend(name):
    """Set `KERAS_BACKEND` to `name`, else to the first installed of jax, tensorflow and torch."""
    if name:
        os.environ["KERAS_BACKEND"] = name
    if not os.environ.get("KERAS_BACKEND"):
        for candidate in ("jax", "tensorflow", "torch"):
            if importlib.util.find_spec(candidate):
                os.environ["KERAS_BACKEND"] = candidate
                break
    return os.environ.get("KERAS_BACKEND")

"""Initializers that are used for more than one weight."""

import keras


def fresh(initializer):
    """Return a copy that draws numbers of its own: an initializer draws the same ones every time.

    One with a seed is meant to draw the same, and a plain function stays as it is.
    """
    known = isinstance(initializer, keras.initializers.Initializer)
    return initializer.clone() if known else initializer

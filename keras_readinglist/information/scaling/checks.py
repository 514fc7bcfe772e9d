"""Checks of numbers and of measured points."""

import numpy as np


def positive(**values):
    """Raise `ValueError` unless all named numbers or arrays are positive and finite."""
    for name, value in values.items():
        given = np.asarray(value, dtype=float)
        if not np.all(np.isfinite(given) & (given > 0)):
            raise ValueError(f"`{name}` must be positive and finite. Received: {name}={value}")


def points(least, **columns):
    """Return columns as float arrays; raise `ValueError` if they are no points to fit.

    Args:
        least: The number of free values of the law: as many points must differ.
        **columns: Positive sequences of one length.
    """
    positive(**columns)
    arrays = [np.asarray(column, dtype=float) for column in columns.values()]
    names = ", ".join(f"`{name}`" for name in columns)
    if any(a.ndim != 1 or len(a) != len(arrays[0]) for a in arrays):
        raise ValueError(
            f"{names} must be sequences of one length. Received shapes: {[a.shape for a in arrays]}"
        )
    distinct = len(set(zip(*(a.tolist() for a in arrays[:-1]), strict=True)))
    if distinct < least:
        raise ValueError(
            f"{names} must have at least {least} different points. Received: {distinct}"
        )
    return arrays

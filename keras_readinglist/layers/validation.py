"""Checks of arguments and shapes; each names the argument, the rule and what was received."""

import numbers

import numpy as np

from keras_readinglist.backend import known
from keras_readinglist.backend import value as value_of


def check_size(name, value, minimum=1):
    """Return `value` as an `int`; raise `ValueError` unless it is an integer of at least `minimum`.

    NumPy integers count as integers, Booleans do not.
    """
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < minimum:
        rule = "a positive integer" if minimum == 1 else f"an integer of at least {minimum}"
        raise ValueError(f"`{name}` must be {rule}. Received: {name}={value}")
    return int(value)


def check_sizes(name, values, empty=False):
    """Return `values` as a tuple of `int`; raise `ValueError` unless all are positive integers."""
    given = tuple(values) if isinstance(values, (list, tuple)) else (0,)
    whole = all(isinstance(v, numbers.Integral) and not isinstance(v, bool) for v in given)
    if not (given or empty) or not whole or any(v < 1 for v in given):
        raise ValueError(
            f"`{name}` must be a sequence of positive integers. Received: {name}={values}"
        )
    return tuple(map(int, given))


def check_rate(name, value):
    """Return `value`; raise `ValueError` unless it is a share in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"`{name}` must lie in [0, 1). Received: {name}={value}")
    return value


def check_choice(name, value, choices):
    """Return `value`; raise `ValueError` unless it is one of `choices`."""
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {choices}. Received: {name}={value!r}")
    return value


def check_positive(name, value):
    """Return `value`; raise `ValueError` unless it is a positive number."""
    if not value > 0:
        raise ValueError(f"`{name}` must be positive. Received: {name}={value}")
    return value


def check_shape(name, shape, *layouts, width=None):
    """Raise `ValueError` unless a shape has as many axes as one of the layouts, and known features.

    Args:
        name: The argument.
        shape: Its shape.
        *layouts: What shapes may be, such as `"(batch, time, features)"`.
        width: The size of the last axis when the layer was built, or `None` before.
    """
    ranks = [layout.count(",") + 1 for layout in layouts]
    if len(shape) not in ranks or shape[-1] is None:
        raise ValueError(
            f"`{name}` must have the shape {' or '.join(layouts)} with a known last axis. "
            f"Received shape: {tuple(shape)}"
        )
    if width is not None and shape[-1] != width:
        raise ValueError(
            f"`{name}` must have a last axis of {width}, as when the layer was built. "
            f"Received shape: {tuple(shape)}"
        )


def check_same(name, shape, other, expected, axes=1):
    """Raise `ValueError` unless the first axes of two shapes agree, as far as they are known.

    Args:
        name: The argument.
        shape: Its shape.
        other: Another argument.
        expected: The shape of that one.
        axes: How many axes are compared.
    """
    pairs = list(zip(shape[:axes], expected[:axes], strict=False))
    if len(pairs) < axes or any(None not in map(known, p) and p[0] != p[1] for p in pairs):
        raise ValueError(
            f"`{name}` must have the same first {'axis' if axes == 1 else f'{axes} axes'} as "
            f"`{other}`. "
            f"Received shapes: {tuple(shape)} and {tuple(expected)}"
        )


def check_states(name, states, sizes, batch):
    """Raise `ValueError` unless states are tensors `(batch, size)`, or `(1, size)`.

    torch's kernels believe what they are told: states of another batch corrupt the memory.

    Args:
        name: The argument.
        states: List of tensors.
        sizes: List of the widths.
        batch: The batch size of the inputs, or `None`.
    """
    shapes = [tuple(state.shape) for state in states]
    batches = {None, 1, known(batch)}
    fits = [len(shape) for shape in shapes] == [2] * len(sizes)
    fits = fits and [shape[1] for shape in shapes] == list(sizes)
    if not fits or (known(batch) is not None and {known(s[0]) for s in shapes} - batches):
        wanted = [(known(batch), size) for size in sizes]
        raise ValueError(
            f"`{name}` must be {len(sizes)} tensors of the shapes {wanted}, or with a batch of 1. "
            f"Received shapes: {shapes}"
        )


def check_ids(name, ids, count):
    """Raise `ValueError` unless ids are whole numbers below `count`, wherever they are known.

    Beyond its end an embedding gives NaN on JAX, and the error of a kernel elsewhere.

    Args:
        name: The argument.
        ids: Tensor or NumPy array.
        count: Positive integer.
    """
    ids = ids if isinstance(ids, np.ndarray) else value_of(ids)
    if ids is None or not ids.size:
        return
    if not (ids.min() >= 0 and ids.max() < count) or (ids != np.floor(ids)).any():
        raise ValueError(
            f"`{name}` must be integers from 0 to {count - 1}. Received: {ids.min()} to {ids.max()}"
        )

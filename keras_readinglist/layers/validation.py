"""Checks of constructor arguments; each names the argument, the rule and what was received."""

import numbers


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

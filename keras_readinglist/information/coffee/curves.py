"""The paper's measurements: entropy and apparent complexity over time, and how they scale."""

import numpy as np

from keras_readinglist.information.coarse_graining import coarse_grain
from keras_readinglist.information.complexodynamics.measures import states_at
from keras_readinglist.information.complexodynamics.two_part_code import two_part_image_code
from keras_readinglist.information.compressors import compressed_size


def complexity_curve(automaton, times, grain=10, levels=7, adjust=True, compressor="gzip"):
    """Follow an automaton and measure its entropy and its complexity, in two ways each.

    Args:
        automaton: A `CoffeeAutomaton`; it is run on from where it is.
        times: Increasing sequence of integers.
        grain: As for `coarse_grain`.
        levels: As for `coarse_grain`.
        adjust: As for `coarse_grain`.
        compressor: As for `compressed_size`.

    Returns:
        Dictionary of `"time"` `(times,)` and of arrays `(times, replicas)`: `"entropy"` (bytes of
        the compressed grid), `"complexity"` (bytes of the compressed coarse grid: the paper's
        apparent complexity), `"two_part_model"` and `"two_part_total"` (bits of
        `two_part_image_code`, which knows no threshold).

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.information import CoffeeAutomaton
        >>> curve = complexity_curve(CoffeeAutomaton(20), [0, 10, 100], grain=4)
        >>> bool(np.all(np.diff(curve["entropy"][:, 0]) > 0))
        True

    References:
        - [Aaronson, Carroll, Ouellette, 2014](https://arxiv.org/abs/1405.6903), section 4
    """
    rows = []
    for state in states_at(automaton, times):
        coarse = coarse_grain(state, grain, levels, adjust=adjust)
        code = two_part_image_code(state, pad=True)
        entropy = [compressed_size(grid, compressor) for grid in automaton.counts]
        complexity = [compressed_size(grid, compressor) for grid in coarse]
        rows.append((entropy, complexity, code.model_bits, code.total_bits))
    names = ("entropy", "complexity", "two_part_model", "two_part_total")
    tracks = dict(zip(names, np.array(rows, float).swapaxes(0, 1), strict=True))
    return {"time": np.asarray(times), **tracks}


def scaling_experiment(sizes, make_automaton, make_times, **measure):
    """Measure how high complexity and entropy get, and when, on grids of several sizes.

    Args:
        sizes: Sequence of integers.
        make_automaton: Function `(size) -> CoffeeAutomaton`.
        make_times: Function `(size) -> times`.
        **measure: Passed on to `complexity_curve`.

    Returns:
        Dictionary of arrays, one value a size, means over replicas: `"size"`,
        `"max_complexity"`, `"time_of_max"`, `"max_entropy"`, `"max_model_bits"` and
        `"last_model_bits"`.

    Example:
        >>> from keras_readinglist.information import CoffeeAutomaton
        >>> found = scaling_experiment([8, 16], CoffeeAutomaton, lambda n: [0, n], grain=2)
        >>> found["max_entropy"].shape
        (2,)
    """
    rows = []
    for size in sizes:
        curve = complexity_curve(make_automaton(size), make_times(size), **measure)
        highest = curve["complexity"].argmax(axis=0)
        rows.append(
            (
                size,
                curve["complexity"].max(axis=0).mean(),
                curve["time"][highest].mean(),
                curve["entropy"].max(axis=0).mean(),
                curve["two_part_model"].max(axis=0).mean(),
                curve["two_part_model"][-1].mean(),
            )
        )
    names = ("size", "max_complexity", "time_of_max", "max_entropy", "max_model_bits")
    return dict(zip((*names, "last_model_bits"), np.array(rows).T, strict=True))


def fit_power_law(x, y):
    """Fit `y = a x ** exponent` by least squares of the logarithms.

    Args:
        x: Sequence of positive numbers.
        y: Sequence of positive numbers.

    Returns:
        Tuple: the exponent, `r**2` in logarithms, and the standard error of the exponent (NaN for
        two points).

    Raises:
        ValueError: If a number is not positive or fewer than two differ.

    Example:
        >>> exponent, r2, error = fit_power_law([1, 2, 4], [3, 12, 48])
        >>> round(exponent, 6), round(r2, 6)
        (2.0, 1.0)
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.shape != y.shape or x.ndim != 1 or (x <= 0).any() or (y <= 0).any():
        raise ValueError("`x` and `y` must be as many positive numbers.")
    if len(np.unique(x)) < 2:
        raise ValueError(f"`x` must hold at least two different numbers. Received: {x.tolist()}")
    u, v = np.log(x) - np.log(x).mean(), np.log(y) - np.log(y).mean()
    exponent = (u @ v) / (u @ u)
    rest = v - exponent * u
    r2 = 1 - (rest @ rest) / (v @ v) if v @ v > 0 else 1.0
    error = np.sqrt(rest @ rest / (len(x) - 2) / (u @ u)) if len(x) > 2 else np.nan
    return float(exponent), float(r2), float(error)

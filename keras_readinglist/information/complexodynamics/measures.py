"""Computable stand-ins for sophistication and complextropy, of one state or along a history."""

import numpy as np

from keras_readinglist.information.complexodynamics.two_part_code import (
    log2_factorials,
    two_part_image_code,
)
from keras_readinglist.information.compressors import compressed_size

_WEIGHTS = 2.0 ** np.arange(-6, 6.125, 0.25)


def sophistication_profile(image):
    """Return how well an image can be described by models of at most so many bits.

    `alpha -> min {log2 |S| : L(S) <= alpha}` over partitions into dyadic rectangles: Kolmogorov's
    structure function for this family. Minimising `data + weight * model` for weights from
    `2**-6` to `2**6` visits the corners of its lower convex hull.

    Args:
        image: Array of zeros and ones `(height, width)`, sides powers of two.

    Returns:
        Array `(corners, 2)` of model bits, increasing, and data bits, decreasing and convex.

    Raises:
        ValueError: As for `two_part_image_code`.

    Example:
        >>> sophistication_profile(np.eye(4, dtype=int)).shape[1]
        2

    References:
        - Shen, Uspensky, Vereshchagin, 2017, chapter 14
    """
    corners = set()
    for weight in _WEIGHTS:
        code = two_part_image_code(image, model_weight=weight)
        corners.add((round(code.model_bits, 6), round(code.data_bits, 6)))
    hull = []
    for point in sorted(corners):
        while len(hull) > 1 and _turns_up(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return np.array(hull)


def _turns_up(a, b, c):
    """Return whether `b` lies on or above the line from `a` to `c`."""
    return (b[1] - a[1]) * (c[0] - a[0]) >= (c[1] - a[1]) * (b[0] - a[0])


def coarse_sophistication(image, c=0.0, pad=False):
    """Return the smallest sum of a model's bits and of the slack that it needs.

    The slack of a model is by how much its two-part description is longer than the shortest one.
    With `c = 0` this is `min_S 2 L(S) + log2 |S|`, less the length of the shortest description: no
    slack has to be chosen. A positive `c` counts every slack below it as `c`.

    Args:
        image: Array of zeros and ones `(height, width)` or `(batch, height, width)`.
        c: Float, the smallest slack, in bits; if it is positive, the models of
            `sophistication_profile` are compared.
        pad: As for `two_part_image_code`.

    Returns:
        Float, or an array for a batch.

    Raises:
        ValueError: If `c` is negative; else as for `two_part_image_code`.

    Example:
        >>> round(coarse_sophistication(np.zeros((4, 4), int)), 2)
        5.09

    References:
        - Antunes, Fortnow, 2009, Sophistication revisited
    """
    if c < 0:
        raise ValueError(f"`c` must not be negative. Received: c={c}")
    weights = _WEIGHTS if c > 0 else (1.0, 2.0)
    codes = [two_part_image_code(image, pad=pad, model_weight=weight) for weight in weights]
    shortest = np.minimum.reduce([code.total_bits for code in codes])
    costs = [np.maximum(code.total_bits - shortest, c) + code.model_bits for code in codes]
    best = np.minimum.reduce(costs)
    return best if best.ndim else float(best)


def multiscale_complexity(image, scales=None, compressor="zlib"):
    """Return the compressed size of an image seen at several scales.

    Args:
        image: Array of zeros and ones `(height, width)`.
        scales: Sequence of integers `s`; at scale `s` ones are counted in blocks of side `2**s`.
            Defaults to all from 0 to one block.
        compressor: As for `compressed_size`.

    Returns:
        Array of the bits at every scale.

    Raises:
        ValueError: If the image is not black and white with two axes.

    Example:
        >>> multiscale_complexity(np.zeros((8, 8), int)).shape
        (4,)
    """
    image, scales = _check_scales(image, scales)
    return np.array([_scale_bits(image, s, compressor)[0] for s in scales])


def complextropy(image, scales=None, compressor="zlib", c=None):
    """Return the size of the smallest blurred picture that still explains an image.

    At scale `s` the model is the picture of the numbers of ones in blocks of side `2**s`, of
    `Z(f_s(x))` bits when compressed; all that is left costs `R_s(x) = sum log2 C(4**s, k)` bits.
    Among scales whose sum is within `c` bits of the smallest, the smallest model counts. Both
    parts are computed in nearly linear time, as complextropy asks.

    Args:
        image: Array of zeros and ones `(height, width)`.
        scales: As for `multiscale_complexity`.
        compressor: As for `compressed_size`.
        c: Float, the slack in bits. Defaults to 8 bits for every doubling of the image.

    Returns:
        Float, bits.

    Raises:
        ValueError: If the image is not black and white with two axes, or `c` is negative.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 2, (64, 64))
        >>> complextropy(noise) < 200
        True

    References:
        - [Aaronson, 2011](https://scottaaronson.blog/?p=762)
    """
    image, scales = _check_scales(image, scales)
    c = 8 * np.log2(max(image.size, 2)) if c is None else c
    if c < 0:
        raise ValueError(f"`c` must not be negative. Received: c={c}")
    model, rest = np.array([_scale_bits(image, s, compressor) for s in scales]).T
    return float(model[model + rest <= (model + rest).min() + c].min())


def _check_scales(image, scales):
    image = np.asarray(image)
    if image.ndim != 2 or image.size == 0 or not np.isin(image, (0, 1)).all():
        raise ValueError(
            f"`image` must be zeros and ones of shape (height, width). Received: {image.shape}"
        )
    largest = max(image.shape).bit_length() - 1
    scales = range(largest + 1) if scales is None else scales
    if any(not 0 <= s <= largest for s in scales):
        raise ValueError(f"`scales` must lie from 0 to {largest}. Received: {list(scales)}")
    return image.astype(np.uint8), scales


def _scale_bits(image, scale, compressor):
    """Return the bits of the blurred picture, and of the image once that is known."""
    side = 1 << scale
    areas = _block_sums(np.ones(image.shape, np.int64), side)
    counts = _block_sums(image.astype(np.int64), side)
    table = log2_factorials(int(areas.max()))
    rest = (table[areas] - table[counts] - table[areas - counts]).sum()
    as_bytes = counts.astype("<u4").view(np.uint8).reshape(-1, 4).T  # high bytes are mostly zero
    return 8.0 * compressed_size(as_bytes[: 1 if counts.max() < 256 else 4], compressor), rest


def _block_sums(x, side):
    height, width = x.shape
    rows = np.add.reduceat(x, np.arange(0, height, side), axis=0)
    return np.add.reduceat(rows, np.arange(0, width, side), axis=1)


def light_cone_complexity(history, depth=1):
    """Return the information that the past light cone of a cell holds on its future one.

    The past cone of a cell is the cell itself and all that can have reached it in `depth` steps,
    one cell a step along rows or columns; its future cone is what it can reach. Cones are counted
    over all inner cells and steps, so the estimate is biased upwards when they are few.

    Args:
        history: Array of zeros and ones `(time, height, width)`.
        depth: Integer, 1 or 2.

    Returns:
        Float, mutual information in bits.

    Raises:
        ValueError: If the history is too short, too narrow or not black and white, or `depth` is
            neither 1 nor 2.

    Example:
        >>> light_cone_complexity(np.zeros((4, 5, 5), int))
        0.0

    References:
        - Shalizi, Shalizi, Haslinger, 2004, Quantifying self-organization with optimal predictors
    """
    history = np.asarray(history)
    if depth not in (1, 2):
        raise ValueError(f"`depth` must be 1 or 2. Received: depth={depth}")
    if history.ndim != 3 or min(history.shape) < 2 * depth + 1:
        raise ValueError(
            f"`history` must have the shape (time, height, width), each at least {2 * depth + 1}. "
            f"Received: {history.shape}"
        )
    if not np.isin(history, (0, 1)).all():
        raise ValueError("`history` must hold zeros and ones alone.")
    history = history.astype(np.int64)
    past = _cones(history, range(-depth, 1), depth)
    future = _cones(history, range(1, depth + 1), depth)
    pairs = np.stack([past.ravel(), future.ravel()])
    _, joint = np.unique(pairs, axis=1, return_counts=True)
    return _entropy_of(past) + _entropy_of(future) - _entropy(joint)


def _cones(history, steps, depth):
    """Return a number for the cone of every inner cell: its cells read as binary digits."""
    time, height, width = history.shape
    codes = 0
    for step in steps:
        reach = abs(step)
        for row in range(-reach, reach + 1):
            for column in range(abs(row) - reach, reach - abs(row) + 1):
                cells = history[
                    depth + step : time - depth + step,
                    depth + row : height - depth + row,
                    depth + column : width - depth + column,
                ]
                codes = 2 * codes + cells
    return codes


def _entropy_of(codes):
    return _entropy(np.unique(codes, return_counts=True)[1])


def _entropy(counts):
    p = counts / counts.sum()
    return float(-(p * np.log2(p)).sum()) + 0.0


def complexodynamics_run(automaton, times):
    """Follow an automaton, and describe its states by two-part codes.

    Args:
        automaton: Object with `time`, `step(n)` and `state` `(replicas, height, width)`, such as
            `CoffeeAutomaton`.
        times: Increasing sequence of integers, in the automaton's own steps.

    Returns:
        Dictionary of `"time"` `(times,)` and of arrays `(times, replicas)`: `"entropy"` (bits of
        the whole description), `"sophistication"` (those of its model), and
        `"coarse_sophistication"`.

    Raises:
        ValueError: If times do not increase or lie in the past.

    Example:
        >>> from keras_readinglist.information import CoffeeAutomaton
        >>> run = complexodynamics_run(CoffeeAutomaton(64, dynamics="stirred"), [0, 6])
        >>> bool(run["sophistication"][1] > 5 * run["sophistication"][0])
        True
    """
    rows = []
    for state in states_at(automaton, times):
        code = two_part_image_code(state, pad=True)
        coarse = coarse_sophistication(state, pad=True)
        rows.append((code.total_bits, code.model_bits, coarse))
    names = ("entropy", "sophistication", "coarse_sophistication")
    tracks = dict(zip(names, np.array(rows).swapaxes(0, 1), strict=True))
    return {"time": np.asarray(times), **tracks}


def states_at(automaton, times):
    """Yield the states of an automaton at increasing times, running it in between."""
    for time in times:
        if time < automaton.time:
            raise ValueError(
                f"`times` must increase from the automaton's time, {automaton.time}. Received: "
                f"{list(times)}"
            )
        automaton.step(time - automaton.time)
        yield automaton.state

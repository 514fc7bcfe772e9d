"""Kolmogorov's structure function: what in one string is structure, and what is noise."""

import math
from dataclasses import dataclass, field

import numpy as np

from keras_readinglist.information.algorithmic.context_tree import as_symbols, context_code_length
from keras_readinglist.information.complexodynamics.measures import sophistication_profile
from keras_readinglist.information.mdl.codes import integer_code_length
from keras_readinglist.information.mdl.families import check_numbers


@dataclass(frozen=True)
class StructureFunction:
    """What `structure_function` returns: models of one string, from small to large.

    Args:
        alpha: Array of the bits that describe every model.
        log_size: Array of `log2 |A|`, the bits left once the model is known.
        models: Names of the models.
        slack: How many bits a description may be above the shortest and still count as sufficient.
    """

    alpha: np.ndarray
    log_size: np.ndarray
    models: list = field(repr=False)
    slack: float = 0.0

    @property
    def total(self):
        """The lengths of the two-part descriptions, `lambda(alpha) = alpha + log2 |A|`."""
        return self.alpha + self.log_size

    @property
    def minimal_sufficient_statistic(self):
        """The name of the smallest model whose description is as short as any, within the slack."""
        return self.models[int(np.argmax(self.total <= self.total.min() + self.slack))]

    def profile(self):
        """Return the models that no smaller one matches: `(corners, 2)` of bits, falling."""
        best, corners = math.inf, []
        for a, h in zip(self.alpha, self.log_size, strict=True):
            if h < best:
                best = h
                corners.append((a, h))
        return np.array(corners)

    def deficiency(self):
        """Return by how much every description is longer than the shortest."""
        return self.total - self.total.min()

    def plot(self, ax):
        """Draw the function and its models on axes of Matplotlib."""
        ax.step(*self.profile().T, where="post")
        ax.plot(self.alpha, self.log_size, "o")
        for a, h, name in zip(self.alpha, self.log_size, self.models, strict=True):
            ax.annotate(str(name), (a, h), fontsize=8)
        ax.set_xlabel("bits of the model")
        ax.set_ylabel("bits of noise")


def structure_function(x, family="markov", slack=None, **options):
    """Describe one string by the models of a family, each with its exact number of members.

    Args:
        x: Symbols for `"markov"`, zeros and ones for `"hamming"` and `"partition"` (there an image
            too), finite numbers for `"polynomial"`.
        family: One of
            `"markov"`: the sequences with the same transition counts, orders 0 to `max_order`;
            `"hamming"`: balls around majority-smoothed strings, of windows 1, 3, 5, 9, …;
            `"partition"`: images with the same counts in dyadic rectangles;
            `"polynomial"`: numbers near a polynomial, to a `precision`;
            or an iterable of `(description_bits, log2_size, name)`.
        slack: Bits; see `StructureFunction`. Defaults to `log2` of the length.
        **options: `max_order` (5), `precision` (0.01), `max_degree` (8).

    Returns:
        A `StructureFunction`.

    Raises:
        ValueError: If the family is unknown or `x` does not fit it.

    Example:
        >>> walk = np.cumsum(np.random.default_rng(0).random(2000) < 0.1) % 2  # changes seldom
        >>> structure_function(walk).minimal_sufficient_statistic
        'order 1'

    References:
        - Vereshchagin, Vitányi, 2004, Kolmogorov's structure functions and model selection
        - Shen, Uspensky, Vereshchagin, 2017, section 14.3
    """
    families = {
        "markov": _markov_models,
        "hamming": _hamming_models,
        "partition": _partition_models,
        "polynomial": _polynomial_models,
    }
    if not isinstance(family, str):
        models = list(family)
    elif family in families:
        models = list(families[family](x, **options))
    else:
        raise ValueError(
            f"`family` must be one of {', '.join(families)}, or an iterable of models. "
            f"Received: family={family!r}"
        )
    if not models:
        raise ValueError("`family` must hold at least one model.")
    models.sort(key=lambda model: model[:2])
    alpha, log_size, names = zip(*models, strict=True)
    slack = math.log2(max(np.size(x), 2)) if slack is None else slack
    return StructureFunction(np.array(alpha, float), np.array(log_size, float), list(names), slack)


def _markov_models(x, max_order=5):
    x = as_symbols(x, 1 << 31)
    if len(x) < 2:
        raise ValueError(f"`x` must have at least two symbols. Received: {len(x)}")
    _, x = np.unique(x, return_inverse=True)
    size = max(int(x.max()) + 1, 2)
    for order in range(min(max_order, len(x) - 1) + 1):
        if size ** (order + 1) > 4 * len(x):
            break
        kinds = size ** (order + 1)
        counts = log2_choose(len(x) - order + kinds - 1, kinds - 1)
        first = order * math.log2(size)
        bits = integer_code_length(order + 1) + first + counts
        yield bits, markov_type_size(x, order), f"order {order}"


def markov_type_size(x, order):
    """Return `log2` of how many sequences begin alike and have the same transition counts.

    Whittle's formula: the ways to order the exits of every context, times a cofactor that keeps
    those that are one connected path.

    Args:
        x: Integer array.
        order: Integer of at least 0.

    Returns:
        Float, bits.

    References:
        - Whittle, 1955, Some distribution and moment formulae for the Markov chain
    """
    from scipy.special import gammaln

    x = np.asarray(x)
    windows = np.lib.stride_tricks.sliding_window_view(x, order + 1)
    if order == 0:
        counts = np.unique(x, return_counts=True)[1]
        return float((gammaln(len(x) + 1) - gammaln(counts + 1.0).sum()) / math.log(2))
    contexts = np.lib.stride_tricks.sliding_window_view(x, order)
    _, states = np.unique(contexts, axis=0, return_inverse=True)
    states = states.ravel()
    count = int(states.max()) + 1
    flow = np.zeros((count, count))
    np.add.at(flow, (states[:-1], states[1:]), 1)
    exits = flow.sum(axis=1)
    orders = gammaln(exits + 1).sum() - gammaln(flow + 1).sum()
    # The cofactor of (last, first) in I - flow / exits, over contexts that are ever left.
    left = (exits > 0) | (np.arange(count) == states[-1])
    matrix = np.eye(count) - flow / np.where(exits > 0, exits, 1)[:, None]
    kept = np.flatnonzero(left & (np.arange(count) != states[-1]))
    if len(kept) == 0:
        return float(orders / math.log(2)) if len(windows) else 0.0
    _, log_cofactor = np.linalg.slogdet(matrix[np.ix_(kept, kept)])
    return float((orders + log_cofactor) / math.log(2))


def _hamming_models(x):
    x = as_symbols(x, 2)
    if len(x) == 0:
        raise ValueError("`x` must not be empty.")
    window = 1
    while window <= len(x):
        center = majority(x, window)
        yield *HammingBall.around(center, x).describe(), f"window {window}"
        window = 2 * window + 1 if window > 1 else 3
    constant = np.full(len(x), int(x.mean() > 0.5))
    yield *HammingBall.around(constant, x).describe(), "constant"


def majority(x, window):
    """Return a binary string with every symbol replaced by the majority in a window around it."""
    sums = np.concatenate([[0], np.cumsum(x)])
    at = np.arange(len(x))
    first, after = np.maximum(at - window // 2, 0), np.minimum(at + window // 2 + 1, len(x))
    return (2 * (sums[after] - sums[first]) > after - first).astype(np.int64)


@dataclass(frozen=True)
class HammingBall:
    """All binary strings that differ from a center in at most `radius` places.

    Args:
        center: Array of zeros and ones.
        radius: Integer.

    Example:
        >>> round(HammingBall(np.zeros(10, int), 1).log2_size, 6) == round(math.log2(11), 6)
        True
    """

    center: np.ndarray
    radius: int

    @classmethod
    def around(cls, center, x):
        """Return the smallest ball around a center that holds `x`."""
        return cls(np.asarray(center), int(np.sum(np.asarray(center) != x)))

    @property
    def log2_size(self):
        """The bits that say which member a string is."""
        n, radius = len(self.center), min(self.radius, len(self.center))
        if 2 * radius >= n:
            return float(n)  # half of all strings or more
        terms = log2_choose(n, np.arange(radius + 1)) * math.log(2)
        return float(np.logaddexp.reduce(terms) / math.log(2))

    def describe(self):
        """Return the bits of the ball itself, by context-tree weighting, and `log2_size`."""
        center = context_code_length(self.center, alphabet=2)
        return center + integer_code_length(self.radius + 1), self.log2_size

    def code_length(self, x):
        """Return the bits of a member once the center is known: those of where they differ."""
        return context_code_length(np.asarray(x) ^ self.center, alphabet=2)


@dataclass(frozen=True)
class MarkovType:
    """All sequences that begin like a sequence and have its transition counts.

    Args:
        sequence: Integer array.
        order: Integer of at least 0.
    """

    sequence: np.ndarray
    order: int

    @property
    def log2_size(self):
        """The bits that say which member a sequence is."""
        return markov_type_size(self.sequence, self.order)

    def code_length(self, x):
        """Return the bits of a member by context-tree weighting, an upper bound."""
        alphabet = 2 if np.max(x) < 2 else 256
        return min(context_code_length(x, alphabet=alphabet), self.log2_size)


def randomness_deficiency(x, model):
    """Return by how much a string could be described shorter than a typical member of a model.

    `log2 |A| - Z(x | A)`, with a computable code `Z` for the complexity: a lower bound of
    `d(x | A)`, up to a constant. At most a share `2 ** -d` of the members has a deficiency `d`.

    Args:
        x: The string.
        model: Object with `log2_size` and `code_length(x)`, such as `HammingBall` or `MarkovType`.

    Returns:
        Float, bits; near zero or below if the string is typical.

    Example:
        >>> regular = np.tile([0, 1], 200)
        >>> randomness_deficiency(regular, MarkovType(regular, 0)) > 300
        True

    References:
        - Shen, Uspensky, Vereshchagin, 2017, section 14.1
    """
    return float(model.log2_size - model.code_length(x))


def _partition_models(x):
    x = np.asarray(x)
    image = x[None] if x.ndim == 1 else x
    for model, data in sophistication_profile(image):
        yield float(model), float(data), f"{model:.0f} bits"


def _polynomial_models(x, precision=0.01, max_degree=8):
    x = check_numbers(x)
    if len(x) < 3:
        raise ValueError(f"`x` must have at least three numbers. Received: {len(x)}")
    n, at = len(x), np.linspace(-1, 1, len(x))
    for degree in range(min(max_degree, n - 2) + 1):
        columns = np.polynomial.legendre.legvander(at, degree)
        rest = x - columns @ np.linalg.lstsq(columns, x, rcond=None)[0]
        deviation = max(math.sqrt(np.mean(rest**2)), precision / 4)
        # Coefficients to 1 / sqrt(n) of the deviation; then a ball of that deviation in cells.
        scale = max(np.abs(x).max(), precision) / deviation * math.sqrt(n)
        bits = integer_code_length(degree + 1) + (degree + 2) * math.log2(2 + scale)
        size = n * max(math.log2(deviation * math.sqrt(2 * math.pi * math.e) / precision), 0.0)
        yield bits, size, f"degree {degree}"


def log2_choose(n, k):
    """Return `log2 C(n, k)`."""
    from scipy.special import gammaln

    return (gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)) / math.log(2)

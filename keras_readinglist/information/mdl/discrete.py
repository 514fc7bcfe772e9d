"""Families of symbol sequences: independent symbols, and chains."""

import functools

import numpy as np

from keras_readinglist.information.mdl.codes import log_multinomial
from keras_readinglist.information.mdl.families import Family, check_symbols
from keras_readinglist.information.mdl.multinomial import (
    log_complexities,
    maximum_likelihood_nats,
)


class Multinomial(Family):
    """Independent symbols from 0 to `categories - 1`.

    Args:
        categories: Integer of at least 1.
        smoothing: Float of at least 0, added to every count by the prequential code. With 0.5 it
            is Jeffreys' mixture; with 0 a symbol that was not seen before costs infinitely much.

    Example:
        >>> x = np.array([0, 2, 1, 1, 0, 0])
        >>> mixture = code_length(x, Multinomial(3), "bayes")
        >>> abs(mixture - code_length(x, Multinomial(3), "prequential")) < 1e-9
        True

    References:
        - Krichevsky, Trofimov, 1981; Kontkanen, Myllymäki, 2007
    """

    def __init__(self, categories, smoothing=0.5):
        if not isinstance(categories, (int, np.integer)) or categories < 1:
            raise ValueError(f"`categories` must be a positive integer. Received: {categories!r}")
        if not smoothing >= 0:
            raise ValueError(f"`smoothing` must not be negative. Received: {smoothing}")
        self.categories, self.smoothing = int(categories), float(smoothing)
        self.num_parameters = self.categories - 1

    def check(self, x):
        return check_symbols(x, self.categories)

    def counts(self, x):
        """Return how often every symbol occurs."""
        return np.bincount(x, minlength=self.categories)

    def fit_nats(self, x):
        return float(maximum_likelihood_nats(self.counts(x)))

    def nml(self, x):
        return self.fit_nats(x) + float(log_complexities(len(x), self.categories)[-1])

    def bayes(self, x):
        return float(dirichlet_nats(self.counts(x)))

    def prequential(self, x):
        before = occurrences_before(x)
        p = before + self.smoothing
        total = np.arange(len(x)) + self.categories * self.smoothing
        if self.smoothing == 0 and len(x):
            p, total = p[1:], total[1:]  # nothing can be said of the first symbol: uniform
            first = np.log(self.categories)
            return float(np.inf if (p == 0).any() else first - np.log(p / total).sum())
        return float(-np.log(p / total).sum())

    def two_part(self, x):
        """Name the counts, then the sequence among all with these counts."""
        counts = self.counts(x)
        types = log_multinomial([len(x), self.categories - 1], unit="nats")
        return types + log_multinomial(counts, unit="nats")


class Bernoulli(Multinomial):
    """Independent zeros and ones: `Multinomial(2)`.

    Example:
        >>> round(code_length([1], Bernoulli()), 9)
        1.0
    """

    def __init__(self, smoothing=0.5):
        super().__init__(2, smoothing)


class Markov(Family):
    """A chain whose next symbol depends on the `order` symbols before it.

    The first `order` symbols are coded uniformly; transition counts at every context then are
    multinomial.

    Args:
        order: Integer of at least 0.
        categories: Integer of at least 1, the size of the alphabet.
        complexity: What `"nml"` charges: `"fnml"`, the sum over contexts of the multinomial
            complexity at their counts; or `"exact"`, for order 1 and two symbols, the sum over
            all sequences of at most 500 symbols.

    Example:
        >>> x = np.tile([0, 0, 1, 1], 50)
        >>> lengths = [code_length(x, Markov(order, 2)) for order in range(4)]
        >>> int(np.argmin(lengths))
        2

    References:
        - Whittle, 1955 (the number of sequences with given transition counts)
        - Silander, Roos, Kontkanen, Myllymäki, 2008 (factorized NML)
    """

    def __init__(self, order, categories, complexity="fnml"):
        if not isinstance(order, (int, np.integer)) or order < 0:
            raise ValueError(f"`order` must be an integer of at least 0. Received: {order!r}")
        if complexity not in ("fnml", "exact"):
            raise ValueError(f"`complexity` must be 'fnml' or 'exact'. Received: {complexity!r}")
        if complexity == "exact" and (order, categories) != (1, 2):
            raise ValueError("`complexity` can be 'exact' for order 1 and 2 categories alone.")
        self.symbols = Multinomial(categories)
        self.order, self.categories, self.complexity = int(order), int(categories), complexity
        self.num_parameters = self.categories**self.order * (self.categories - 1)

    def check(self, x):
        return check_symbols(x, self.categories)

    def transitions(self, x):
        """Return the counts of the contexts that occur, `(contexts, categories)`."""
        if len(x) <= self.order:
            return np.zeros((0, self.categories), np.int64)
        windows = np.lib.stride_tricks.sliding_window_view(x, self.order + 1)
        _, which = np.unique(windows[:, :-1], axis=0, return_inverse=True)
        which = which.ravel()
        counts = np.zeros((which.max() + 1, self.categories), np.int64)
        np.add.at(counts, (which, windows[:, -1]), 1)
        return counts

    def _first(self, x):
        return min(len(x), self.order) * np.log(self.categories)

    def fit_nats(self, x):
        return self._first(x) + float(maximum_likelihood_nats(self.transitions(x)).sum())

    def nml(self, x):
        if self.complexity == "exact":
            return self.fit_nats(x) + binary_markov_complexity(len(x))
        counts = self.transitions(x)
        complexity = log_complexities(counts.sum(axis=1), self.categories)[-1]
        return self.fit_nats(x) + float(complexity.sum())

    def bayes(self, x):
        return self._first(x) + float(dirichlet_nats(self.transitions(x)).sum())

    prequential = bayes  # Krichevsky and Trofimov's estimate at every context is the same code

    def two_part(self, x):
        """Name the counts at every context, and then the symbols that follow it."""
        counts = self.transitions(x)
        totals = counts.sum(axis=1)
        pairs = np.stack([totals, np.full_like(totals, self.categories - 1)], axis=-1)
        all_contexts = log_multinomial(pairs, unit="nats").sum()
        return self._first(x) + all_contexts + log_multinomial(counts, unit="nats").sum()


@functools.cache
def binary_markov_complexity(n):
    """Return the exact complexity in nats of binary chains of order 1, the first symbol given.

    The sum runs over the numbers of transitions; how many sequences have them follows from
    spreading the repetitions over the runs.

    Args:
        n: Integer, the length of the sequence, at most 500.

    Raises:
        ValueError: If the sequence is longer.
    """
    from scipy.special import gammaln

    if n > 500:
        raise ValueError(f"`n` must be at most 500 for the exact complexity. Received: n={n}")
    if n < 2:
        return 0.0

    def log_spread(repeats, runs):
        return gammaln(repeats + runs) - gammaln(repeats + 1) - gammaln(np.maximum(runs, 1))

    terms = [0.0]  # the first symbol is repeated to the end: one sequence, of probability 1
    for returns in range(n):  # transitions back to the first symbol
        for departures in (returns, returns + 1):
            rest = n - 1 - returns - departures
            if departures == 0 or rest < 0:
                continue
            stays = np.arange(rest + 1)  # repeats of the first symbol; the others are of the second
            others = rest - stays
            ways = log_spread(stays, returns + 1) + log_spread(others, departures)
            counts = [(stays, departures), (others, returns)]
            likelihood = -sum(
                maximum_likelihood_nats(np.stack([a, np.full_like(a, b)], axis=-1))
                for a, b in counts
            )
            terms.extend((ways + likelihood).tolist())
    return float(np.logaddexp.reduce(terms))


def dirichlet_nats(counts):
    """Return the code lengths of sequences with these counts under Jeffreys' prior."""
    from scipy.special import gammaln

    m = counts.shape[-1]
    each = (gammaln(counts + 0.5) - gammaln(0.5)).sum(axis=-1)
    return gammaln(counts.sum(axis=-1) + m / 2) - gammaln(m / 2) - each


def occurrences_before(x):
    """Return how often every symbol of a sequence had occurred before it."""
    order = np.argsort(x, kind="stable")
    ranks = np.empty(len(x), np.int64)
    first = np.searchsorted(x[order], x[order])
    ranks[order] = np.arange(len(x)) - first
    return ranks

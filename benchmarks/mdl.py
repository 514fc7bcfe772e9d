"""Minimum description length: sums, orders and bins, against the ways in which others find them.

The histogram's peer is `mdl-density-histogram` from PyPI, where it is installed.
"""

import math

import keras
import numpy as np
from harness import Workload

from keras_readinglist.information import MDLHistogram, multinomial_complexity
from keras_readinglist.information.mdl import multinomial
from keras_readinglist.information.mdl.regression import nested_scores, prequential_nats

SIZE, CATEGORIES, ROWS = 10_000, 100, 400


def quadratic_complexity(n, m):
    """Return `log C(m, n)` by convolving families category by category, `O(m n**2)`."""
    logs = np.zeros(n + 1)
    binomials = np.array([math.lgamma(k + 1) for k in range(n + 1)])
    k = np.arange(n + 1)
    for _ in range(m - 1):
        new = np.zeros(n + 1)
        for total in range(1, n + 1):
            a = k[: total + 1]
            b = total - a
            terms = binomials[total] - binomials[a] - binomials[b] - total * math.log(total)
            terms = terms + a * np.log(np.maximum(a, 1)) + b * np.log(np.maximum(b, 1)) + logs[b]
            new[total] = np.logaddexp.reduce(terms)
        logs = new
    return logs[n]


def fresh_complexity():
    """Compute without what was computed before."""
    multinomial._log_binary.cache_clear()
    return multinomial_complexity(SIZE, CATEGORIES)


def refit_degrees(columns, y):
    """Fit every degree by itself and leave every row out in turn."""
    scores = []
    for k in range(1, columns.shape[1] + 1):
        part = columns[:, :k]
        total = 0.0
        for i in range(len(y)):
            kept = np.arange(len(y)) != i
            w = np.linalg.lstsq(part[kept], y[kept], rcond=None)[0]
            total += (y[i] - part[i] @ w) ** 2
        scores.append(total)
    return scores


def refit_predictions(columns, y, start):
    """Predict every row from a fit of the rows before it."""
    total = 0.0
    for i in range(start, len(y)):
        w = np.linalg.lstsq(columns[:i], y[:i], rcond=None)[0]
        total += (y[i] - columns[i] @ w) ** 2
    return total


def workloads(peer_path):
    """Yield the comparisons once: they use NumPy alone."""
    if keras.config.backend() != "jax":
        return
    shared = {"item": "mdl-tutorial", "unit": "ms"}
    yield Workload(
        name=f"Multinomial complexity, n = {SIZE}, m = {CATEGORIES} (peer: n = 300, m = 10)",
        peer="quadratic sum 0.1.0",
        goal=100.0,
        ours=fresh_complexity,
        theirs=lambda: quadratic_complexity(300, 10),
        repeats=5,
        **shared,
    )
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, ROWS)
    columns = np.polynomial.legendre.legvander(x, 8)
    y = columns[:, 3] + rng.standard_normal(ROWS)
    yield Workload(
        name=f"Degrees 0 to 8, leaving one of {ROWS} out",
        peer="a fit for every degree and row 0.1.0",
        goal=100.0,
        ours=lambda: nested_scores(columns, y, "loo"),
        theirs=lambda: refit_degrees(columns, y),
        repeats=3,
        **shared,
    )
    yield Workload(
        name=f"Predictions of {ROWS} rows from the rows before",
        peer="a fit for every row 0.1.0",
        goal=1.0,
        ours=lambda: prequential_nats(columns, y, predictive="least_squares"),
        theirs=lambda: refit_predictions(columns, y, 10),
        **shared,
    )
    try:
        import mdl_density_hist as peer
    except ImportError:
        return
    sample = np.round(rng.normal(size=500), 1)
    yield Workload(
        name="Histogram of 500 values at accuracy 0.1, up to 10 bins",
        peer="mdl-density-histogram 1.2.4",
        goal=1.0,
        ours=lambda: MDLHistogram(epsilon=0.1, max_bins=10).fit(sample),
        theirs=lambda: peer.mdl_optimal_histogram(sample, 0.1, 10),
        repeats=5,
        **shared,
    )

"""Histograms with as many bins, and as wide ones, as the data pay for."""

import numpy as np

from keras_readinglist.information.mdl.estimator import Estimator, check_real
from keras_readinglist.information.mdl.multinomial import log_complexities


class MDLHistogram(Estimator):
    """The histogram with the shortest code, over all numbers of bins and all places of cuts.

    Data are taken at an accuracy; a cut may lie on either side of every value. For every number of
    bins the best cuts are found by dynamic programming, and the numbers are compared by
    normalized maximum likelihood: `sum_j -n_j log(eps n_j / (n w_j)) + log C(K, n) + log C(E, K -
    1)`, where `E` is the number of places.

    Args:
        epsilon: Positive float, the accuracy of the data. Defaults to a thousandth of their range.
        max_bins: Positive integer.

    Attributes:
        edges_: Array of the bins' borders.
        counts_: Array of how many values lie in every bin.
        densities_: Array of the estimated densities, `(n_j + 1/2) / (n + K / 2) / w_j`.
        scores_: Nats of the best histogram with 1, 2, … bins.
        n_bins_: The number of bins chosen.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = np.concatenate([rng.uniform(0, 1, 300), rng.uniform(2, 2.2, 300)])
        >>> MDLHistogram().fit(x).n_bins_
        3

    References:
        - Kontkanen, Myllymäki, 2007, MDL histogram density estimation
    """

    kind = "density_estimator"
    inputs = ("one_d_array",)

    def __init__(self, epsilon=None, max_bins=20):
        self.epsilon, self.max_bins = epsilon, max_bins

    def fit(self, x, y=None):
        """Find the best histogram of a sample."""
        x = check_real(x, "x").ravel()
        if len(x) == 0:
            raise ValueError("`x` must not be empty.")
        if not isinstance(self.max_bins, (int, np.integer)) or self.max_bins < 1:
            raise ValueError(f"`max_bins` must be a positive integer. Received: {self.max_bins!r}")
        spread = float(np.ptp(x)) or 1.0
        epsilon = spread / 1000 if self.epsilon is None else float(self.epsilon)
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={self.epsilon}")
        if spread / epsilon > 2**53:
            raise ValueError(
                f"`epsilon` must be at least a 2 ** 53rd of the range of `x`. Received: {epsilon}"
            )
        steps = np.rint((x - x.min()) / epsilon).astype(np.int64)
        values, counts = np.unique(steps, return_counts=True)
        places = np.unique(np.concatenate([2 * values - 1, 2 * values + 1]))  # in half steps
        below = np.concatenate([[0], np.cumsum(counts)])[np.searchsorted(2 * values, places)]
        fits, parents = best_cuts(places / 2.0, below, min(self.max_bins, len(places) - 1))
        self.scores_ = fits + complexity_nats(len(x), len(places), len(fits))
        self.n_bins_ = int(np.argmin(self.scores_)) + 1
        cuts = [len(places) - 1]
        for bins in range(self.n_bins_, 0, -1):
            cuts.append(int(parents[bins - 1, cuts[-1]]))
        cuts = cuts[::-1]
        self.edges_ = x.min() + epsilon * places[cuts] / 2.0
        self.counts_ = np.diff(below[cuts])
        smoothed = (self.counts_ + 0.5) / (len(x) + 0.5 * self.n_bins_)
        self.densities_ = smoothed / np.diff(self.edges_)
        return self

    def density(self, x):
        """Return the estimated density, 0 outside the range of the sample."""
        self._fitted("edges_")
        x = check_real(x, "x")
        bins = np.searchsorted(self.edges_, x, side="right") - 1
        inside = (bins >= 0) & (bins < self.n_bins_)
        return np.where(inside, self.densities_[np.clip(bins, 0, self.n_bins_ - 1)], 0.0)

    def score(self, x, y=None):
        """Return the mean log density in nats of values within the range of the sample."""
        density = self.density(x)
        return float(np.log(density[density > 0]).mean())


def best_cuts(places, below, max_bins):
    """Return the best fit with 1, 2, … bins, and where its last bin begins.

    Args:
        places: Increasing array of the possible cuts, in units of the accuracy.
        below: Integer array, how many values lie below each of them.
        max_bins: Integer.

    Returns:
        `-log P` in nats for every number of bins, and an array `(bins, places)` of the cut before.
    """
    count, total = len(places), below[-1]
    best = np.full((max_bins + 1, count), np.inf)
    best[0, 0] = 0.0
    parents = np.zeros((max_bins, count), np.int64)
    for end in range(1, count):
        n = (below[end] - below[:end]).astype(float)
        width = places[end] - places[:end]
        cost = -n * np.log(np.where(n > 0, n, 1.0) / (total * width))
        totals = best[:-1, :end] + cost
        parents[:, end] = totals.argmin(axis=1)
        best[1:, end] = totals.min(axis=1)
    return best[1:, -1], parents


def complexity_nats(n, places, max_bins):
    """Return what 1, 2, … bins cost: their complexity, and naming the inner cuts."""
    from scipy.special import gammaln

    bins = np.arange(1, max_bins + 1)
    inner = places - 2
    cuts = gammaln(inner + 1.0) - gammaln(bins) - gammaln(inner - bins + 2.0)
    return log_complexities(n, max_bins) + cuts

"""Histograms with as many bins, and as wide ones, as the data pay for."""

import numpy as np

from keras_readinglist.information.mdl.estimator import Estimator, check_real
from keras_readinglist.information.mdl.families import Family, check_numbers
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
        if not isinstance(self.max_bins, (int, np.integer)) or self.max_bins < 1:
            raise ValueError(f"`max_bins` must be a positive integer. Received: {self.max_bins!r}")
        places, below, epsilon = possible_cuts(x, self.epsilon)
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


class Histogram(Family):
    """Numbers described by a histogram of so many bins, wherever its cuts are best.

    The range of the numbers is taken as known. Lengths are those of `MDLHistogram`, less those of
    the accuracy, so that they compare with other densities.

    Args:
        bins: Positive integer.
        epsilon: As for `MDLHistogram`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = np.concatenate([rng.uniform(0, 1, 300), rng.uniform(2, 2.2, 300)])
        >>> lengths = [code_length(x, Histogram(bins)) for bins in range(1, 6)]
        >>> int(np.argmin(lengths)) + 1
        3

    References:
        - Kontkanen, Myllymäki, 2007, MDL histogram density estimation
    """

    def __init__(self, bins, epsilon=None):
        if not isinstance(bins, (int, np.integer)) or bins < 1:
            raise ValueError(f"`bins` must be a positive integer. Received: bins={bins!r}")
        self.bins, self.epsilon = int(bins), epsilon
        self.num_parameters = 2 * (self.bins - 1)  # probabilities, and cuts

    def check(self, x):
        return check_numbers(x)

    def _fit(self, x):
        """Return the fit, and what names the cuts and the probabilities."""
        places, below, epsilon = possible_cuts(x, self.epsilon)
        if self.bins >= len(places):
            raise ValueError(
                f"`bins` must be at most {len(places) - 1} for these numbers. Received: {self.bins}"
            )
        fits, _ = best_cuts(places / 2.0, below, self.bins)
        complexity = complexity_nats(len(x), len(places), self.bins)[-1]
        return float(fits[-1] + len(x) * np.log(epsilon)), float(complexity)

    def fit_nats(self, x):
        return self._fit(x)[0]

    def nml(self, x):
        return sum(self._fit(x))


def possible_cuts(x, epsilon=None):
    """Return where cuts may lie, how many values lie below each, and the accuracy.

    Args:
        x: Array of numbers.
        epsilon: Positive float, the accuracy of the data, or `None` for a thousandth of the range.

    Returns:
        Increasing integer array of places, in half steps of the accuracy from the smallest value;
        integer array of as many counts; the accuracy, a float.

    Raises:
        ValueError: If there are no numbers, or the accuracy is not positive or too fine.
    """
    if len(x) == 0:
        raise ValueError("`x` must not be empty.")
    spread = float(np.ptp(x)) or 1.0
    epsilon = spread / 1000 if epsilon is None else float(epsilon)
    if not (epsilon > 0 and spread / epsilon < 2**53):
        raise ValueError(
            f"`epsilon` must be positive, and at least a 2 ** 53rd of the range of `x`. "
            f"Received: epsilon={epsilon}"
        )
    steps = np.rint((x - x.min()) / epsilon).astype(np.int64)
    values, counts = np.unique(steps, return_counts=True)
    places = np.unique(np.concatenate([2 * values - 1, 2 * values + 1]))
    below = np.concatenate([[0], np.cumsum(counts)])[np.searchsorted(2 * values, places)]
    return places, below, epsilon


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

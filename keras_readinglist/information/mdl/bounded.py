"""Families whose complexity is infinite unless the range of their parameter is bounded."""

import numpy as np

from keras_readinglist.information.mdl.families import Family, check_numbers, check_symbols


class Gaussian(Family):
    """Numbers with known deviation and a mean of at most `max_mean` in size.

    Without a bound the complexity is infinite.

    Args:
        max_mean: Positive float.
        sigma: Positive float.

    Example:
        >>> x = np.random.default_rng(0).normal(1, 1, 100)
        >>> bool(abs(code_length(x, Gaussian(5)) - code_length(x, Gaussian(5), "bayes")) < 1)
        True

    References:
        - [Grünwald, 2004](https://arxiv.org/abs/math/0406077), section 2.6; here the parameter is
          restricted, there the data are
    """

    def __init__(self, max_mean, sigma=1.0):
        for name, value in (("max_mean", max_mean), ("sigma", sigma)):
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"`{name}` must be positive. Received: {name}={value}")
        self.max_mean, self.sigma = float(max_mean), float(sigma)

    def check(self, x):
        return check_numbers(x)

    def _nats(self, x, mean, sigma=None):
        sigma = self.sigma if sigma is None else sigma
        return 0.5 * np.sum(np.log(2 * np.pi * sigma**2) + ((x - mean) / sigma) ** 2)

    def fit_nats(self, x):
        mean = np.clip(x.mean(), -self.max_mean, self.max_mean) if len(x) else 0.0
        return float(self._nats(x, mean))

    def nml(self, x):
        per_mean = np.sqrt(len(x) / (2 * np.pi)) / self.sigma
        return self.fit_nats(x) + float(np.log1p(2 * self.max_mean * per_mean))

    def bayes(self, x):
        """Mix over the mean, uniform where it may be."""
        from scipy.special import log_ndtr

        if len(x) == 0:
            return 0.0
        error = self.sigma / np.sqrt(len(x))
        high, low = ((x.mean() - b) / error for b in (-self.max_mean, self.max_mean))
        # log(ndtr(high) - ndtr(low)), on the side of the tail that does not cancel
        a, b = (high, low) if high + low < 0 else (-low, -high)
        inside = log_ndtr(a) + np.log1p(-np.exp(log_ndtr(b) - log_ndtr(a)))
        prior = np.log(2 * self.max_mean) - np.log(error) - 0.5 * np.log(2 * np.pi)
        return float(self._nats(x, x.mean()) + prior - inside)

    def prequential(self, x):
        """Predict by the mean so far, from 0, and the variance that it has."""
        seen = np.arange(len(x))
        means = np.concatenate([[0.0], np.cumsum(x)[:-1]]) / np.maximum(seen, 1)
        means = np.clip(means, -self.max_mean, self.max_mean)[: len(x)]
        return float(self._nats(x, means, self.sigma * np.sqrt(1 + 1 / np.maximum(seen, 1))))


class Poisson(Family):
    """Counts with a rate of at most `max_rate`.

    Args:
        max_rate: Positive float; without a bound the complexity is infinite.

    Example:
        >>> x = np.random.default_rng(0).poisson(3, 50)
        >>> bool(code_length(x, Poisson(10)) < code_length(x, Poisson(1)))
        True
    """

    def __init__(self, max_rate):
        if not (np.isfinite(max_rate) and max_rate > 0):
            raise ValueError(f"`max_rate` must be positive. Received: max_rate={max_rate}")
        self.bound = float(max_rate)

    def check(self, x):
        return check_symbols(x, None)

    def log_sum(self, total, n, rate):
        """Return the log probability that `n` observations add up to `total`."""
        from scipy.special import gammaln, xlogy

        return xlogy(total, n * rate) - n * rate - gammaln(total + 1.0)

    def log_arrangements(self, x):
        """Return the log probability of the data once their sum is known."""
        from scipy.special import gammaln

        total = x.sum()
        return gammaln(total + 1.0) - gammaln(x + 1.0).sum() - total * np.log(max(len(x), 1))

    def fit_nats(self, x):
        n = max(len(x), 1)
        rate = min(x.sum() / n, self.bound)
        return float(-self.log_sum(x.sum(), n, rate) - self.log_arrangements(x))

    def nml(self, x):
        """Add the sum over all sums of the data of their largest probability."""
        n = len(x)
        if n == 0:
            return 0.0
        sums = np.arange(int(np.floor(n * self.bound)) + 1)
        inside = np.exp(self.log_sum(sums, n, sums / n)).sum()
        # Beyond the bound the best rate is the bound: what is left of that distribution.
        outside = max(1 - np.exp(self.log_sum(sums, n, self.bound)).sum(), 0.0)
        return self.fit_nats(x) + float(np.log(inside + outside))


class Geometric(Poisson):
    """Numbers of failures before a success, with a mean of at most `max_mean`.

    Args:
        max_mean: Positive float; without a bound the complexity is infinite.

    Example:
        >>> x = np.random.default_rng(0).geometric(0.25, 50) - 1
        >>> code_length(x, Geometric(20)) < code_length(x, Poisson(20))
        True
    """

    def __init__(self, max_mean):
        if not (np.isfinite(max_mean) and max_mean > 0):
            raise ValueError(f"`max_mean` must be positive. Received: max_mean={max_mean}")
        self.bound = float(max_mean)

    def log_sum(self, total, n, rate):
        from scipy.special import gammaln, xlogy

        ways = gammaln(total + n) - gammaln(total + 1.0) - gammaln(n)
        return ways + xlogy(total, rate) - (total + n) * np.log1p(rate)

    def log_arrangements(self, x):
        from scipy.special import gammaln

        n, total = max(len(x), 1), x.sum()
        return -(gammaln(total + n) - gammaln(total + 1.0) - gammaln(n))

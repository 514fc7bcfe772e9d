"""What a model family is, and `code_length`, which asks it.

All lengths inside are in nats. For real-valued data they are differences to a fixed precision:
logarithms of densities.
"""

import numpy as np

from keras_readinglist.information.mdl.codes import in_unit
from keras_readinglist.information.mdl.estimator import check_real

METHODS = ("nml", "bayes", "prequential", "two_part", "bic", "aic")


class Family:
    """A model family; subclasses give `fit_nats`, `num_parameters` and the codes they have."""

    num_parameters = 1

    def size(self, x):
        """Return the sample size."""
        return len(x)

    def check(self, x):
        """Return the data as an array of the family's kind; `ValueError` if they are not."""
        raise NotImplementedError

    def fit_nats(self, x):
        """Return `-log P(x | best parameters)`."""
        raise NotImplementedError

    def bic(self, x):
        """Return the first two terms of the expansion: `-log P + k / 2 log n`."""
        return self.fit_nats(x) + self.num_parameters / 2 * np.log(max(self.size(x), 1))

    def aic(self, x):
        """Return Akaike's criterion, halved: no code, but comparable."""
        return self.fit_nats(x) + self.num_parameters


def code_length(x, model, method="nml", unit="bits"):
    """Return the length of data in a code that is universal for a model family.

    Args:
        x: The data, as the family wants them.
        model: A family: `Bernoulli`, `Multinomial`, `Markov`, `Gaussian`, `Poisson`, `Geometric`,
            `Histogram`, `LinearRegression` or `Polynomial`.
        method: `"nml"` (normalized maximum likelihood), `"bayes"` (mixture, by Jeffreys' prior
            where there is one), `"prequential"` (predict each symbol from the ones before),
            `"two_part"` (parameters first, at their best precision), `"bic"` or `"aic"`.
        unit: `"bits"` or `"nats"`.

    Returns:
        Float.

    Raises:
        ValueError: If the data do not fit, the method is unknown, or the family lacks it.

    Example:
        >>> from keras_readinglist.information import Bernoulli
        >>> coin = np.array([0, 1, 1, 0, 1, 0, 0, 1])
        >>> code_length(coin, Bernoulli()) > 8  # a fair coin cannot be compressed
        True
        >>> code_length(np.zeros(1000, int), Bernoulli()) < 6
        True

    References:
        - [Grünwald, 2004](https://arxiv.org/abs/math/0406077), sections 2.4 to 2.6
    """
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {METHODS}. Received: method={method!r}")
    code = getattr(model, method, None)
    if code is None:
        raise ValueError(f"`method` {method!r} is not defined for {type(model).__name__}.")
    return in_unit(code(model.check(x)), unit)


def check_symbols(x, categories):
    """Return integer symbols as an array; `ValueError` if they are out of range."""
    x = np.asarray(x)
    if x.size == 0:
        return np.zeros(0, np.int64)
    if x.ndim != 1 or x.dtype.kind not in "iub" or x.min() < 0:
        raise ValueError("`x` must be a sequence of integers of at least 0.")
    if categories is not None and x.max() >= categories:
        raise ValueError(f"`x` must lie below {categories}. Received: {x.max()}")
    return x.astype(np.int64)


def check_numbers(x):
    """Return numbers as an array; `ValueError` if one is not finite."""
    x = check_real(x, "x")
    if x.ndim != 1:
        raise ValueError(f"`x` must be a sequence of finite numbers. Received shape: {x.shape}")
    return x

"""Code lengths of linear regression with unknown noise: scores, and the model families."""

import warnings

import numpy as np

from keras_readinglist.information.mdl.families import Family

CRITERIA = ("rnml", "gmdl", "bic", "aic", "aicc", "loo", "two_part", "prequential")


def regression_score(criterion, n, k, rss, fitted, press=None):
    """Return a criterion of linear regression in nats, up to what all models share.

    Args:
        criterion: `"rnml"` (Rissanen's normalized maximum likelihood), `"gmdl"` (Hansen and Yu),
            `"bic"`, `"aic"`, `"aicc"`, `"loo"` (leave one out) or `"two_part"`.
        n: Integer, the sample size.
        k: Integer or array, the number of columns, the intercept among them, from 1 to `n - 1`.
        rss: Float or array, the squared error of the fit.
        fitted: Float or array, the squared length of the fit.
        press: Float or array, the squared error of leaving one out, for `"loo"`.

    Returns:
        Float or array. `"rnml"` and `"gmdl"` depend on where the origin of `y` is, through
        `fitted`: the intercept is a column like the others.

    Raises:
        ValueError: If the criterion is unknown or there are too many columns.

    References:
        - Rissanen, 2000, MDL denoising; Hansen, Yu, 2001; Hurvich, Tsai, 1989
    """
    from scipy.special import gammaln

    k = np.asarray(k)
    if (k < 1).any() or (k >= n).any():
        raise ValueError(f"`k` must lie from 1 to n - 1, {n - 1}. Received: k={k}")
    tiny = np.finfo(float).tiny
    rss, fitted = np.maximum(rss, tiny), np.maximum(fitted, tiny)
    fit = n / 2 * np.log(rss / n)
    if criterion == "rnml":
        return (
            (n - k) / 2 * np.log(rss / n)
            + k / 2 * np.log(fitted / n)
            - gammaln((n - k) / 2)
            - gammaln(k / 2)
            + np.log(4.0 / k**2)
            + n / 2 * np.log(n * np.pi)
        )
    if criterion == "gmdl":
        variance = rss / (n - k)
        used = n / 2 * np.log(variance) + k / 2 * np.log(fitted / (k * variance)) + np.log(n)
        total = rss + fitted
        null = n / 2 * np.log(total / n) + np.log(n) / 2
        return np.where(fitted / total > k / n, used, null)
    if criterion == "bic":
        return fit + k / 2 * np.log(n)
    if criterion == "aic":
        return fit + k
    if criterion == "aicc":
        room = np.where(n - k - 2 > 0, n - k - 2, np.nan)
        return np.nan_to_num(fit + (k + 1) * n / room, nan=np.inf)
    if criterion == "loo":
        return n / 2 * np.log(np.maximum(press, tiny) / n)
    if criterion == "two_part":
        return n / 2 * (np.log(2 * np.pi * rss / n) + 1) + (k + 1) / 2 * np.log(n)
    raise ValueError(f"`criterion` must be one of {CRITERIA}. Received: {criterion!r}")


def nested_scores(columns, y, criterion):
    """Return the scores of the first 1, 2, … columns, from one QR decomposition.

    Args:
        columns: Array `(n, columns)`, most important first.
        y: Array `(n,)`.
        criterion: One of `CRITERIA`.

    Returns:
        Array of as many scores as there are columns.

    Raises:
        ValueError: If there are `n` columns or more.
    """
    n, count = columns.shape
    if criterion == "prequential":
        return np.array(
            [prequential_nats(columns[:, : k + 1], y, start=count + 1) for k in range(count)]
        )
    q, _ = np.linalg.qr(columns)
    z = q.T @ y
    fitted = np.cumsum(z**2)
    rss = np.maximum(y @ y - fitted, 0)
    press = None
    if criterion == "loo":
        residuals = y[:, None] - np.cumsum(q * z, axis=1)
        leverage = np.cumsum(q**2, axis=1)
        press = np.sum((residuals / np.maximum(1 - leverage, 1e-12)) ** 2, axis=0)
    return regression_score(criterion, n, np.arange(1, count + 1), rss, fitted, press)


def prequential_nats(columns, y, start=None, predictive="student"):
    """Return the code length of predicting every number from the ones before it.

    One row is added to a triangular factor at a time, which stays stable where inverses would not.

    Args:
        columns: Array `(n, columns)` of full rank within the first `start` rows.
        y: Array `(n,)`.
        start: Integer, how many numbers are taken as given; at least `columns + 1`, the default.
        predictive: `"student"`, the exact Bayesian prediction under the prior `1 / sigma`, or
            `"least_squares"`: the summed squared error of the predictions instead of nats.

    Returns:
        Float.

    Raises:
        ValueError: If `start` is too small, or the rows before it determine no fit.

    References:
        - Dawid, 1984; Rissanen, 1986, on predictive least squares
    """
    from scipy.stats import t as student

    n, k = columns.shape
    start = k + 1 if start is None else start
    if not k + 1 <= start <= n:
        raise ValueError(f"`start` must lie from {k + 1} to {n}. Received: start={start}")
    factor = _triangle(np.column_stack([columns, y])[:start])
    if abs(np.diag(factor)[:k]).min() <= 1e-12 * abs(factor).max():
        raise ValueError(f"`start` must leave rows of full rank before it. Received: {start}")
    total = 0.0
    for i in range(start, n):
        weights, scaled = _solve(factor, columns[i])
        spread = 1 + scaled @ scaled
        error = y[i] - columns[i] @ weights
        if predictive == "student":
            scale = abs(factor[k, k]) / np.sqrt(i - k) * np.sqrt(spread)
            total -= student.logpdf(error, i - k, scale=max(scale, 1e-150))
        else:
            total += error**2
        factor = _triangle(np.vstack([factor, np.append(columns[i], y[i])]))
    return float(total)


def _triangle(rows):
    """Return the triangular factor of `(columns, y)`; its last entry squared is the error."""
    return np.linalg.qr(rows, mode="r")


def _solve(factor, row):
    """Return the weights of a triangular factor, and `row` in its orthonormal coordinates."""
    triangle, right = factor[:-1, :-1], factor[:-1, -1]
    return np.linalg.solve(triangle, right), np.linalg.solve(triangle.T, row)


class LinearRegression(Family):
    """Numbers explained by the columns of a matrix, with normal noise of unknown variance.

    Args:
        columns: Array `(n, columns)`, fewer columns than rows.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> columns = rng.standard_normal((50, 2))
        >>> y = columns @ [1.0, -2.0] + 0.1 * rng.standard_normal(50)
        >>> one, two = LinearRegression(columns[:, :1]), LinearRegression(columns)
        >>> code_length(y, two) < code_length(y, one)
        True
    """

    def __init__(self, columns):
        self.columns = independent_columns(columns)
        self.num_parameters = self.columns.shape[1] + 1

    def check(self, x):
        x = np.asarray(x, float)
        if x.shape != (len(self.columns),) or not np.isfinite(x).all():
            raise ValueError(f"`x` must be {len(self.columns)} finite numbers.")
        return x

    def _score(self, criterion, y):
        return float(nested_scores(self.columns, y, criterion)[-1])

    def fit_nats(self, y):
        return self._score("aic", y) - self.columns.shape[1] + len(y) / 2 * (np.log(2 * np.pi) + 1)

    def nml(self, y):
        return self._score("rnml", y)

    def two_part(self, y):
        return self._score("two_part", y)

    def prequential(self, y):
        return prequential_nats(self.columns, y)


class Polynomial(Family):
    """Pairs explained by a polynomial; data are `(x, y)`, two arrays of one length.

    Args:
        degree: Integer of at least 0.

    Example:
        >>> x = np.linspace(-1, 1, 40)
        >>> y = x**2 + 0.1 * np.random.default_rng(0).standard_normal(40)
        >>> bits = [code_length((x, y), Polynomial(d)) for d in range(5)]
        >>> int(np.argmin(bits))
        2
    """

    def __init__(self, degree):
        if not isinstance(degree, (int, np.integer)) or degree < 0:
            raise ValueError(f"`degree` must be an integer of at least 0. Received: {degree!r}")
        self.degree, self.num_parameters = int(degree), int(degree) + 2

    def check(self, x):
        x, y = check_pairs(*x)
        return LinearRegression(legendre_columns(x, self.degree)), y

    def size(self, x):
        return len(x[1])

    def fit_nats(self, x):
        return x[0].fit_nats(x[1])

    def nml(self, x):
        return x[0].nml(x[1])

    def two_part(self, x):
        return x[0].two_part(x[1])

    def prequential(self, x):
        return x[0].prequential(x[1])


def independent_columns(columns):
    """Return the columns that do not depend on others, with a warning if some do."""
    columns = np.asarray(columns, float)
    if columns.ndim != 2 or not np.isfinite(columns).all():
        raise ValueError("`columns` must be finite and of shape (n, columns).")
    if columns.shape[1] >= len(columns) or columns.shape[1] == 0:
        raise ValueError(
            f"`columns` must be at least 1 and at most n - 1, {len(columns) - 1}. "
            f"Received: {columns.shape[1]}"
        )
    if np.linalg.matrix_rank(columns) == columns.shape[1]:
        return columns
    from scipy.linalg import qr

    _, r, order = qr(columns, mode="economic", pivoting=True)
    size = abs(np.diag(r))
    kept = np.sort(order[size > size.max() * len(columns) * np.finfo(float).eps])
    warnings.warn(f"{columns.shape[1] - len(kept)} dependent columns are left out.", stacklevel=3)
    return columns[:, kept]


def legendre_columns(x, degree):
    """Return Legendre polynomials of `x` scaled to [-1, 1]."""
    low, high = x.min(), x.max()
    scaled = 2 * (x - low) / (high - low) - 1 if high > low else 0 * x
    return np.polynomial.legendre.legvander(scaled, degree)


def check_pairs(x, y):
    """Return two arrays of finite numbers of one length."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.ndim != 1 or x.shape != y.shape or len(x) == 0:
        raise ValueError(f"`x` and `y` must be as many numbers. Received: {x.shape}, {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("`x` and `y` must be finite.")
    return x, y

"""Code lengths of linear regression with unknown noise: scores, and the model families."""

import warnings

import numpy as np

from keras_readinglist.information.mdl.estimator import check_real
from keras_readinglist.information.mdl.families import Family

CRITERIA = ("rnml", "gmdl", "bic", "aic", "aicc", "loo", "two_part", "prequential")
_RATIO = np.log(100.0)  # the median of how often more than chance the columns explain, in nats


def regression_score(criterion, n, k, rss, fitted, press=None, level=None):
    """Return a criterion of linear regression in nats, up to what all models share.

    `"rnml"` and `"gmdl"` are lengths of the same numbers whatever the columns: first their length
    as a vector, then its direction. Without columns all directions are alike. With `k` columns
    the share of the length that they explain is named first, if it is more than the `k / n` that
    `k` columns of noise explain. An intercept is a column before the others, so its size does not
    count as something that they explain: the choice among models with an intercept does not depend
    on the origin of `y`.

    Args:
        criterion: `"rnml"` (Rissanen's normalized maximum likelihood), `"gmdl"` (Hansen and Yu),
            `"bic"`, `"aic"`, `"aicc"`, `"loo"` (leave one out) or `"two_part"`.
        n: Integer, the sample size.
        k: Integer or array, the number of columns, the intercept among them, from 1 to `n - 1`.
        rss: Float or array, the squared error of the fit.
        fitted: Float or array, the squared length of the fit; with a `level`, of the fit less its
            mean.
        press: Float or array, the squared error of leaving one out, for `"loo"`.
        level: Float, `n` times the squared mean of `y`, if the columns span an intercept.

    Returns:
        Float or array.

    Raises:
        ValueError: If the criterion is unknown or there are too many columns.

    References:
        - Rissanen, 2000, MDL denoising; Roos, Myllymäki, Rissanen, 2009, MDL denoising revisited
        - Hansen, Yu, 2001; Hurvich, Tsai, 1989
    """
    k = np.asarray(k)
    if (k < 1).any() or (k >= n).any():
        raise ValueError(f"`k` must lie from 1 to n - 1, {n - 1}. Received: k={k}")
    rss = np.maximum(rss, np.finfo(float).tiny)
    fit = n / 2 * np.log(rss / n)
    if criterion in ("rnml", "gmdl"):
        code = _rnml if criterion == "rnml" else _gmdl
        if level is None:
            return code(n, k, rss, fitted)
        rest = rss + fitted
        mean = code(n, np.asarray(1), rest, level) - code(n - 1, np.asarray(0), rest, 0.0)
        return mean + code(n - 1, k - 1, rss, fitted)
    if criterion == "bic":
        return fit + k / 2 * np.log(n)
    if criterion == "aic":
        return fit + k
    if criterion == "aicc":
        room = np.where(n - k - 2 > 0, n - k - 2, np.nan)
        return np.nan_to_num(fit + (k + 1) * n / room, nan=np.inf)
    if criterion == "loo":
        return n / 2 * np.log(np.maximum(press, np.finfo(float).tiny) / n)
    if criterion == "two_part":
        return n / 2 * (np.log(2 * np.pi * rss / n) + 1) + (k + 1) / 2 * np.log(n)
    raise ValueError(f"`criterion` must be one of {CRITERIA}. Received: {criterion!r}")


def _rnml(n, k, rss, fitted):
    """Return Rissanen's code: the maximized likelihood, normalized over data and both scales.

    Normalizing leaves `p(y)` proportional to `fitted ** (-k / 2) rss ** (-(n - k) / 2)`: uniform in
    the logarithms of the total and of `fitted / rss`. The second has no bounds of its own and
    would cost infinitely much, so it gets a proper density: above chance `_RATIO / (_RATIO + u)**2`
    of the excess `u`; below chance the columns say nothing, and the code is that of no columns.
    """
    from scipy.special import betainc, betaln, gammaln

    total = rss + fitted
    nothing = n / 2 * np.log(np.pi * total) - gammaln(n / 2)
    pays = (k > 0) & (fitted * n > k * total)
    k, left = np.where(pays, k, 1), np.where(pays, n - k, 1)
    ratio = np.where(pays, fitted / rss, 1.0)
    a, b = k / 2, left / 2
    # -log of the density of log(fitted / rss) if all directions are alike, and of ours
    alike = betaln(a, b) - a * np.log(ratio) + (a + b) * np.log1p(ratio)
    excess = np.maximum(np.log(ratio) - np.log(k / left), 0)
    above = np.log1p(
        -betainc(a, b, k / (k + left))
    )  # the probability that is left for what is above chance
    ours = 2 * np.log(_RATIO + excess) - np.log(_RATIO) - above
    return nothing + np.where(pays, ours - alike, 0.0)


def _gmdl(n, k, rss, fitted):
    """Return Hansen and Yu's mixture code, with half a logarithm of `n` for each of its scales."""
    total = rss + fitted
    nothing = n / 2 * np.log(total / n) + np.log(n) / 2
    pays = (k > 0) & (fitted * n > k * total)
    k, left, fitted = (np.where(pays, value, 1) for value in (k, n - k, fitted))
    variance = rss / left
    used = n / 2 * np.log(variance) + k / 2 * np.log(fitted / (k * variance)) + np.log(n)
    return np.where(pays, used, nothing)


def nested_scores(columns, y, criterion):
    """Return the scores of the first 1, 2, … columns, from one QR decomposition.

    A column that depends on those before it adds nothing and costs nothing.

    Args:
        columns: Array `(n, columns)`, most important first.
        y: Array `(n,)`.
        criterion: One of `CRITERIA`.

    Returns:
        Array of as many scores as there are columns.

    Raises:
        ValueError: If there are `n` independent columns or more, or too few rows that determine
            them for `"prequential"`.
    """
    n = len(y)
    kept = first_independent(columns)
    ranks = np.cumsum(kept)
    basis = columns[:, kept]
    if criterion == "prequential":
        start = _first_determined(basis)
        scores = [prequential_nats(basis[:, :k], y, start) for k in range(1, ranks[-1] + 1)]
        return np.array(scores)[np.maximum(ranks, 1) - 1]
    q = np.zeros(columns.shape)
    q[:, kept] = np.linalg.qr(basis)[0]
    mean = y.mean()
    spans_mean = np.abs(_residuals(q, np.ones(n))).max(axis=0) < 1e-10
    residuals = np.where(spans_mean, _residuals(q, y - mean), _residuals(q, y))
    # Below this the error is rounding, and its size says nothing.
    rss = np.maximum((residuals**2).sum(axis=0), n * (1e-14 * np.abs(y).max()) ** 2)
    press = None
    if criterion == "loo":
        leverage = np.cumsum(q**2, axis=1)
        press = np.sum((residuals / np.maximum(1 - leverage, 1e-12)) ** 2, axis=0)
    args = criterion, n, np.maximum(ranks, 1), rss
    fitted, beside_mean = (np.cumsum((q.T @ v) ** 2) for v in (y, y - mean))
    scores = np.where(
        spans_mean,
        regression_score(*args, beside_mean, press, n * mean**2),
        regression_score(*args, fitted, press),
    )
    return np.round(scores, 9)  # what differs by rounding alone is equal: the fewest columns win


def _residuals(q, y):
    """Return what the first 1, 2, … orthonormal columns leave of `y`."""
    return y[:, None] - np.cumsum(q * (q.T @ y), axis=1)


def first_independent(columns):
    """Return which columns do not depend on those before them, a boolean array."""
    kept, basis = [], np.zeros((len(columns), 0))
    for column in columns.T / np.maximum(np.abs(columns).max(axis=0), 1e-300)[:, None]:
        rest = column
        for _ in range(2):  # the second time removes what rounding left of the first
            rest = rest - basis @ (basis.T @ rest)
        length = np.linalg.norm(rest)
        kept.append(bool(length > 1e-11 * max(np.linalg.norm(column), 1e-300)))
        if kept[-1]:
            basis = np.column_stack([basis, rest / length])
    return np.array(kept)


def _first_determined(columns):
    """Return after how many rows the columns are independent, with one row to spare."""
    n, k = columns.shape
    for start in range(k + 1, n):
        if first_independent(columns[:start]).all():
            return start
    raise ValueError(
        f"`x` must determine {k} coefficients before its last row for criterion 'prequential'."
    )


def prequential_nats(columns, y, start=None, predictive="student"):
    """Return the code length of predicting every number from the ones before it.

    One row is added to a triangular factor at a time, which stays stable where inverses would not.

    Args:
        columns: Array `(n, columns)`.
        y: Array `(n,)`.
        start: Integer, how many numbers are taken as given; at least `columns + 1`, and their rows
            must be of full rank. `None` for two, whatever the columns, so that lengths compare:
            a number then is predicted by the first columns that the numbers before it determine.
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
    if start is not None:
        if not k + 1 <= start <= n:
            raise ValueError(f"`start` must lie from {k + 1} to {n}. Received: start={start}")
        if not first_independent(columns[:start]).all():
            raise ValueError(f"`start` must leave rows of full rank before it. Received: {start}")
    used, factor, found = np.zeros(0, int), None, []
    for i in range(2 if start is None else start, n):
        if len(used) == k:
            factor = _triangle(np.vstack([factor, np.append(columns[i - 1], y[i - 1])]))
        else:
            used = np.flatnonzero(first_independent(columns[:i]))[: i - 1]
            factor = _triangle(np.column_stack([columns[:i, used], y[:i]]))
        row, free = columns[i, used], i - len(used)
        weights, scaled = _solve(factor, row)
        scale = abs(factor[-1, -1]) / np.sqrt(free) * np.sqrt(1 + scaled @ scaled)
        found.append((y[i] - row @ weights, free, max(scale, 1e-150)))
    errors, free, scales = np.array(found).reshape(-1, 3).T
    if predictive == "student":
        return float(-student.logpdf(errors, free, scale=scales).sum())
    return float(errors @ errors)


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
        x = check_real(x, "x")
        if x.shape != (len(self.columns),):
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
        """Take the first two numbers as given, and predict the others from those before."""
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
        if len(x) != 2:
            raise ValueError(f"`x` must be two sequences, (x, y). Received: {len(x)}")
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
    columns = check_real(columns, "columns")
    if columns.ndim != 2:
        raise ValueError("`columns` must be finite and of shape (n, columns).")
    if columns.shape[1] >= len(columns) or columns.shape[1] == 0:
        raise ValueError(
            f"`columns` must be at least 1 and at most n - 1, {len(columns) - 1}. "
            f"Received: {columns.shape[1]}"
        )
    kept = first_independent(columns)
    if not kept.any():
        raise ValueError("`columns` must hold one that is not zero.")
    if not kept.all():
        left_out = np.sum(~kept)
        warnings.warn(f"{left_out} dependent columns are left out.", stacklevel=3)
    return columns[:, kept]


def legendre_columns(x, degree):
    """Return Legendre polynomials of `x` scaled to [-1, 1]."""
    low, high = x.min(), x.max()
    scaled = 2 * (x - low) / (high - low) - 1 if high > low else 0 * x
    return np.polynomial.legendre.legvander(scaled, degree)


def check_pairs(x, y):
    """Return two arrays of finite numbers of one length."""
    x, y = check_real(x, "x"), check_real(y, "y")
    if x.ndim != 1 or x.shape != y.shape or len(x) == 0:
        raise ValueError(f"`x` and `y` must be as many numbers. Received: {x.shape}, {y.shape}")
    return x, y

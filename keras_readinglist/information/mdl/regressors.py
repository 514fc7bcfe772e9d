"""Regression that chooses its own complexity, with the protocol of scikit-learn."""

import itertools
import math

import numpy as np

from keras_readinglist.information.mdl.codes import integer_code_length
from keras_readinglist.information.mdl.estimator import (
    Estimator,
    check_real,
    check_table,
    check_target,
)
from keras_readinglist.information.mdl.regression import (
    CRITERIA,
    first_independent,
    nested_scores,
)


class MDLPolynomial(Estimator):
    """Fits a polynomial whose degree is chosen by a code length.

    Of degrees that the places of `x` cannot tell apart the smallest is chosen.

    Args:
        max_degree: Integer, the largest degree that is tried.
        criterion: One of `"rnml"`, `"gmdl"`, `"bic"`, `"aic"`, `"aicc"`, `"loo"`, `"two_part"`,
            `"prequential"`. The first two and the last are codes of the same numbers, in which
            noise is shortest without any slope; `"aic"`, `"aicc"` and `"loo"` aim at prediction
            and choose too much now and then, however many numbers there are.
        basis: `"legendre"` or `"power"`, of `x` scaled to [-1, 1]; coefficients refer to it.

    Attributes:
        degree_: The degree chosen.
        scores_: Nats of every degree, up to what they share.
        coef_: Coefficients of the basis, lowest degree first.

    Example:
        >>> x = np.linspace(-1, 1, 60)
        >>> y = x**3 + 0.1 * np.random.default_rng(0).standard_normal(60)
        >>> MDLPolynomial().fit(x, y).degree_
        3
    """

    kind = "regressor"
    inputs = ("one_d_array",)

    def __init__(self, max_degree=8, criterion="rnml", basis="legendre"):
        self.max_degree, self.criterion, self.basis = max_degree, criterion, basis

    def fit(self, x, y):
        """Choose the degree and fit the polynomial."""
        if self.criterion not in CRITERIA:
            raise ValueError(f"`criterion` must be one of {CRITERIA}. Received: {self.criterion!r}")
        if self.basis not in ("legendre", "power"):
            raise ValueError(f"`basis` must be 'legendre' or 'power'. Received: {self.basis!r}")
        x = _places(x)
        y = check_target(y, len(x))
        if not isinstance(self.max_degree, (int, np.integer)) or self.max_degree < 0:
            raise ValueError(
                f"`max_degree` must be an integer of at least 0. Received: {self.max_degree!r}"
            )
        if self.max_degree + 1 >= len(x):
            raise ValueError(
                f"`max_degree` must be below n - 1, {len(x) - 1}: at most n - 1 columns. "
                f"Received: max_degree={self.max_degree}"
            )
        self.range_ = float(x.min()), float(x.max())
        columns = self.columns(x, self.max_degree)
        self.scores_ = nested_scores(columns, y, self.criterion)
        self.degree_ = int(np.argmin(self.scores_))
        self.coef_ = np.linalg.lstsq(columns[:, : self.degree_ + 1], y, rcond=None)[0]
        return self

    def columns(self, x, degree):
        """Return the basis at places `x`, scaled as in `fit`, `(len(x), degree + 1)`."""
        low, high = self.range_
        scaled = 2 * (x - low) / (high - low) - 1 if high > low else 0 * x
        if self.basis == "power":
            return np.vander(scaled, degree + 1, increasing=True)
        return np.polynomial.legendre.legvander(scaled, degree)

    def predict(self, x):
        """Return the polynomial's values."""
        self._fitted("coef_")
        return self.columns(_places(x), self.degree_) @ self.coef_

    def score(self, x, y):
        """Return the share of variance that is explained, `R**2`."""
        return r_squared(y, self.predict(x))


def _places(x):
    """Return one number a row: `x` is `(n,)` or a single column."""
    x = check_real(x, "x")
    if x.ndim == 2 and x.shape[1] == 1:
        x = x[:, 0]
    if x.ndim != 1 or len(x) == 0:
        raise ValueError(f"`x` must be numbers, or one column of them. Received shape: {x.shape}")
    return x


class MDLSubsetRegressor(Estimator):
    """Linear regression on the columns that pay for themselves.

    Naming `k` of `p` columns costs `log C(p, k)` and the code of `k` beside the criterion. Columns
    that depend on others in a subset, or on the intercept, are never chosen.

    Args:
        criterion: As for `MDLPolynomial`, without `"loo"` and `"prequential"`.
        search: `"best"` (all subsets, up to 20 columns), `"forward"` (the best next column), or
            `"lars"` (in the order of least angle regression; needs scikit-learn).

    Attributes:
        support_: Boolean array, the columns chosen.
        coef_: Coefficients of all columns, 0 for those left out.
        intercept_: The intercept.
        scores_: Nats of the best subset of every size from 0.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> columns = rng.standard_normal((80, 6))
        >>> y = 2 * columns[:, 1] - columns[:, 4] + 0.3 * rng.standard_normal(80)
        >>> MDLSubsetRegressor().fit(columns, y).support_.nonzero()[0].tolist()
        [1, 4]
    """

    kind = "regressor"

    def __init__(self, criterion="rnml", search="best"):
        self.criterion, self.search = criterion, search

    def fit(self, x, y):
        """Choose columns and fit their coefficients."""
        x = check_table(x, least=3)
        y = check_target(y, len(x))
        searches = {"best": self._best, "forward": self._forward, "lars": self._lars}
        if self.search not in searches:
            raise ValueError(
                f"`search` must be one of {tuple(searches)}. Received: {self.search!r}"
            )
        if self.criterion not in CRITERIA[:-1] or self.criterion == "loo":
            raise ValueError(
                f"`criterion` must be one of {CRITERIA}, without 'loo' and 'prequential'. "
                f"Received: {self.criterion!r}"
            )
        self.n_features_in_ = p = x.shape[1]
        columns, scale, varies = _standardized(x)
        target = y - y.mean()
        subsets = searches[self.search](columns[:, varies], target, min(varies.sum(), len(y) - 2))
        self.scores_, chosen = [], []
        for k, candidates in enumerate(subsets):
            candidates = [np.flatnonzero(varies)[list(subset)] for subset in candidates]
            scores = [self._score(columns, y, subset) for subset in candidates]
            best = int(np.argmin(scores))
            ways = math.log(math.comb(p, k)) + integer_code_length(k + 1, unit="nats")
            self.scores_.append(scores[best] + ways)
            chosen.append(candidates[best])
        subset = chosen[int(np.argmin(self.scores_))]
        self.support_ = np.isin(np.arange(p), subset)
        self.coef_ = np.zeros(p)
        weights = np.linalg.lstsq(columns[:, subset], target, rcond=None)[0]
        self.coef_[subset] = weights / scale[subset]
        self.intercept_ = float(y.mean() - x.mean(axis=0) @ self.coef_)
        return self

    def _score(self, columns, y, subset):
        design = np.column_stack([np.ones(len(y)), columns[:, subset]])
        if not first_independent(design).all():
            return math.inf
        return float(nested_scores(design, y, self.criterion)[-1])

    def _best(self, x, y, most):
        """Yield the few subsets of every size with the smallest error, among all."""
        p = x.shape[1]
        if p > 20:
            raise ValueError(f"`search='best'` takes at most 20 columns. Received: {p}")
        gram, moments = x.T @ x, x.T @ y
        yield [()]
        for k in range(1, most + 1):
            subsets = np.array(list(itertools.combinations(range(p), k)))
            grams = gram[subsets[:, :, None], subsets[:, None]] + 1e-10 * np.eye(k)
            right = moments[subsets]
            explained = np.einsum(
                "sk,sk->s", right, np.linalg.solve(grams, right[..., None])[..., 0]
            )
            yield subsets[np.argsort(-explained, kind="stable")[:3]].tolist()

    def _forward(self, x, y, most):
        chosen, residual = [], y
        yield [()]
        for _ in range(most):
            others = x
            if chosen:
                q, _ = np.linalg.qr(x[:, chosen])
                others = others - q @ (q.T @ others)
                others = others - q @ (q.T @ others)
            lengths = (others**2).sum(axis=0)
            free = lengths > 1e-20
            free[chosen] = False
            if not free.any():
                return
            gains = (others.T @ residual) ** 2 / np.where(free, lengths, 1)
            chosen.append(int(np.argmax(np.where(free, gains, -1))))
            part = x[:, chosen]
            residual = y - part @ np.linalg.lstsq(part, y, rcond=None)[0]
            yield [tuple(chosen)]

    def _lars(self, x, y, most):
        from sklearn.linear_model import lars_path

        order = lars_path(x, y, method="lar")[1] if x.shape[1] else []
        return [[tuple(order[:k])] for k in range(min(most, len(order)) + 1)]

    def predict(self, x):
        """Return the values of the regression."""
        self._fitted("coef_")
        x = check_table(x, self.n_features_in_, estimator=type(self).__name__)
        return x @ self.coef_ + self.intercept_

    def score(self, x, y):
        """Return the share of variance that is explained, `R**2`."""
        return r_squared(y, self.predict(x))


def _standardized(x):
    """Return centred columns of length 1, their lengths, and which columns vary at all."""
    centred = x - x.mean(axis=0)
    scale = np.linalg.norm(centred, axis=0)
    varies = scale > 1e-13 * np.linalg.norm(x, axis=0)
    scale = np.where(varies, scale, 1.0)
    return np.where(varies, centred / scale, 0.0), scale, varies


def r_squared(y, predicted):
    """Return `1 - squared error / variance`; for constant `y` 1 if it is met exactly, else 0."""
    y = check_target(y, len(predicted))
    error, variance = np.sum((y - predicted) ** 2), np.sum((y - y.mean()) ** 2)
    if variance == 0:
        return float(error == 0)
    return float(1 - error / variance)

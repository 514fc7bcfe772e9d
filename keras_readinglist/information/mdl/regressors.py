"""Regression that chooses its own complexity, with the protocol of scikit-learn."""

import itertools
import math

import numpy as np

from keras_readinglist.information.mdl.codes import integer_code_length
from keras_readinglist.information.mdl.estimator import Estimator
from keras_readinglist.information.mdl.regression import (
    CRITERIA,
    check_pairs,
    nested_scores,
    regression_score,
)


class MDLPolynomial(Estimator):
    """Fits a polynomial whose degree is chosen by a code length.

    Args:
        max_degree: Integer, the largest degree that is tried.
        criterion: One of `"rnml"`, `"gmdl"`, `"bic"`, `"aic"`, `"aicc"`, `"loo"`, `"two_part"`,
            `"prequential"`.
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

    def __init__(self, max_degree=8, criterion="rnml", basis="legendre"):
        self.max_degree, self.criterion, self.basis = max_degree, criterion, basis

    def fit(self, x, y):
        """Choose the degree and fit the polynomial."""
        if self.criterion not in CRITERIA:
            raise ValueError(f"`criterion` must be one of {CRITERIA}. Received: {self.criterion!r}")
        if self.basis not in ("legendre", "power"):
            raise ValueError(f"`basis` must be 'legendre' or 'power'. Received: {self.basis!r}")
        x, y = check_pairs(np.ravel(x), y)
        self.range_ = float(x.min()), float(x.max())
        if self.max_degree + 1 >= len(x):
            raise ValueError(
                f"`max_degree` must be below n - 1, {len(x) - 1}: at most n - 1 columns. "
                f"Received: max_degree={self.max_degree}"
            )
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
        return self.columns(np.asarray(np.ravel(x), float), self.degree_) @ self.coef_

    def score(self, x, y):
        """Return the share of variance that is explained, `R**2`."""
        return r_squared(y, self.predict(x))


class MDLSubsetRegressor(Estimator):
    """Linear regression on the columns that pay for themselves.

    Naming `k` of `p` columns costs `log C(p, k)` and the code of `k` beside the criterion.

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

    def __init__(self, criterion="rnml", search="best"):
        self.criterion, self.search = criterion, search

    def fit(self, x, y):
        """Choose columns and fit their coefficients."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        if x.ndim != 2 or y.shape != x.shape[:1] or not np.isfinite(x).all():
            raise ValueError("`x` must be finite, of shape (n, columns), and `y` of shape (n,).")
        if not np.isfinite(y).all():
            raise ValueError("`y` must be finite.")
        searches = {"best": self._best, "forward": self._forward, "lars": self._lars}
        if self.search not in searches:
            raise ValueError(
                f"`search` must be one of {tuple(searches)}. Received: {self.search!r}"
            )
        p, most = x.shape[1], min(x.shape[1], len(y) - 2)
        centred = x - x.mean(axis=0)
        subsets = searches[self.search](centred, y - y.mean(), most)
        self.scores_, chosen = [], []
        for k, candidates in enumerate(subsets):
            scores = [self._score(centred, y, subset) for subset in candidates]
            best = int(np.argmin(scores))
            ways = math.log(math.comb(p, k)) + integer_code_length(k + 1, unit="nats")
            self.scores_.append(scores[best] + ways)
            chosen.append(candidates[best])
        subset = list(chosen[int(np.argmin(self.scores_))])
        self.support_ = np.isin(np.arange(p), subset)
        self.coef_ = np.zeros(p)
        if subset:
            self.coef_[subset] = np.linalg.lstsq(centred[:, subset], y - y.mean(), rcond=None)[0]
        self.intercept_ = float(y.mean() - x.mean(axis=0) @ self.coef_)
        return self

    def _score(self, centred, y, subset):
        residual = y - y.mean()
        if len(subset):
            part = centred[:, list(subset)]
            residual = residual - part @ np.linalg.lstsq(part, residual, rcond=None)[0]
        rss = residual @ residual
        args = (len(y), len(subset) + 1, rss, y @ y - rss)
        return float(regression_score(self.criterion, *args))

    def _best(self, x, y, most):
        """Yield the few subsets of every size with the smallest error, among all."""
        p = x.shape[1]
        if p > 20:
            raise ValueError(f"`search='best'` takes at most 20 columns. Received: {p}")
        gram, moments = x.T @ x, x.T @ y
        yield [()]
        for k in range(1, most + 1):
            subsets = np.array(list(itertools.combinations(range(p), k)))
            grams = gram[subsets[:, :, None], subsets[:, None]] + 1e-12 * np.trace(gram) * np.eye(k)
            right = moments[subsets]
            explained = np.einsum(
                "sk,sk->s", right, np.linalg.solve(grams, right[..., None])[..., 0]
            )
            yield subsets[np.argsort(-explained)[:3]].tolist()

    def _forward(self, x, y, most):
        chosen, residual = [], y
        yield [()]
        for _ in range(most):
            rest = [j for j in range(x.shape[1]) if j not in chosen]
            others = x[:, rest]
            if chosen:
                q, _ = np.linalg.qr(x[:, chosen])
                others = others - q @ (q.T @ others)
            lengths = np.maximum((others**2).sum(axis=0), 1e-12)
            chosen.append(rest[int(np.argmax((others.T @ residual) ** 2 / lengths))])
            part = x[:, chosen]
            residual = y - part @ np.linalg.lstsq(part, y, rcond=None)[0]
            yield [tuple(chosen)]

    def _lars(self, x, y, most):
        from sklearn.linear_model import lars_path

        _, order, _ = lars_path(x / np.maximum(x.std(axis=0), 1e-12), y, method="lar")
        return [[tuple(order[:k])] for k in range(min(most, len(order)) + 1)]

    def predict(self, x):
        """Return the values of the regression."""
        self._fitted("coef_")
        return np.asarray(x, float) @ self.coef_ + self.intercept_

    def score(self, x, y):
        """Return the share of variance that is explained, `R**2`."""
        return r_squared(y, self.predict(x))


def r_squared(y, predicted):
    """Return `1 - squared error / variance`."""
    y = np.asarray(y, float)
    return float(1 - np.sum((y - predicted) ** 2) / np.sum((y - y.mean()) ** 2))

"""Regression by code lengths, and histograms."""

import itertools
import math

import numpy as np
import pytest

from keras_readinglist import information as info
from keras_readinglist.information.mdl.histogram import complexity_nats
from keras_readinglist.information.mdl.regression import (
    CRITERIA,
    nested_scores,
    prequential_nats,
    regression_score,
)

pytestmark = pytest.mark.once

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, 40)
Y = 1 - X + 2 * X**3 + 0.3 * RNG.standard_normal(40)


@pytest.mark.parametrize("criterion", [c for c in CRITERIA if c != "prequential"])
def test_one_pass_over_degrees_equals_a_fit_of_each(criterion):
    columns = np.vander(X, 6, increasing=True)
    scores = nested_scores(columns, Y, criterion)
    for k in range(1, 7):
        part = columns[:, :k]
        fit = part @ np.linalg.lstsq(part, Y, rcond=None)[0]
        press = 0.0
        for i in range(40):
            kept = np.arange(40) != i
            w = np.linalg.lstsq(part[kept], Y[kept], rcond=None)[0]
            press += (Y[i] - part[i] @ w) ** 2
        expected = regression_score(criterion, 40, k, ((Y - fit) ** 2).sum(), fit @ fit, press)
        assert scores[k - 1] == pytest.approx(float(expected), rel=1e-8)


def test_scores_depend_on_the_span_alone():
    columns = np.vander(X, 4, increasing=True)
    other = columns @ RNG.standard_normal((4, 4))
    for criterion in CRITERIA:
        a = nested_scores(columns, Y, criterion)[-1]
        b = nested_scores(other, Y, criterion)[-1]
        assert a == pytest.approx(b, rel=1e-6)


def test_rank_one_updates_equal_refits():
    from scipy.stats import t

    columns = np.vander(X, 3, increasing=True)
    total = squares = 0.0
    for i in range(6, 40):
        past, seen = columns[:i], Y[:i]
        w = np.linalg.lstsq(past, seen, rcond=None)[0]
        variance = ((seen - past @ w) ** 2).sum() / (i - 3)
        spread = 1 + columns[i] @ np.linalg.inv(past.T @ past) @ columns[i]
        error = Y[i] - columns[i] @ w
        total -= t.logpdf(error, i - 3, scale=math.sqrt(variance * spread))
        squares += error**2
    assert prequential_nats(columns, Y, start=6) == pytest.approx(total)
    least = prequential_nats(columns, Y, start=6, predictive="least_squares")
    assert least == pytest.approx(squares)


def test_rnml_by_its_formula():
    n, k, rss, fitted = 30, 4, 12.0, 50.0
    expected = (
        13 * math.log(rss / n)
        + 2 * math.log(fitted / n)
        - math.lgamma(13)
        - math.lgamma(2)
        + math.log(4 / 16)
        + 15 * math.log(30 * math.pi)
    )
    assert float(regression_score("rnml", n, k, rss, fitted)) == pytest.approx(expected)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("basis", ["legendre", "power"])
def test_polynomial_finds_the_cubic(criterion, basis):
    model = info.MDLPolynomial(max_degree=6, criterion=criterion, basis=basis).fit(X, Y)
    assert model.degree_ >= 3 and len(model.scores_) == 7 and len(model.coef_) == model.degree_ + 1
    assert model.score(X, Y) > 0.6
    if criterion in ("rnml", "gmdl", "bic", "prequential"):
        assert model.degree_ == 3
    np.testing.assert_allclose(model.predict(np.array([0.0])), 1, atol=0.3)


def test_scale_does_not_change_the_choice():
    for factor in (1e-3, 1e3):
        assert info.MDLPolynomial().fit(X, factor * Y).degree_ == 3
        assert info.MDLPolynomial().fit(factor * X, Y).degree_ == 3


@pytest.mark.parametrize("search", ["best", "forward", "lars"])
def test_subsets(search):
    if search == "lars":
        pytest.importorskip("sklearn", reason="least angle regression is scikit-learn's")
    columns = RNG.standard_normal((60, 7))
    y = 3 + 2 * columns[:, 2] - columns[:, 5] + 0.3 * RNG.standard_normal(60)
    model = info.MDLSubsetRegressor(search=search).fit(columns, y)
    assert model.support_.nonzero()[0].tolist() == [2, 5]
    np.testing.assert_allclose(model.coef_[[2, 5]], [2, -1], atol=0.15)
    assert model.intercept_ == pytest.approx(3, abs=0.15)
    assert model.score(columns, y) > 0.9


def test_best_subset_equals_trying_all():
    columns = RNG.standard_normal((25, 5))
    y = columns @ [1, 0.4, 0, 0, -0.3] + 0.5 * RNG.standard_normal(25)
    model = info.MDLSubsetRegressor().fit(columns, y)
    best = math.inf
    for k in range(6):
        for subset in itertools.combinations(range(5), k):
            part = np.column_stack([np.ones(25), columns[:, list(subset)]])
            fit = part @ np.linalg.lstsq(part, y, rcond=None)[0]
            score = float(regression_score("rnml", 25, k + 1, ((y - fit) ** 2).sum(), fit @ fit))
            score += math.log(math.comb(5, k)) + info.integer_code_length(k + 1, unit="nats")
            best = min(best, score)
    assert min(model.scores_) == pytest.approx(best)


def test_noise_alone_needs_no_columns():
    columns = RNG.standard_normal((100, 8))
    assert not info.MDLSubsetRegressor("gmdl").fit(columns, RNG.standard_normal(100)).support_.any()


def test_code_lengths_of_regression():
    lengths = [info.code_length((X, Y), info.Polynomial(d)) for d in range(6)]
    assert int(np.argmin(lengths)) == 3
    columns = np.vander(X, 4, increasing=True)
    model = info.LinearRegression(columns)
    for method in ("nml", "two_part", "prequential", "bic", "aic"):
        by_columns = info.code_length(Y, model, method)
        by_degree = info.code_length((X, Y), info.Polynomial(3), method)
        assert by_columns == pytest.approx(by_degree, rel=1e-6)
    fit = columns @ np.linalg.lstsq(columns, Y, rcond=None)[0]
    variance = ((Y - fit) ** 2).mean()
    assert model.fit_nats(Y) == pytest.approx(20 * math.log(2 * math.pi * variance) + 20)


def test_dependent_columns_are_dropped_with_a_warning():
    columns = np.column_stack([X, 2 * X, X**2])
    with pytest.warns(UserWarning, match="1 dependent"):
        assert info.LinearRegression(columns).columns.shape == (40, 2)


def exhaustive_histogram(x, epsilon, max_bins):
    """Return the nats of the best histogram with 1, 2, … bins, trying all cuts."""
    places = np.unique(np.round(np.concatenate([x - epsilon / 2, x + epsilon / 2]), 9))
    n, scores = len(x), []
    charges = complexity_nats(n, len(places), max_bins)
    for bins in range(1, max_bins + 1):
        best = math.inf
        for inner in itertools.combinations(places[1:-1], bins - 1):
            edges = np.array([places[0], *inner, places[-1]])
            counts = np.histogram(x, edges)[0]
            fit = -sum(
                k * math.log(epsilon * k / (n * w))
                for k, w in zip(counts.tolist(), np.diff(edges), strict=True)
                if k
            )
            best = min(best, fit)
        scores.append(best + charges[bins - 1])
    return np.array(scores)


def test_histogram_equals_exhaustive_search():
    for seed in range(4):
        x = np.round(np.random.default_rng(seed).normal(size=7), 1)
        model = info.MDLHistogram(epsilon=0.1, max_bins=4).fit(x)
        expected = exhaustive_histogram(x, 0.1, 4)
        np.testing.assert_allclose(model.scores_, expected, atol=1e-8)
        assert model.n_bins_ == expected.argmin() + 1


def test_histogram_of_steps():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(0, 1, 400), rng.uniform(1, 4, 200)])
    model = info.MDLHistogram().fit(x)
    assert model.n_bins_ == 2
    assert model.edges_[1] == pytest.approx(1, abs=0.05)
    assert model.counts_.sum() == 600
    mass = (model.densities_ * np.diff(model.edges_)).sum()
    assert mass == pytest.approx(1)
    assert model.density([0.5, 3, -1, 9]).round(1).tolist() == [0.7, 0.1, 0, 0]
    assert info.MDLHistogram().fit(np.full(20, 3.0)).n_bins_ == 1


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: info.MDLPolynomial(criterion="mdl").fit(X, Y), "criterion"),
        (lambda: info.MDLPolynomial(basis="sine").fit(X, Y), "basis"),
        (lambda: info.MDLPolynomial(max_degree=39).fit(X, Y), "max_degree"),
        (lambda: info.MDLPolynomial().fit(X, Y[:-1]), "x"),
        (lambda: info.MDLPolynomial().fit(X, Y * np.nan), "x"),
        (lambda: info.MDLPolynomial().predict(X), "MDLPolynomial"),
        (lambda: info.MDLSubsetRegressor(search="all").fit(X[:, None], Y), "search"),
        (lambda: info.MDLSubsetRegressor().fit(np.ones((30, 21)), np.ones(30)), "search='best'"),
        (lambda: info.MDLSubsetRegressor().fit(X, Y), "x"),
        (lambda: info.LinearRegression(np.ones((3, 3))), "columns"),
        (lambda: info.LinearRegression(np.full((3, 1), np.nan)), "columns"),
        (lambda: regression_score("rnml", 5, 5, 1.0, 1.0), "k"),
        (lambda: regression_score("rss", 5, 1, 1.0, 1.0), "criterion"),
        (lambda: prequential_nats(np.ones((5, 2)), np.ones(5), start=2), "start"),
        (lambda: info.Polynomial(-1), "degree"),
        (lambda: info.MDLHistogram(max_bins=0).fit(X), "max_bins"),
        (lambda: info.MDLHistogram(epsilon=0.0).fit(X), "epsilon"),
        (lambda: info.MDLHistogram().fit([]), "x"),
        (lambda: info.MDLHistogram().fit([np.inf]), "x"),
    ],
)
def test_bad_arguments_are_named(call, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        call()

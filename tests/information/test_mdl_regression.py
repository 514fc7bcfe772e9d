"""Regression by code lengths, and histograms."""

import itertools
import math

import numpy as np
import pytest
from scipy import special, stats

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
        rss, level = ((Y - fit) ** 2).sum(), 40 * Y.mean() ** 2
        expected = regression_score(criterion, 40, k, rss, fit @ fit - level, press, level)
        assert scores[k - 1] == pytest.approx(float(expected), rel=1e-8)


def test_scores_depend_on_the_span_alone():
    columns = np.vander(X, 4, increasing=True)
    other = columns @ RNG.standard_normal((4, 4))
    for criterion in CRITERIA:
        a = nested_scores(columns, Y, criterion)[-1]
        b = nested_scores(other, Y, criterion)[-1]
        assert a == pytest.approx(b, rel=1e-6)


def test_rank_one_updates_equal_refits():
    columns = np.vander(X, 3, increasing=True)
    total = squares = 0.0
    for i in range(6, 40):
        past, seen = columns[:i], Y[:i]
        w = np.linalg.lstsq(past, seen, rcond=None)[0]
        variance = ((seen - past @ w) ** 2).sum() / (i - 3)
        spread = 1 + columns[i] @ np.linalg.inv(past.T @ past) @ columns[i]
        error = Y[i] - columns[i] @ w
        total -= stats.t.logpdf(error, i - 3, scale=math.sqrt(variance * spread))
        squares += error**2
    assert prequential_nats(columns, Y, start=6) == pytest.approx(total)
    least = prequential_nats(columns, Y, start=6, predictive="least_squares")
    assert least == pytest.approx(squares)


def test_rnml_by_its_definition():
    """Code the length uniformly in its logarithm, then the share that the columns explain."""
    n, k, rss, fitted = 30, 4, 12.0, 50.0
    surface = math.log(2) + n / 2 * math.log(math.pi) - math.lgamma(n / 2)
    nothing = n * math.log(math.sqrt(rss + fitted)) + surface - math.log(2)
    share, noise = fitted / (rss + fitted), stats.beta(k / 2, (n - k) / 2)
    median = math.log(100)
    excess = math.log(share / (1 - share)) - math.log(k / (n - k))
    density = noise.sf(k / n) * median / (median + excess) ** 2 / (share * (1 - share))
    expected = nothing + math.log(noise.pdf(share) / density)
    assert float(regression_score("rnml", n, k, rss, fitted)) == pytest.approx(expected)
    no_more_than_chance = float(regression_score("rnml", n, k, 27.0, 3.0))
    assert no_more_than_chance == pytest.approx(15 * math.log(30 * math.pi) - math.lgamma(15))


@pytest.mark.parametrize(("n", "k"), [(5, 1), (12, 3), (12, 11), (60, 8)])
def test_rnml_is_a_code_with_every_number_of_columns(n, k):
    """Over all directions the density integrates to what it is without any columns."""
    nothing = n / 2 * math.log(math.pi) - math.lgamma(n / 2)
    chance, far = math.log(k / (n - k)), 600  # log of explained over left, by chance and at most
    logit = chance + 1e-9 + np.expm1(np.linspace(0, math.log(far), 2_001))
    share, rest = special.expit(logit), special.expit(-logit)
    # How often noise explains such a share, times by how much the code is shorter there.
    a, b = k / 2, (n - k) / 2
    log_noise = a * np.log(share) + b * np.log(rest) - special.betaln(a, b)
    nats = np.array(
        [float(regression_score("rnml", n, k, *v)) for v in zip(rest, share, strict=True)]
    )
    above = np.trapezoid(np.exp(log_noise + nothing - nats), logit)
    noise = stats.beta(a, b)
    beyond = noise.sf(k / n) * math.log(100) / (math.log(100) + logit[-1] - chance)
    assert noise.cdf(k / n) + above + beyond == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("criterion", ["rnml", "gmdl", "bic", "two_part", "prequential"])
def test_noise_alone_has_no_slope(criterion):
    degrees = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, y = rng.random(100), rng.standard_normal(100)
        degrees.append(info.MDLPolynomial(criterion=criterion).fit(x, y).degree_)
    assert np.count_nonzero(degrees) <= 2


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("offset", [-1e3, 1e8])
def test_the_origin_of_y_does_not_count(criterion, offset):
    here, there = (info.MDLPolynomial(6, criterion).fit(X, Y + c) for c in (0.0, offset))
    assert there.degree_ == here.degree_
    np.testing.assert_allclose(np.diff(there.scores_), np.diff(here.scores_), atol=1e-4)
    noise = np.random.default_rng(3).standard_normal(40)
    if criterion in ("rnml", "gmdl", "bic"):
        assert info.MDLPolynomial(6, criterion).fit(X, noise + offset).degree_ == 0


@pytest.mark.parametrize("criterion", CRITERIA)
def test_degrees_that_the_places_cannot_tell_apart(criterion):
    for seed in range(5):
        y = 5 + np.random.default_rng(seed).standard_normal(60)
        y[:20] += 3
        three = info.MDLPolynomial(criterion=criterion).fit(np.tile([0.0, 1, 2], 20), y)
        assert three.degree_ <= 2 and (three.scores_[3:] == three.scores_[2]).all()
        one = info.MDLPolynomial(criterion=criterion).fit(np.ones(60), y)
        assert one.degree_ == 0 and one.predict([1.0]) == pytest.approx(y.mean())
    with pytest.raises(ValueError, match="`x`"):
        info.MDLPolynomial(1, "prequential").fit(np.append(np.zeros(9), 1.0), y[:10])


@pytest.mark.parametrize("criterion", CRITERIA)
def test_dependent_columns_neither_help_nor_cost(criterion):
    columns = np.vander(X, 3, increasing=True)
    ones = np.ones(40)
    more = np.column_stack([ones, 7 * ones, X, 0 * X, 3 - X, X**2, X + X**2])
    plain, scores = (nested_scores(c, Y, criterion) for c in (columns, more))
    np.testing.assert_allclose(scores, plain[[0, 0, 1, 1, 1, 2, 2]], atol=1e-8)


@pytest.mark.filterwarnings("error")
def test_two_numbers_and_three():
    for criterion in ("rnml", "gmdl", "bic", "two_part"):
        assert info.MDLPolynomial(0, criterion).fit([0, 1], [3, 5]).coef_ == pytest.approx([4])
        line = info.MDLPolynomial(1, criterion).fit([0, 1, 2], [3, 5, 7])
        assert line.degree_ == 1 and np.isfinite(line.scores_).all()


def test_exact_and_constant_numbers():
    assert info.MDLPolynomial().fit(X, np.full(40, 0.1)).degree_ == 0
    assert info.MDLPolynomial().fit(X, np.zeros(40)).degree_ == 0
    assert info.MDLPolynomial().fit(X, 1 + X - 3 * X**2).degree_ == 2
    constant = info.MDLPolynomial().fit(X, np.full(40, 0.1))
    assert constant.score(X, np.full(40, 0.1)) in (0.0, 1.0)


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
    best, level = math.inf, 25 * y.mean() ** 2
    for k in range(6):
        for subset in itertools.combinations(range(5), k):
            part = np.column_stack([np.ones(25), columns[:, list(subset)]])
            fit = part @ np.linalg.lstsq(part, y, rcond=None)[0]
            rss, fitted = ((y - fit) ** 2).sum(), fit @ fit - level
            score = float(regression_score("rnml", 25, k + 1, rss, fitted, level=level))
            score += math.log(math.comb(5, k)) + info.integer_code_length(k + 1, unit="nats")
            best = min(best, score)
    assert min(model.scores_) == pytest.approx(best)


@pytest.mark.parametrize("criterion", ["rnml", "gmdl", "bic"])
@pytest.mark.parametrize("search", ["best", "forward"])
def test_noise_alone_needs_no_columns(criterion, search):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        columns, y = rng.standard_normal((80, 6)), 100 + rng.standard_normal(80)
        assert not info.MDLSubsetRegressor(criterion, search).fit(columns, y).support_.any()


@pytest.mark.parametrize("search", ["best", "forward", "lars"])
def test_columns_that_say_nothing_new_are_left_out(search):
    if search == "lars":
        pytest.importorskip("sklearn", reason="least angle regression is scikit-learn's")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(50), rng.standard_normal(50)
    for criterion in ("rnml", "bic"):
        nothing = info.MDLSubsetRegressor(criterion, search).fit(np.zeros((50, 3)), y)
        assert not nothing.support_.any() and nothing.intercept_ == pytest.approx(y.mean())
        columns = np.column_stack([np.full(50, 4.0), x, x, 1e-9 * x, 1 + x])
        model = info.MDLSubsetRegressor(criterion, search).fit(columns, 2 * x + 0.1 * y)
        assert model.support_.sum() == 1 and not model.support_[0]
        np.testing.assert_allclose(model.predict(columns), 2 * x, atol=0.2)


def test_code_lengths_of_regression():
    lengths = [info.code_length((X, Y), info.Polynomial(d)) for d in range(6)]
    assert int(np.argmin(lengths)) == 3
    columns = np.vander(X, 4, increasing=True)
    model = info.LinearRegression(columns)
    for method in ("nml", "two_part", "prequential", "bic", "aic"):
        by_columns = info.code_length(Y, model, method)
        by_degree = info.code_length((X, Y), info.Polynomial(3), method)
        assert by_columns == pytest.approx(by_degree, rel=1e-6)
    shifted = info.code_length(Y + 1e3, model) - info.code_length(
        Y + 1e3, info.LinearRegression(columns[:, :1])
    )
    plain = info.code_length(Y, model) - info.code_length(Y, info.LinearRegression(columns[:, :1]))
    assert shifted == pytest.approx(plain, abs=1e-5)
    fit = columns @ np.linalg.lstsq(columns, Y, rcond=None)[0]
    variance = ((Y - fit) ** 2).mean()
    assert model.fit_nats(Y) == pytest.approx(20 * math.log(2 * math.pi * variance) + 20)


def test_prequential_lengths_are_of_the_same_numbers():
    """The first two numbers are given, whatever the columns: more columns get no more for free."""
    columns = np.vander(X, 4, increasing=True)
    used, nats = [1, 2, 3, 4, 4, 4], 0.0
    for i, k in zip(range(2, 8), used, strict=True):
        part = columns[:i, :k]
        w = np.linalg.lstsq(part, Y[:i], rcond=None)[0]
        variance = ((Y[:i] - part @ w) ** 2).sum() / (i - k)
        spread = 1 + columns[i, :k] @ np.linalg.inv(part.T @ part) @ columns[i, :k]
        nats -= stats.t.logpdf(Y[i] - columns[i, :k] @ w, i - k, scale=math.sqrt(variance * spread))
    assert prequential_nats(columns[:8], Y[:8]) == pytest.approx(nats)
    noise = np.random.default_rng(1).standard_normal(40)
    bits = [info.code_length((X, noise), info.Polynomial(d), "prequential") for d in range(8)]
    assert int(np.argmin(bits)) == 0 and (np.diff(bits) > 0).mean() > 0.7


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


def test_histograms_are_a_family():
    x = np.concatenate([RNG.uniform(0, 1, 200), RNG.uniform(1, 4, 100)])
    model = info.MDLHistogram(epsilon=0.01, max_bins=5).fit(x)
    families = {k: info.mdl.Histogram(k, 0.01) for k in range(1, 6)}
    lengths = [info.code_length(x, f, unit="nats") for f in families.values()]
    np.testing.assert_allclose(lengths, model.scores_ + 300 * math.log(0.01))
    found = info.select_model(x, {f"{k} bins": f for k, f in families.items()})
    assert found.best == f"{model.n_bins_} bins" == "2 bins"
    # Two bins: the best cut by trying all, two parameters
    fit = families[2].fit_nats(x)
    assert info.code_length(x, families[2], "bic", "nats") == pytest.approx(fit + math.log(300))
    densities = model.counts_ / 300 / np.diff(model.edges_)
    assert fit == pytest.approx(-(model.counts_ * np.log(densities)).sum())
    # A density of a known shape is shorter than any histogram of a sample from it, and conversely.
    normal = RNG.normal(0, 1, 300)
    best = min(info.code_length(normal, info.mdl.Histogram(k)) for k in range(1, 9))
    assert info.code_length(normal, info.Gaussian(5)) < best
    assert info.code_length(x, families[2]) < info.code_length(x, info.Gaussian(5))


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
        (lambda: info.MDLPolynomial().fit(X, Y * np.nan), "y"),
        (lambda: info.MDLPolynomial().predict(X), "MDLPolynomial"),
        (lambda: info.MDLSubsetRegressor(search="all").fit(X[:, None], Y), "search"),
        (lambda: info.MDLSubsetRegressor().fit(np.eye(30)[:, :21], np.ones(30)), "search='best'"),
        (lambda: info.MDLSubsetRegressor().fit(X, Y), "x"),
        (lambda: info.LinearRegression(np.ones((3, 3))), "columns"),
        (lambda: info.LinearRegression(np.zeros((5, 2))), "columns"),
        (lambda: info.LinearRegression(np.full((3, 1), np.nan)), "columns"),
        (lambda: regression_score("rnml", 5, 5, 1.0, 1.0), "k"),
        (lambda: regression_score("rss", 5, 1, 1.0, 1.0), "criterion"),
        (lambda: prequential_nats(np.ones((5, 2)), np.ones(5), start=2), "start"),
        (lambda: info.Polynomial(-1), "degree"),
        (lambda: info.MDLHistogram(max_bins=0).fit(X), "max_bins"),
        (lambda: info.MDLHistogram(epsilon=1e-300).fit(X), "epsilon"),
        (lambda: info.mdl.Histogram(0), "bins"),
        (lambda: info.code_length([1.0, 1.0], info.mdl.Histogram(3)), "bins"),
        (lambda: info.code_length([], info.mdl.Histogram(1)), "x"),
        (lambda: info.code_length(X, info.mdl.Histogram(1), "prequential"), "method"),
        (lambda: info.code_length(["a"], info.Gaussian(1)), "x"),
        (lambda: info.code_length([None], info.Gaussian(1)), "x"),
        (lambda: info.code_length(X, info.Polynomial(1)), "x"),
        (lambda: info.MDLHistogram(epsilon=0.0).fit(X), "epsilon"),
        (lambda: info.MDLHistogram().fit([]), "x"),
        (lambda: info.MDLHistogram().fit([np.inf]), "x"),
    ],
)
def test_bad_arguments_are_named(call, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        call()

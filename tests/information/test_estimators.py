"""What scikit-learn asks of an estimator, with scikit-learn and without it."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from keras_readinglist import information as info

pytestmark = pytest.mark.once

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, 60)
Y = X**2 + 0.05 * RNG.standard_normal(60)
TEXTS = ["abab" * 5, "abba" * 5, "aabb" * 5, "xyxy" * 5, "xxyy" * 5, "xyyx" * 5]
KINDS = np.array(list("aaaxxx"))

# What scikit-learn expects otherwise, and why it is so here.
OTHERWISE = {
    "check_dtype_object": "what holds no numbers is a ValueError that names the argument",
    "check_supervised_y_2d": "a column of numbers is as good as the numbers: no warning",
}
ESTIMATORS = [
    info.MDLSubsetRegressor(),
    info.MDLSubsetRegressor(search="forward"),
    info.MDLSubsetRegressor(search="lars"),
    info.MDLPolynomial(),
    info.MDLHistogram(),
    info.MDLMarkovOrder(),
    info.NCDClassifier(),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: f"{type(e).__name__}")
@pytest.mark.filterwarnings("ignore:Can't test estimator")  # of texts and of single columns
@pytest.mark.filterwarnings("ignore:Estimator MDL.* does not inherit")  # it need not
def test_scikit_learn_checks(estimator):
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    table = isinstance(estimator, info.MDLSubsetRegressor)
    checks.check_estimator(
        estimator, expected_failed_checks=OTHERWISE if table else {}, on_skip=None
    )


def test_cross_validation_pipelines_and_grids():
    selection = pytest.importorskip("sklearn.model_selection")
    from sklearn.base import is_classifier, is_regressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    assert is_classifier(info.NCDClassifier()) and is_regressor(info.MDLPolynomial())
    votes = selection.cross_val_score(info.NCDClassifier(1), TEXTS, KINDS, cv=3)
    assert votes.tolist() == [1, 1, 1]
    column = X[:, None]
    curves = selection.cross_val_score(info.MDLPolynomial(4), column, Y, cv=3)
    assert curves.min() > 0.9
    scaled = make_pipeline(StandardScaler(), info.MDLPolynomial(4)).fit(column, Y)
    assert scaled[-1].degree_ == 2 and scaled.score(column, Y) > 0.9
    grid = selection.GridSearchCV(info.MDLSubsetRegressor(), {"search": ["best", "forward"]}, cv=3)
    grid.fit(np.column_stack([X, X**2, RNG.standard_normal(60)]), Y)
    assert grid.best_score_ > 0.9 and grid.best_estimator_.support_.tolist() == [False, True, False]
    bins = selection.GridSearchCV(info.MDLHistogram(), {"max_bins": [1, 4]}, cv=3)
    assert bins.fit(np.concatenate([X, X / 50])).best_params_ == {"max_bins": 4}
    chains = selection.cross_val_score(
        info.MDLMarkovOrder(2), np.tile([0, 0, 1], 40), cv=selection.KFold(3)
    )
    assert chains.min() > -0.2


def test_one_column_is_as_good_as_numbers():
    for model in (info.MDLPolynomial(4), info.MDLHistogram()):
        flat, column = (type(model)().fit(x, Y).score(x, Y) for x in (X, X[:, None]))
        assert flat == column
    by_column = info.MDLPolynomial().fit(X, Y[:, None])
    assert by_column.degree_ == info.MDLPolynomial().fit(X, Y).degree_
    assert by_column.score(X, Y[:, None]) == by_column.score(X, Y)
    assert info.NCDClassifier(1).fit(TEXTS, KINDS[:, None]).predict(TEXTS).tolist() == [*KINDS]


def test_scores():
    chain = info.MDLMarkovOrder(1).fit(np.tile([0, 1], 50))
    assert chain.order_ == 1
    expected = np.log([chain.predict_proba([0])[1], chain.predict_proba([1])[0]]).mean()
    assert chain.score([0, 1, 0]) == pytest.approx(expected)
    constant = info.MDLPolynomial(1).fit(X, 0 * Y)
    assert constant.score(X, 0 * Y) == 1 and constant.score(X, 0 * Y + 1) == 0


def test_estimators_work_without_scikit_learn():
    code = """
        import sys
        sys.modules["sklearn"] = None
        import numpy as np
        from keras_readinglist import information as info
        x = np.linspace(-1, 1, 30)
        assert info.MDLPolynomial().fit(x, x**2).degree_ == 2
        assert info.MDLSubsetRegressor().fit(x[:, None], x).support_.all()
        assert info.MDLHistogram().fit(x).n_bins_ == 1
        try:
            info.MDLPolynomial().predict(x)
        except ValueError as error:
            assert "must be fitted first" in str(error)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: info.MDLPolynomial().fit(np.ones((20, 2)), np.ones(20)), "x"),
        (lambda: info.MDLPolynomial(max_degree=1.5).fit(X, Y), "max_degree"),
        (lambda: info.MDLPolynomial().fit(X, None), "y"),
        (lambda: info.MDLPolynomial().fit(["a", "b"], [1, 2]), "x"),
        (lambda: info.MDLSubsetRegressor("loo").fit(X[:, None], Y), "criterion"),
        (lambda: info.MDLSubsetRegressor().fit(X[:, None], Y + 0j), "y"),
        (lambda: info.MDLSubsetRegressor().fit(X[:2, None], Y[:2]), "x"),
        (lambda: info.MDLSubsetRegressor().fit(X[:, None], Y).predict(np.ones((3, 2))), "x"),
        (lambda: info.MDLHistogram().fit([None]), "x"),
        (lambda: info.MDLMarkovOrder(1).fit(np.tile([0, 1], 20)).score([0]), "x"),
        (lambda: info.NCDClassifier(1).fit(TEXTS, None), "y"),
        (lambda: info.NCDClassifier(1).fit(TEXTS, np.eye(6)), "y"),
        (lambda: info.NCDClassifier(1).fit(TEXTS, [*"aaaxx", None]), "y"),
        (lambda: info.NCDClassifier(1).fit(TEXTS, [0, 0, 0, 1, 1, np.nan]), "y"),
    ],
)
def test_bad_arguments_are_named(call, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        call()

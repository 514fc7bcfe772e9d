"""The networks of the course compute their formulas, and neighbours are those of scikit-learn."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import (
    FullyConnectedNet,
    KNearestNeighbors,
    LinearClassifier,
    ThreeLayerConvNet,
    TwoLayerNet,
)
from keras_readinglist.applications.cs231n import sanity_check
from keras_readinglist.losses import MulticlassHinge
from tests.applications.case import Case

RNG = np.random.default_rng(0)
IMAGES = RNG.random((4, 4, 4, 1)).astype("float32")
LABELS = np.array([0, 2, 1, 2])
NAMED = {"classify": lambda model, x: [[p for _, p in row] for row in model.classify(x)]}
MADE = {
    "LinearClassifier": lambda **kw: LinearClassifier((4, 4, 1), 3, **kw),
    "TwoLayerNet": lambda **kw: TwoLayerNet((4, 4, 1), 3, 5, regularization=1e-3, **kw),
    "FullyConnectedNet": lambda **kw: FullyConnectedNet((4, 4, 1), 3, (5, 4), **kw),
    "ThreeLayerConvNet": lambda **kw: ThreeLayerConvNet((4, 4, 1), 3, 3, 3, 5, **kw),
}
CASES = {name: Case(make, IMAGES, LABELS, NAMED, double=False) for name, make in MADE.items()}


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def test_two_layers_are_two_matrices():
    model = TwoLayerNet((4, 4, 1), 3, hidden_units=5)
    w1, b1, w2, b2 = model.get_weights()
    hidden = np.maximum(IMAGES.reshape(4, -1) @ w1 + b1, 0)
    np.testing.assert_allclose(model.predict_on_batch(IMAGES), hidden @ w2 + b2, atol=1e-5)


def test_templates_are_the_weights_of_the_classes():
    model = LinearClassifier((4, 4, 3), 2)
    kernel, _ = model.get_weights()
    np.testing.assert_array_equal(model.templates()[1].ravel(), kernel[:, 1])


def test_deep_nets_have_what_was_asked_for():
    model = FullyConnectedNet((4, 4, 1), 3, (5, 4), "batch", 0.5)
    names = [layer.name for layer in model.layers]
    assert {"norm1", "norm2", "dropout1", "dropout2", "scores"} <= set(names)
    a, b = (keras.ops.convert_to_numpy(model(IMAGES, training=True)) for _ in range(2))
    assert np.abs(a - b).max() > 0
    assert "norm1" in [
        layer.name for layer in FullyConnectedNet((4, 4, 1), 3, (5,), "layer").layers
    ]


@pytest.mark.parametrize("name", CASES)
def test_configuration_and_regulariser(name):
    model = CASES[name].make(class_names=["a", "b", "c"], preprocessing={"mean": 0.5, "std": 0.25})
    again = type(model).from_config(model.get_config())
    again.set_weights(model.get_weights())
    assert again.classify(IMAGES) == model.classify(IMAGES) and again.name == model.name
    strict = type(model)((4, 4, 1), 3, regularization=0.1)
    penalty = sum(float(x) for x in strict.losses)
    matrices = [w for w in strict.get_weights() if w.ndim > 1]
    assert penalty == pytest.approx(0.1 * sum((w**2).sum() for w in matrices), rel=1e-4)


def test_a_sane_network_passes_and_a_broken_one_does_not():
    x, y = RNG.random((30, 8, 8, 1)), RNG.integers(0, 3, 30)
    softmax = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = TwoLayerNet((8, 8, 1), 3, regularization=1e-3)
    before = model.get_weights()
    report = sanity_check(model, x, y, softmax)
    assert report.ok and report.penalty > 0 and report.chance_loss == pytest.approx(np.log(3), 1e-5)
    assert all(map(np.array_equal, before, model.get_weights()))
    wild = LinearClassifier((8, 8, 1), 3)
    wild.set_weights([500 * w for w in wild.get_weights()])
    report = sanity_check(wild, x, y, MulticlassHinge(), steps=1)
    assert report.chance_loss == 2 and report.initial_loss > 4 and report.penalty is None
    assert not report.ok


@pytest.mark.parametrize("metric", ["l1", "l2"])
@pytest.mark.parametrize("k", [1, 3, 5])
def test_neighbours_equal_those_of_scikit_learn(metric, k):
    neighbors = pytest.importorskip("sklearn.neighbors")
    x, y = RNG.random((40, 3, 4)).astype("float32"), RNG.integers(0, 4, 40)
    new = RNG.random((70, 3, 4)).astype("float32")
    peer = neighbors.KNeighborsClassifier(k, algorithm="brute", p=1 if metric == "l1" else 2)
    peer.fit(x.reshape(40, -1), y)
    ours = KNearestNeighbors(k, metric).fit(x, y)
    distances, places = ours.kneighbors(new)
    wanted, theirs = peer.kneighbors(new.reshape(70, -1))
    np.testing.assert_array_equal(places, theirs)
    np.testing.assert_allclose(distances, wanted, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(ours.predict(new), peer.predict(new.reshape(70, -1)))


def test_folds_equal_those_of_scikit_learn():
    selection = pytest.importorskip("sklearn.model_selection")
    neighbors = pytest.importorskip("sklearn.neighbors")
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(23, 4)).astype("float32"), rng.integers(0, 3, 23)
    found = KNearestNeighbors().fold_accuracies(x, y, ks=(1, 4), folds=4)
    for k in (1, 4):
        peer = neighbors.KNeighborsClassifier(k, algorithm="brute")
        wanted = selection.cross_val_score(peer, x, y, cv=selection.KFold(4))
        np.testing.assert_allclose(found[k], wanted)
    for bad in ({"folds": 1}, {"folds": 24}, {"ks": (30,)}):
        with pytest.raises(ValueError, match="`folds` must be|`k` be at most"):
            KNearestNeighbors().fold_accuracies(x, y, **bad)


def test_ties_of_neighbours():
    x, y = [[0.0], [1], [-1], [1]], [7, 5, 3, 5]
    model = KNearestNeighbors(2, "l1").fit(x, y)
    assert model.kneighbors([[0.0]])[1].tolist() == [[0, 1]] and model.predict([[0]]).tolist() == [
        5
    ]
    assert model.kneighbors([[0.0]], k=4)[1].tolist() == [[0, 1, 2, 3]]


PIXELS = [[0.0, 1.0], [1.0, 1.0]]
REFUSALS = {
    "no k": (lambda: KNearestNeighbors(0), "`k` must be a positive integer"),
    "another metric": (lambda: KNearestNeighbors(1, "cosine"), "`metric` must be one of"),
    "too few": (lambda: KNearestNeighbors(3).fit(PIXELS, [0, 1]), "`k` must be at most"),
    "no examples": (lambda: KNearestNeighbors().fit(np.zeros((0, 2)), []), "`x` must be rows"),
    "half labels": (lambda: KNearestNeighbors().fit(PIXELS, [0.5, 1]), "`y` must be 2 integers"),
    "not fitted": (lambda: KNearestNeighbors().predict(PIXELS), "`fit` must be called"),
    "wider": (
        lambda: KNearestNeighbors().fit(PIXELS, [0, 1]).predict([[1.0]]),
        "`x` must have 2 numbers",
    ),
    "two channels": (lambda: LinearClassifier((4, 4, 2)), "`input_shape` must be"),
    "no class": (lambda: LinearClassifier((4, 4, 1), 0), "`classes` must be"),
    "no unit": (lambda: TwoLayerNet((4, 4, 1), hidden_units=0), "`hidden_units` must be"),
    "a norm": (lambda: FullyConnectedNet((4, 4, 1), normalization="x"), "`normalization` must be"),
    "too small": (lambda: ThreeLayerConvNet((4, 4, 1), filters=(2, 2, 2)), "8 pixels a side"),
    "negative": (lambda: LinearClassifier((4, 4, 1), regularization=-1), "`regularization`"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name):
    act, words = REFUSALS[name]
    with pytest.raises(ValueError, match=words):
        act()

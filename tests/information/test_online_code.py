"""The online code of Keras models, and the probe that is made of it."""

import math

import keras
import numpy as np
import pytest

from keras_readinglist import information as info

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, 40)
Y = 1 - X + 2 * X**3 + 0.3 * RNG.standard_normal(40)


def classifier(width, logits=False):
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(width, None if logits else "softmax")]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
    model.compile(keras.optimizers.Adam(0.1), loss)
    return model


@pytest.mark.parametrize("logits", [False, True])
def test_online_code_of_a_classifier(logits):
    x = RNG.standard_normal((64, 2)).astype("float32")
    y = (x[:, 0] > 0).astype(int)
    model = classifier(3, logits)
    code = info.prequential_code_length(model, x, y, [8, 24, 32], epochs=15)
    assert code.uniform == pytest.approx(64 * math.log2(3))
    assert code.ends.tolist() == [8, 32, 64] and code.blocks[0] == pytest.approx(8 * math.log2(3))
    assert code.total == pytest.approx(code.blocks.sum()) and code.compression_ratio > 1.3
    # The model ends trained on all blocks but the last: its code of that one is the last length.
    outputs = (
        keras.ops.softmax(model.predict(x[32:], verbose=0))
        if logits
        else model.predict(x[32:], verbose=0)
    )
    p = keras.ops.convert_to_numpy(outputs)[np.arange(32), y[32:]]
    assert code.blocks[-1] == pytest.approx(-np.log2(p).sum(), rel=1e-4)


def test_online_code_is_the_same_again_and_leaves_noise_alone():
    x = RNG.standard_normal((64, 2)).astype("float32")
    noise = RNG.integers(0, 2, 64)
    codes = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        codes.append(info.prequential_code_length(classifier(2), x, noise, [32, 32], epochs=3))
    assert codes[1].total == pytest.approx(codes[0].total, rel=1e-5)
    assert codes[0].compression_ratio < 1.1
    assert codes[0].per_example > 0.9


def test_online_code_of_a_regressor():
    x = RNG.standard_normal((96, 2)).astype("float32")
    y = (x @ [1.0, -2.0] + 0.1 * RNG.standard_normal(96)).astype("float32")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.2), "mse")
    code = info.prequential_code_length(model, x, y, [16, 80], epochs=40)
    assert code.total < code.uniform


def test_an_unbuilt_model_is_built():
    x = RNG.standard_normal((32, 2)).astype("float32")
    for y, width, loss in (
        (x[:, 0], 1, "mse"),
        ((x[:, 0] > 0), 2, "sparse_categorical_crossentropy"),
    ):
        model = keras.Sequential([keras.layers.Dense(width, "softmax" if width > 1 else None)])
        model.compile("sgd", loss)
        code = info.prequential_code_length(model, x, y, [16, 16])
        assert np.isfinite(code.total) and model.built


def test_a_column_of_labels_or_numbers_is_as_good_as_they_are():
    x = RNG.standard_normal((32, 2)).astype("float32")
    labels, numbers = (x[:, 0] > 0).astype(int), x[:, 0] - x[:, 1]
    for make, y in (
        (lambda: classifier(2), labels),
        (lambda: compiled(1, "binary_crossentropy", "sigmoid"), labels),
        (lambda: compiled(1, "mse"), numbers),
    ):
        totals = []
        for shape in (32, (32, 1)):
            keras.utils.set_random_seed(0)
            code = info.prequential_code_length(make(), x, y.reshape(shape), [16, 16], epochs=2)
            totals.append(code.total)
        assert totals[1] == pytest.approx(totals[0], rel=1e-5)


def compiled(width, loss, activation=None):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(width, activation)])
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize(
    ("model", "y", "argument"),
    [
        (lambda: classifier(2), np.eye(2, dtype=int)[[0, 1, 0, 1]], "y"),
        (lambda: classifier(2), np.eye(2)[[0, 1, 0, 1]], "y"),
        (lambda: classifier(2), np.array([0.0, 1, 0, 1]), "y"),
        (lambda: classifier(2), np.array(list("abab")), "y"),
        (lambda: classifier(2), np.array([0, -1, 0, 1]), "y"),
        (lambda: compiled(2, "categorical_crossentropy"), np.array([0, 1, 0, 1]), "model"),
        (lambda: compiled(1, "mse"), np.array([0, 1, 0, 1]), "y"),
        (lambda: compiled(1, "mse"), np.array([0.0, np.nan, 0, 1]), "y"),
        (lambda: compiled(3, "mse"), np.array([0.5, 1, 0, 1]), "model"),
        (lambda: compiled(1, "mse"), np.ones((4, 3)), "y"),
    ],
)
def test_labels_that_would_be_misread_are_refused_before_training(model, y, argument):
    model = model()
    model.fit = None  # nothing is trained
    with pytest.raises(ValueError, match=f"`{argument}`"):
        info.prequential_code_length(model, np.ones((4, 2), "float32"), y)


def test_outputs_that_are_no_probabilities_are_refused():
    model = compiled(2, "sparse_categorical_crossentropy")
    model.layers[0].set_weights([np.array([[9.0, -3.0], [2.0, 5.0]]), np.zeros(2)])
    with pytest.raises(ValueError, match="`model` must give probabilities"):
        info.prequential_code_length(model, np.ones((4, 2), "float32"), np.array([0, 1, 0, 1]))


def test_probe():
    features, blocks = RNG.standard_normal((640, 2)), [320, 320]
    labels = (features[:, 1] > 0).astype(int)
    easy = info.mdl_probe(features, labels, epochs=24, block_sizes=blocks)
    hard = info.mdl_probe(features, RNG.integers(0, 2, 640), epochs=24, block_sizes=blocks)
    assert easy.total < 0.8 * hard.total
    assert info.uniform_code_length(8, 2) == 8


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: info.prequential_code_length(classifier(2), X, Y[:3]), "x"),
        (lambda: info.prequential_code_length(keras.Sequential(), X, Y), "model"),
        (
            lambda: info.prequential_code_length(
                classifier(2), np.ones((4, 2)), np.array([0, 1, 0, 1]), [1, 1]
            ),
            "block_sizes",
        ),
        (
            lambda: info.prequential_code_length(
                classifier(2), np.ones((4, 2)), np.array([0, 1, 2, 1])
            ),
            "y",
        ),
        (lambda: info.mdl_probe(X, Y), "features"),
        (lambda: info.mdl_probe(X[:, None], Y), "labels"),
        (lambda: info.mdl_probe(np.ones((2, 3)), np.eye(2, dtype=int)), "labels"),
        (lambda: info.mdl_probe(np.full((2, 3), np.nan), [0, 1]), "features"),
    ],
)
def test_bad_arguments_are_named(call, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        call()

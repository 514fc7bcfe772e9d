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
    model = classifier(2)
    codes = [info.prequential_code_length(model, x, noise, [32, 32], epochs=3) for _ in range(1)]
    assert codes[0].compression_ratio < 1.1
    assert codes[0].per_example > 0.9


def test_online_code_of_a_regressor():
    x = RNG.standard_normal((96, 2)).astype("float32")
    y = (x @ [1.0, -2.0] + 0.1 * RNG.standard_normal(96)).astype("float32")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.2), "mse")
    code = info.prequential_code_length(model, x, y, [16, 80], epochs=40)
    assert code.total < code.uniform


def test_probe():
    features = RNG.standard_normal((256, 4))
    easy = info.mdl_probe(
        features, (features[:, 1] > 0).astype(int), epochs=60, block_sizes=[64, 192]
    )
    hard = info.mdl_probe(features, RNG.integers(0, 2, 256), epochs=60, block_sizes=[64, 192])
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
    ],
)
def test_bad_arguments_are_named(call, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        call()

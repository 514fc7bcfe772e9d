"""The context module has the paper's fields and sizes, and begins as the identity."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import ContextModule

RNG = np.random.default_rng(0)
SCORES = RNG.standard_normal((2, 9, 8, 2)).astype("float32")
SMALL = {"dilations": (1, 2, 1), "sigma": 0.05}

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (ContextModule, {**SMALL, "seed": 0}, np.abs(SCORES) + 0.2, None),
    (
        ContextModule,
        {**SMALL, "size": "large", "padding": "buffer", "buffer_mode": "reflect", "seed": 1},
        np.abs(SCORES) + 0.2,
        None,
    ),
]


def run(module, x):
    return ops.convert_to_numpy(module(x))


@pytest.mark.parametrize("padding", ["same", "buffer"])
@pytest.mark.parametrize("mode", ["zeros", "reflect"])
def test_begins_as_the_identity(padding, mode):
    x = RNG.standard_normal((1, 40, 36, 3)).astype("float32")
    basic = ContextModule(sigma=0, padding=padding, buffer_mode=mode)
    np.testing.assert_array_equal(run(basic, x), np.maximum(x, 0))
    large = ContextModule(size="large", dilations=(1, 2, 4, 1), sigma=0, padding=padding)
    np.testing.assert_allclose(run(large, x), np.maximum(x, 0), atol=1e-6)


@pytest.mark.parametrize(
    ("classes", "size", "parameters"),
    [
        (21, "basic", 28_392),
        (11, "basic", 7_832),
        (21, "large", 6_803_139),
        (11, "large", 1_867_129),
    ],
)
def test_has_the_parameters_of_the_paper(classes, size, parameters):
    module = ContextModule(size=size, initializer="zeros")
    module.build((None, None, None, classes))
    assert module.count_params() == parameters


@pytest.mark.parametrize(
    ("dilations", "field", "names"),
    [
        ((1, 1, 2, 4, 8, 1), 35, "1_1 1_2 2_1 3_1 4_1"),
        ((1, 1, 2, 4, 8, 16, 1), 67, "1_1 1_2 2_1 3_1 4_1 5_1"),
        ((1, 1, 2, 4, 8, 16, 32, 64, 1), 259, "1_1 1_2 2_1 3_1 4_1 5_1 6_1 7_1"),
        ((1,), 3, ""),
    ],
)
def test_fields_and_names(dilations, field, names):
    module = ContextModule(1, dilations=dilations)
    assert module.receptive_field == field and module.radius == (field - 1) // 2
    module.build((None, None, None, 1))
    expected = [f"ctx_conv{name}" for name in names.split()] + ["ctx_fc1", "ctx_final"]
    assert [layer.name for layer in module.chain] == expected


def test_fields_have_no_gaps():
    """With positive weights a single pixel lights up the whole square, and nothing else."""
    module = ContextModule(1, initializer="ones")
    x = np.zeros((1, 71, 71, 1), "float32")
    x[0, 35, 35] = 1e-6
    lit = run(module, x)[0, ..., 0] > 0
    square = np.zeros((71, 71), bool)
    square[2:69, 2:69] = True
    np.testing.assert_array_equal(lit, square)


def test_borders_differ_only_where_they_are_seen():
    options = {"dilations": (1, 2, 1), "initializer": "glorot_uniform"}
    same, buffer = (ContextModule(2, padding=p, **options) for p in ("same", "buffer"))
    x = RNG.standard_normal((1, 14, 14, 2)).astype("float32")
    for module in (same, buffer):
        module.build(x.shape)
    weights = [RNG.standard_normal(w.shape) for w in same.get_weights()]
    same.set_weights(weights)
    buffer.set_weights(weights)
    a, b = run(same, x), run(buffer, x)
    np.testing.assert_allclose(a[:, 4:-4, 4:-4], b[:, 4:-4, 4:-4], rtol=1e-4, atol=1e-4)
    assert np.abs(a - b).max() > 0.1


def test_widths_and_seeds():
    module = ContextModule(2, dilations=(1, 1), widths=(3, 2), seed=0)
    module.build((None, None, None, 2))
    assert [layer.filters for layer in module.chain] == [6, 4, 2]
    again = ContextModule.from_config(module.get_config())
    again.build((None, None, None, 2))
    for a, b in zip(module.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ContextModule(0), "`classes` must be a positive integer"),
        (lambda: ContextModule(size="huge"), "`size` must be one of"),
        (lambda: ContextModule(dilations=()), "`dilations` must be a sequence"),
        (lambda: ContextModule(widths=(1, 2)), "`widths` must have a number for each"),
        (lambda: ContextModule(padding="valid"), "`padding` must be one of"),
        (lambda: ContextModule(buffer_mode="edge"), "`buffer_mode` must be one of"),
        (lambda: ContextModule(3)(SCORES), "`inputs` must have a last axis of 3"),
        (
            lambda: ContextModule(padding="buffer", buffer_mode="reflect")(SCORES),
            r"larger than the border. Received shape: \(2, 9, 8, 2\), to be padded by \[\(33, 33\)",
        ),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_any_size_after_the_first():
    inputs = keras.Input((None, None, 2))
    model = keras.Model(inputs, ContextModule(**SMALL, padding="buffer")(inputs))
    for side in (5, 9):
        assert model.predict_on_batch(np.ones((1, side, 7, 2))).shape == (1, side, 7, 2)

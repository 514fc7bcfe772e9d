"""Residual units: every shortcut and order against loops over pixels, and exact identities."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import (
    ResidualBlock,
    ResidualUnit,
    StackedResidualStage,
    ZeroPadShortcut,
)
from keras_readinglist.layers.residual.residual_unit import ORDERS, SHORTCUTS

X = np.random.default_rng(0).standard_normal((2, 5, 5, 4)).astype("float32")
TENSOR = ops.convert_to_tensor(X)
SMOOTH = {"activation": "tanh", "gate_bias": 0.0}  # so that gradients can be checked anywhere

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (ZeroPadShortcut, {"filters": 7, "strides": 2}, X, None),
    (ResidualBlock, {"filters": 2, "kind": "bottleneck", "strides": 2, **SMOOTH}, X, None),
    (ResidualUnit, {"filters": 4, "shortcut": "exclusive_gating", **SMOOTH}, X, None),
    (StackedResidualStage, {"unit": ResidualUnit(4, **SMOOTH), "count": 2}, X, None),
]


def array(x):
    return ops.convert_to_numpy(x)


def randomized(layer, shape, seed=1):
    """Return a built layer whose weights, and averages of normalization, are random."""
    layer.build(shape)
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.uniform(0.3, 0.9, w.shape) * rng.choice([-1, 1], w.shape)
                       if w.ndim > 1 else rng.uniform(0.3, 0.9, w.shape)
                       for w in layer.get_weights()])  # fmt: skip
    return layer


def convolved(x, layer):
    """Return a convolution by a loop over pixels, with as many zeros on every side."""
    kernel = array(layer.kernel)
    size, strides = kernel.shape[0], layer.strides[0]
    border = size // 2
    x = np.pad(x, ((0, 0), (border, border), (border, border), (0, 0)))
    sides = [(n - size) // strides + 1 for n in x.shape[1:3]]
    out = np.empty((len(x), *sides, kernel.shape[-1]))
    for i, j in np.ndindex(*sides):
        window = x[:, i * strides : i * strides + size, j * strides : j * strides + size]
        out[:, i, j] = np.einsum("bhwc,hwcd->bd", window, kernel)
    return out + (array(layer.bias) if layer.use_bias else 0)


def normalized(x, norm):
    mean, variance, gamma, beta = (
        array(w) for w in (norm.moving_mean, norm.moving_variance, norm.gamma, norm.beta)
    )
    return (x - mean) / np.sqrt(variance + norm.epsilon) * gamma + beta


def done(x, operations, norm):
    for operation in operations.split():
        x = normalized(x, norm) if operation == "norm" else np.maximum(x, 0)
    return x


def expected(unit, x):
    """Return what the paper computes, by loops."""
    before, between, last, after = ORDERS[unit.activation_order]
    ready = done(x, before, unit.norm_before)
    branch = ready
    for index, convolution in enumerate(unit.convolutions):
        if index:
            branch = done(branch, between, unit.norms_between[index - 1])
        branch = convolved(branch, convolution)
    branch = done(branch, last, unit.norm_last)
    changes = branch.shape != x.shape
    source = ready if changes and before else x
    carried = source
    if unit.shortcut == "conv1x1" or (changes and unit.kind == "bottleneck"):
        carried = convolved(source, unit.projected)
        if unit.projected_norm is not None:
            carried = normalized(carried, unit.projected_norm)
    elif changes:
        carried = source[:, :: unit.strides, :: unit.strides]
        new = branch.shape[-1] - x.shape[-1]
        carried = np.pad(carried, ((0, 0), (0, 0), (0, 0), (new // 2, new - new // 2)))
    if unit.shortcut == "none":
        total = branch
    elif unit.shortcut == "constant":
        total = unit.shortcut_scale * carried + unit.residual_scale * branch
    elif unit.gate is not None:
        gate = 1 / (1 + np.exp(-convolved(source, unit.gate)))
        total = (1 - gate) * carried + (gate if "exclusive" in unit.shortcut else 1) * branch
    else:
        total = carried + branch
    return done(total, after, unit.norm_after)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "form",
    [{}, {"strides": 2, "filters": 5}, {"kind": "bottleneck", "filters": 2, "strides": 2,
                                        "stride_in": "3x3", "use_bias": True}],
    ids=["basic", "basic-strided", "bottleneck"],
)  # fmt: skip
def test_every_order_is_that_of_a_loop(order, form):
    unit = randomized(ResidualUnit(**{"filters": 4, **form}, activation_order=order), X.shape)
    np.testing.assert_allclose(array(unit(X)), expected(unit, X), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("strides", [1, 2])
def test_every_shortcut_is_that_of_a_loop(shortcut, strides):
    scales = {"shortcut_scale": 0.25, "residual_scale": 0.5, "gate_bias": 0.3}
    unit = ResidualUnit(
        4, strides=strides, shortcut=shortcut, activation_order="original", **scales
    )
    randomized(unit, X.shape)
    np.testing.assert_allclose(array(unit(X)), expected(unit, X), rtol=1e-4, atol=1e-4)


def silent(unit, shape=X.shape):
    """Return a unit whose last convolution gives zeros."""
    unit.build(shape)
    kernel = unit.convolutions[-1].kernel
    kernel.assign(np.zeros(kernel.shape))
    return unit


@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
def test_a_silent_preactivated_unit_is_the_identity_to_the_bit(kind):
    unit = silent(ResidualUnit(4 if kind == "basic" else 1, kind))
    np.testing.assert_array_equal(array(unit(X)), X)
    np.testing.assert_array_equal(array(unit.bypass(TENSOR)), X)


def test_a_silent_original_unit_is_a_rectifier_and_a_plain_one_is_nothing():
    original = silent(ResidualUnit(4, activation_order="original"))
    np.testing.assert_array_equal(array(original(X)), np.maximum(X, 0))
    plain = silent(ResidualUnit(4, activation_order="original", shortcut="none"))
    np.testing.assert_array_equal(array(plain(X)), np.zeros_like(X))
    np.testing.assert_array_equal(array(plain.bypass(TENSOR)), np.maximum(X, 0))


def test_a_constant_shortcut_multiplies_exactly():
    unit = silent(ResidualUnit(4, shortcut="constant", shortcut_scale=0.5))
    signal = X
    for _ in range(5):
        signal = array(unit(signal))
    np.testing.assert_array_equal(signal, X / 32)


def test_gates_that_are_wide_open_or_shut():
    for bias, share in ((-50.0, 0.0), (50.0, 1.0)):
        options = {"activation_order": "full_preactivation", "gate_bias": bias}
        gated = ResidualUnit(4, shortcut="exclusive_gating", **options)
        gated.build(X.shape)
        branch = array(gated.residual(TENSOR))
        np.testing.assert_allclose(array(gated(X)), (1 - share) * X + share * branch, atol=1e-5)
    shut = ResidualUnit(4, shortcut="shortcut_gating", gate_bias=50.0)
    shut.build(X.shape)
    branch = array(shut.residual(TENSOR))
    np.testing.assert_allclose(array(shut(X)), branch, atol=1e-5)


@pytest.mark.parametrize("order", ["original", "full_preactivation"])
def test_gates_can_be_read(order):
    """They share out the signal and the branch, where the shape changes of what is activated."""
    unit = ResidualUnit(
        6, strides=2, shortcut="exclusive_gating", activation_order=order, projection="A",
        activation="linear",
    )  # fmt: skip
    randomized(unit, X.shape)
    gates, branch = array(unit.gates(TENSOR)), array(unit.residual(TENSOR))
    ready = normalized(X, unit.norm_before) if order == "full_preactivation" else X
    carried = array(unit.projected(ready.astype("float32")))
    np.testing.assert_allclose(array(unit(X)), (1 - gates) * carried + gates * branch, atol=1e-4)
    assert 0 < gates.min() < gates.max() < 1
    with pytest.raises(ValueError, match="to have gates. Received: shortcut='identity'"):
        randomized(ResidualUnit(4), X.shape).gates(TENSOR)


def test_dropout_of_the_shortcut_keeps_its_mean_and_rests_in_inference():
    ones = np.ones((1, 40, 40, 4), "float32")
    unit = silent(ResidualUnit(4, shortcut="dropout", seed=3), ones.shape)
    np.testing.assert_array_equal(array(unit(ones)), ones)
    dropped = array(unit(ones, training=True))
    assert set(np.unique(dropped)) == {0, 2} and abs(dropped.mean() - 1) < 0.05


def test_stochastic_depth_leaves_the_branch_of_whole_examples_out():
    many = np.random.default_rng(0).standard_normal((64, 3, 3, 4)).astype("float32")
    unit = ResidualUnit(4, stochastic_depth=0.5, seed=3)
    changed = np.abs(array(unit(many, training=True)) - many).max((1, 2, 3)) > 0
    assert 15 < changed.sum() < 49
    assert (np.abs(array(unit(many)) - many).max((1, 2, 3)) > 0).all()


def test_option_a_has_no_weights_and_pads_on_both_sides():
    shortcut = ZeroPadShortcut(7, strides=2)
    found = array(shortcut(X))
    assert not shortcut.weights
    np.testing.assert_array_equal(found[..., 1:5], X[:, ::2, ::2])
    assert not found[..., [0, 5, 6]].any()


def test_the_shortcut_reads_what_is_activated_only_where_the_shape_changes():
    for filters, reads in ((8, True), (1, False)):
        unit = ResidualUnit(filters, "bottleneck")
        unit.build(X.shape)
        carried = array(unit.bypass(TENSOR))
        unit.norm_before.beta.assign(unit.norm_before.beta + 1)
        assert np.allclose(array(unit.bypass(TENSOR)), carried) is not reads


def count(block):
    return block.count_params()


def test_options_b_and_c_and_the_place_of_the_stride():
    def built(**kwargs):
        block = ResidualBlock(4, **kwargs)
        block.build(X.shape)
        return block

    assert count(built(shortcut="A")) == count(built(shortcut="none")) == count(built())
    assert count(built(shortcut="C")) == count(built()) + 4 * 4 + 4 * 4
    assert count(built(strides=2)) == count(built(strides=2, shortcut="C"))
    early, late = (ResidualBlock(2, 2, "bottleneck", stride_in=s) for s in ("1x1", "3x3"))
    assert [c.strides[0] for c in early.convolutions] == [2, 1, 1]
    assert [c.strides[0] for c in late.convolutions] == [1, 2, 1]


def test_convolutions_of_a_unit_start_differently():
    first, second = ResidualUnit(4).convolutions
    first.build(X.shape)
    second.build(X.shape)
    assert not np.allclose(array(first.kernel), array(second.kernel))


def test_a_stack_equals_its_units_in_training_and_after():
    units = [ResidualUnit(4) for _ in range(3)]
    for seed, unit in enumerate(units):
        randomized(unit, X.shape, seed)
    stage = StackedResidualStage(ResidualUnit(4), 3)
    stage.build(X.shape)
    parts = zip(*(u.trainable_variables + u.non_trainable_variables for u in units), strict=True)
    for weight, variables in zip(stage.weights, parts, strict=True):
        weight.assign(np.stack([array(v) for v in variables]))
    for training in (True, False):  # the second is with the averages that the first has moved
        signal = X
        for unit in units:
            signal = unit(signal, training=training)
        found = stage(X, training=training)
        np.testing.assert_allclose(array(found), array(signal), rtol=1e-4, atol=1e-4)


def test_units_of_a_stack_start_differently():
    stage = StackedResidualStage(ResidualUnit(4), 2)
    stage.build(X.shape)
    kernels = array(next(w for w in stage.weights if w.ndim == 5))
    assert not np.allclose(kernels[0], kernels[1])


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [
        ({"filters": 0}, "filters"),
        ({"kind": "wide"}, "kind"),
        ({"shortcut": "D"}, "shortcut"),
        ({"activation_order": "none"}, "activation_order"),
        ({"shortcut_scale": np.inf}, "shortcut_scale"),
        ({"shortcut_dropout": 1.0}, "shortcut_dropout"),
        ({"stochastic_depth": -0.1}, "stochastic_depth"),
        ({"dilation_rate": 2, "strides": 2}, "dilation_rate"),
        ({"groups": 3}, "groups"),
        ({"stride_in": "7x7"}, "stride_in"),
    ],
)
def test_bad_arguments(kwargs, name):
    with pytest.raises(ValueError, match=f"`{name}` must"):
        ResidualUnit(**{"filters": 4, **kwargs})


def test_bad_shapes():
    with pytest.raises(ValueError, match="`filters` must be at least the 4 channels"):
        ResidualUnit(2).build(X.shape)
    with pytest.raises(ValueError, match="`version` must be one of"):
        ResidualBlock(4, version=3)
    with pytest.raises(ValueError, match="`unit` must keep the shape"):
        StackedResidualStage(ResidualUnit(5), 2).build(X.shape)
    assert keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(ResidualBlock(4, shortcut="A", version=2))
    ).get_config()["shortcut"] == "A"  # fmt: skip

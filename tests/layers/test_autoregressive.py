"""Autoregressive layers see only what is before, and flows are inverse, with right determinants."""

import itertools
import math

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers import (
    MADE,
    AutoregressiveFlow,
    AutoregressiveFlowPrior,
    DiscretizedLogisticMixture,
    FreeBits,
    GatedPixelBlock,
    MaskedDense,
    PixelConv2D,
    PixelDecoder,
)

RNG = np.random.default_rng(0)
CODES = RNG.standard_normal((3, 4)).astype("float32")
PICTURES = RNG.standard_normal((2, 4, 5, 2)).astype("float32")
LAW = RNG.standard_normal((3, 6)).astype("float32")
LEVELS = np.array([0, 3, 7], "int32")
WIDE = "glorot_uniform"

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (MaskedDense, {"mask": [[1, 0], [1, 1], [0, 1], [0, 0]], "activation": "tanh"}, CODES, None),
    (MADE, {"hidden": (6, 5), "activation": "tanh"}, {"inputs": CODES, "context": CODES}, None),
    (AutoregressiveFlow, {"hidden": (6,), "activation": "tanh"}, CODES, None),
    (AutoregressiveFlowPrior, {"steps": 1, "activation": "tanh"}, CODES, None),
    (FreeBits, {"nats": 1e-6}, CODES**2, None),
    (PixelConv2D, {"filters": 3}, PICTURES, None),
    (GatedPixelBlock, {}, {"inputs": PICTURES, "context": PICTURES}, None),
    (PixelDecoder, {"outputs": 2, "filters": 4, "blocks": 1},
     {"inputs": PICTURES, "features": PICTURES}, None),
    (DiscretizedLogisticMixture, {"components": 2, "levels": 8},
     {"inputs": LAW, "values": LEVELS}, None),
]  # fmt: skip


def array(tensor):
    return ops.convert_to_numpy(tensor)


def random_weights(layer, scale=0.7):
    rng = np.random.default_rng(1)
    layer.set_weights([scale * rng.standard_normal(w.shape) for w in layer.get_weights()])
    return layer


def influence(function, x):
    """Return `(outputs, inputs)`, whether an output moves when an input does."""
    before = array(function(x))[0]
    seen = []
    for place in np.ndindex(x.shape[1:]):
        moved = x.copy()
        moved[(0, *place)] += 1.0
        seen.append(np.abs(array(function(moved))[0] - before) > 1e-7)
    return np.stack(seen, axis=-1)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_made_sees_all_that_is_before_and_nothing_else(size, reverse):
    layer = MADE(2, (8, 7), reverse, activation="tanh")
    x = RNG.standard_normal((1, size)).astype("float32")
    layer(x)
    random_weights(layer, 1.0)
    seen = influence(layer, x).any(axis=1)
    expected = np.tril(np.ones((size, size)), -1)
    np.testing.assert_array_equal(seen, expected.T if reverse else expected)


@pytest.mark.parametrize("options", [{}, {"mean_only": True}, {"alternate": False, "steps": 3}])
def test_flow_is_inverted_and_its_determinant_is_that_of_the_jacobian(options):
    flow = AutoregressiveFlow(hidden=(9,), **options)
    flow(CODES)
    random_weights(flow)
    noise, log_det = flow(CODES)
    np.testing.assert_allclose(array(flow.invert(noise)), CODES, atol=2e-5)
    step, x = 1e-2, CODES[:1]
    columns = [
        (array(flow(x + step * e)[0]) - array(flow(x - step * e)[0]))[0] / (2 * step)
        for e in np.eye(4, dtype="float32")
    ]
    sign, expected = np.linalg.slogdet(np.stack(columns, axis=1).astype("float64"))
    assert sign == 1
    np.testing.assert_allclose(array(log_det)[0], expected, atol=2e-3)


def test_conditionals_of_a_flow_in_one_order_give_its_density():
    prior = AutoregressiveFlowPrior(2, (9,), alternate=False)
    prior(CODES)
    random_weights(prior)
    mean, scale = map(array, prior.conditional(CODES))
    nats = 0.5 * ((CODES - mean) / scale) ** 2 + np.log(scale) + 0.5 * math.log(2 * math.pi)
    np.testing.assert_allclose(array(prior(CODES)), -nats.sum(-1), rtol=1e-3)
    with pytest.raises(ValueError, match="`alternate`"):
        AutoregressiveFlowPrior(2).conditional(CODES)


def test_samples_of_a_flow_prior_are_noise_again():
    prior = AutoregressiveFlowPrior(2, (9,))
    prior(CODES)
    random_weights(prior)
    noise, _ = AutoregressiveFlow.call(prior, prior.sample(3, seed=0))
    expected = keras.random.normal((3, 4), seed=0)
    np.testing.assert_allclose(array(noise), array(expected), atol=2e-5)


def test_a_flow_as_posterior_costs_what_it_costs_as_prior():
    """`log q(z) - log p(z)` on shared noise: prior `u(f(z))` of z, or posterior of `e = f(z)`."""
    flow = AutoregressiveFlowPrior(2, (9,))
    flow(CODES)
    random_weights(flow)
    log_q = -0.5 * (CODES**2 + math.log(2 * math.pi)).sum(-1)
    as_prior = log_q - array(flow(CODES))
    noise, log_det = AutoregressiveFlow.call(flow, ops.convert_to_tensor(CODES))
    log_q_noise = log_q - array(log_det)
    as_posterior = log_q_noise + 0.5 * (array(noise) ** 2 + math.log(2 * math.pi)).sum(-1)
    np.testing.assert_allclose(as_prior, as_posterior, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("field", [(3, 1), (4, 2), (1, 1), (7, 3)])
def test_pixel_convolution_sees_its_window_and_nothing_else(field, center):
    height, width, (wide, rows) = 5, 6, field
    layer = PixelConv2D(1, field, center, kernel_initializer="ones")
    seen = influence(layer, np.zeros((1, height, width, 1), "float32"))[:, :, 0]
    for i, j in np.ndindex(height, width):
        expected = np.zeros((height, width), bool)
        left = max(0, j - wide // 2)
        expected[max(0, i - rows) : i, left : j + wide - wide // 2] = True
        expected[i, left : j + center] = True
        np.testing.assert_array_equal(seen[i, j].reshape(height, width), expected)


@pytest.mark.parametrize("options", [{"blocks": 2}, {"receptive_field": (4, 2)},
                                     {"receptive_field": None}])  # fmt: skip
def test_steps_of_the_decoder_equal_its_call(options):
    decoder = PixelDecoder(3, filters=6, **options)
    expected = array(decoder(PICTURES, PICTURES))
    cache = decoder.empty_cache(*PICTURES.shape)
    for i, j in np.ndindex(PICTURES.shape[1:3]):
        got, cache = decoder.step(cache, ops.convert_to_tensor(PICTURES), i, j)
        np.testing.assert_allclose(array(got), expected[:, i, j], atol=2e-6)
        cache = decoder.put(cache, i, j, ops.convert_to_tensor(PICTURES[:, i, j]))


def test_decoder_with_blocks_sees_no_pixel_from_its_own_on():
    decoder = PixelDecoder(1, filters=6, blocks=1)
    picture = RNG.standard_normal((1, 3, 4, 1)).astype("float32")
    features = RNG.standard_normal((1, 3, 4, 2)).astype("float32")
    decoder(picture, features)
    random_weights(decoder)
    seen = influence(lambda x: decoder(x, features), picture).reshape(12, 12)
    assert not np.triu(seen).any()
    assert seen[11, 6]  # two rows up, through the block


@pytest.mark.parametrize("levels", [2, 8, 256])
def test_levels_of_a_mixture_sum_to_one_however_narrow_it_is(levels):
    law = DiscretizedLogisticMixture(components=2, levels=levels)
    rows = RNG.standard_normal((20, 6)).astype("float32")
    rows[:10, 4:] = -6.0
    table = array(law.probabilities(rows))
    assert np.isfinite(array(law(rows[:, None], np.arange(levels)))).all()
    np.testing.assert_allclose(table.sum(-1), 1, atol=2e-5)
    sigmoid = lambda x: 1 / (1 + np.exp(-np.clip(x, -500, 500)))  # noqa: E731
    logits, means, log_scales = np.split(rows[10:].astype("float64"), 3, axis=-1)
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    edges = (2 * (np.arange(levels + 1) - 0.5) / (levels - 1) - 1)[:, None, None]
    edges[0], edges[-1] = -np.inf, np.inf
    expected = np.diff(sigmoid((edges - means) / np.exp(log_scales)), axis=0)
    expected = (shares * expected).sum(-1).T
    np.testing.assert_allclose(table[10:], expected, rtol=1e-3, atol=1e-7)


def test_far_levels_keep_a_gradient():
    law = DiscretizedLogisticMixture(components=1)
    nats = array(law(np.array([[0.0, -1.0, -6.0]], "float32"), np.array([200])))
    assert np.isfinite(nats).all() and nats[0] < -100


def test_samples_of_a_mixture_have_its_probabilities():
    law = DiscretizedLogisticMixture(components=2, levels=4)
    rows = np.repeat(LAW[:1], 20_000, axis=0)
    drawn = array(law.quantile(rows, RNG.random(20_000).astype("float32")))
    shares = np.bincount(drawn, minlength=4) / len(drawn)
    np.testing.assert_allclose(shares, array(law.probabilities(LAW[:1]))[0], atol=0.015)


def test_hard_free_bits_have_no_gradient_below_and_all_of_it_above():
    divergence = np.array([[0.2, 3.0], [0.4, 5.0]], "float32")
    layer = FreeBits(1.0)
    assert array(layer(divergence, training=True)).mean(0).tolist() == [1.0, 4.0]
    np.testing.assert_array_equal(array(layer(divergence)), divergence)
    total = lambda nats: ops.sum(ops.mean(nats, axis=0))  # noqa: E731
    gradient = Differentiable(layer, total, training=True).of_inputs(divergence)[0]
    np.testing.assert_allclose(gradient, [[0.0, 0.5], [0.0, 0.5]])


def test_soft_free_bits_move_a_factor_to_where_it_belongs():
    layer = FreeBits(1.0, "soft", start=0.5)
    divergence = np.array([[0.2, 1.02, 3.0]], "float32")
    layer(divergence, training=True)
    np.testing.assert_allclose(array(layer.factors), [0.5 / 1.1, 0.5, 0.55], rtol=1e-6)
    before = array(layer.factors)
    layer(divergence)
    np.testing.assert_array_equal(array(layer.factors), before)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: MaskedDense([[0, 2]]), "mask"),
        (lambda: MADE(hidden=()), "hidden"),
        (lambda: AutoregressiveFlow(steps=0), "steps"),
        (lambda: FreeBits(0.0), "nats"),
        (lambda: FreeBits(1.0, start=2), "start"),
        (lambda: PixelConv2D(1, (0, 1)), "receptive_field"),
        (lambda: PixelConv2D(1, strides=2), "strides"),
        (lambda: PixelDecoder(1, receptive_field=None, blocks=1), "blocks"),
        (lambda: DiscretizedLogisticMixture(levels=1), "levels"),
        (lambda: DiscretizedLogisticMixture(3)(LAW, LEVELS), "inputs"),
    ],
)
def test_bad_arguments_are_named(make, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        make()


def test_masks_of_degrees_reach_every_earlier_input():
    from keras_readinglist.layers.autoregressive.made import degree_masks

    for size, reverse in itertools.product((1, 3, 6), (False, True)):
        first, second, last = degree_masks(size, (10, 10), 1, reverse)
        paths = (first.astype(int) @ second @ last > 0).T
        expected = np.tril(np.ones((size, size), bool), -1)
        np.testing.assert_array_equal(paths, expected.T if reverse else expected)

"""Dilated convolutions equal a loop over all taps, by both methods and at every border."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers import DilatedConv1D, DilatedConv2D, ReflectPadding2D

RNG = np.random.default_rng(0)
MAPS = RNG.standard_normal((2, 9, 7, 3)).astype("float32")
SERIES = RNG.standard_normal((2, 9, 3)).astype("float32")
GAPS = {"filters": 2, "dilation_rate": (2, 1), "kernel_size": (3, 2)}

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (DilatedConv2D, {**GAPS, "padding": "reflect"}, MAPS, None),
    (DilatedConv2D, {**GAPS, "method": "space_to_batch", "activation": "tanh"}, MAPS, None),
    (DilatedConv1D, {"filters": 2, "dilation_rate": 3, "padding": "causal"}, SERIES, None),
    (ReflectPadding2D, {"padding": ((1, 0), (2, 3))}, MAPS, None),
]

MODES = {"same": {}, "causal": {}, "reflect": {"mode": "reflect"}}


def oracle(layer, x, padding):
    """Sum over taps, one output at a time, in float64."""
    kernel, bias = (w.astype("float64") for w in layer.get_weights())
    totals = [(k - 1) * r for k, r in zip(layer.kernel_size, layer.dilation_rate, strict=True)]
    x = x.astype("float64")
    if padding != "valid":
        ahead = [t if padding == "causal" else t // 2 for t in totals]
        pads = [(a, t - a) for a, t in zip(ahead, totals, strict=True)]
        x = np.pad(x, [(0, 0), *pads, (0, 0)], **MODES[padding])
    sides = [n - t for n, t in zip(x.shape[1:-1], totals, strict=True)]
    y = np.zeros((len(x), *sides, kernel.shape[-1]))
    for place in np.ndindex(*sides):
        total = bias
        for tap in np.ndindex(*layer.kernel_size):
            at = [p + t * r for p, t, r in zip(place, tap, layer.dilation_rate, strict=True)]
            total = total + x[(slice(None), *at)] @ kernel[tap]
        y[(slice(None), *place)] = total
    return y


FORMS = [
    (2, (3, 3), (1, 1)),
    (2, (3, 3), (3, 3)),
    (2, (3, 2), (2, 5)),
    (2, (1, 4), (4, 1)),
    (2, (5, 1), (2, 3)),
    (1, (3,), (4,)),
    (1, (2,), (3,)),
]


PADDINGS = {1: ("valid", "same", "reflect", "causal"), 2: ("valid", "same", "reflect")}


@pytest.mark.parametrize(
    ("rank", "kernel", "rate", "padding"),
    [(*form, padding) for form in FORMS for padding in PADDINGS[form[0]]],
)
@pytest.mark.parametrize("method", ["direct", "space_to_batch"])
def test_equals_a_loop(rank, kernel, rate, method, padding):
    x = RNG.standard_normal((2, 11, 7, 3)).astype("float32")
    x = x if rank == 2 else x[:, :, 0]
    make = DilatedConv2D if rank == 2 else DilatedConv1D
    layer = make(2, kernel, rate, padding, method, bias_initializer="normal")
    y = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(y, oracle(layer, x, padding), atol=1e-5)
    assert layer.compute_output_shape(x.shape) == y.shape
    assert layer(x[:1]).shape == (1, *y.shape[1:]) and layer(x[:0]).shape == (0, *y.shape[1:])


def test_both_methods_have_the_same_gradients():
    found = []
    for method in ("direct", "space_to_batch"):
        layer = DilatedConv2D(2, dilation_rate=3, padding="same", method=method)
        layer.build(MAPS.shape)
        layer.set_weights([np.cos(np.arange(np.size(w))).reshape(w.shape) for w in layer.weights])
        loss = Differentiable(layer, lambda y: ops.sum(ops.sin(y)))
        found.append(sum(loss.gradients(MAPS), []))
    for direct, folded in zip(*found, strict=True):
        np.testing.assert_allclose(direct, folded, atol=1e-4)


def test_a_kernel_filled_with_zeros_is_the_same():
    layer = DilatedConv2D(2, dilation_rate=2, use_bias=False)
    plain = keras.layers.Conv2D(2, 5, use_bias=False)
    y = layer(MAPS)
    plain.build(MAPS.shape)
    stuffed = np.zeros((5, 5, 3, 2), "float32")
    stuffed[::2, ::2] = layer.get_weights()[0]
    plain.set_weights([stuffed])
    np.testing.assert_allclose(
        ops.convert_to_numpy(y), ops.convert_to_numpy(plain(MAPS)), atol=1e-5
    )


def test_equals_torch():
    torch = pytest.importorskip("torch")
    layer = DilatedConv2D(4, dilation_rate=(2, 3), padding="same", bias_initializer="normal")
    y = ops.convert_to_numpy(layer(MAPS))
    theirs = torch.nn.Conv2d(3, 4, 3, dilation=(2, 3), padding=(2, 3))
    kernel, bias = layer.get_weights()
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(kernel.transpose(3, 2, 0, 1)))
        theirs.bias.copy_(torch.tensor(bias))
        expected = theirs(torch.tensor(MAPS.transpose(0, 3, 1, 2))).numpy()
    np.testing.assert_allclose(y, expected.transpose(0, 2, 3, 1), atol=1e-5)


@pytest.mark.parametrize("method", ["direct", "space_to_batch"])
def test_what_is_not_finite_stays_where_it_reaches(method):
    layer = DilatedConv2D(1, dilation_rate=2, padding="same", method=method)
    x = np.zeros((1, 9, 9, 1), "float32")
    x[0, 4, 4] = np.nan
    y = ops.convert_to_numpy(layer(x))[0, ..., 0]
    reached = set(itertools.product((2, 4, 6), repeat=2))
    assert {tuple(p) for p in np.argwhere(np.isnan(y))} == reached


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DilatedConv2D(2, strides=2, dilation_rate=2), "not supported in conjunction"),
        (lambda: DilatedConv2D(2, padding="causal"), "`padding` must be one of"),
        (lambda: DilatedConv2D(2, method="fft"), "`method` must be one of"),
        (lambda: DilatedConv2D(2, data_format="channels_first"), "`data_format` must be"),
        (
            lambda: DilatedConv2D(2, padding="reflect", dilation_rate=8)(MAPS),
            r"larger than the border. Received shape: \(2, 9, 7, 3\)",
        ),
        (lambda: ReflectPadding2D(-1), "`padding` must be a number, a pair"),
        (lambda: ReflectPadding2D((1, 2, 3)), "`padding` must be a number, a pair"),
        (lambda: ReflectPadding2D(9)(MAPS), "larger than the border"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_strides_without_gaps_are_those_of_keras():
    ours, theirs = (
        DilatedConv2D(2, strides=2, padding="same"),
        keras.layers.Conv2D(2, 3, strides=2, padding="same"),
    )
    y = ours(MAPS)
    theirs.build(MAPS.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(
        ops.convert_to_numpy(y), ops.convert_to_numpy(theirs(MAPS)), atol=1e-6
    )


def test_mirrors_without_repeating_the_edge():
    x = np.arange(12, dtype="float32").reshape((1, 3, 4, 1))
    y = ops.convert_to_numpy(ReflectPadding2D(((2, 1), (0, 3)))(x))
    expected = np.pad(x, [(0, 0), (2, 1), (0, 3), (0, 0)], mode="reflect")
    np.testing.assert_array_equal(y, expected)

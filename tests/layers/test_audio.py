"""Layers of speech equal their equations; a clip among longer ones gives what it gives alone."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import (
    BatchNormRNN,
    LogSpectrogram,
    MaskedConv2D,
    RowConvolution,
    SequenceBatchNormalization,
)
from keras_readinglist.layers.audio import clipped_relu

RNG = np.random.default_rng(0)
SOUND = (0.1 * RNG.standard_normal((3, 500))).astype("float32")
MAPS = RNG.standard_normal((2, 9, 7, 3)).astype("float32")
ROWS = RNG.standard_normal((3, 6, 4)).astype("float32")
LENGTHS = np.array([6, 3, 1])
SHOWN = np.arange(6) < LENGTHS[:, None]
MAPS_SHOWN = np.arange(9) < np.array([[9], [4]])
CONV = {"filters": 2, "kernel_size": (5, 3), "strides": (2, 1)}

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (LogSpectrogram, {"normalization": "none"}, SOUND, None),
    (LogSpectrogram, {"normalization": "utterance", "power_normalize": True}, SOUND, None),
    (MaskedConv2D, {**CONV, "activation": "tanh"}, MAPS, MAPS_SHOWN),
    (SequenceBatchNormalization, {"momentum": 0.9}, ROWS, SHOWN),
    (SequenceBatchNormalization, {}, MAPS, MAPS_SHOWN),
    (RowConvolution, {"context": 2}, ROWS, SHOWN),
    (BatchNormRNN, {"units": 3}, ROWS, SHOWN),
    (BatchNormRNN, {"units": 3, "cell": "lstm", "normalize": False}, ROWS, SHOWN),
    (BatchNormRNN, {"units": 3, "cell": "rnn", "bidirectional": True}, ROWS, SHOWN),
]


def numpy(x):
    return np.array(ops.convert_to_numpy(x))


def spoiled(x, mask):
    x = x.copy()
    x[~mask] = np.nan
    return x


# The front end


def front(**kwargs):
    return LogSpectrogram(8000, normalization=kwargs.pop("normalization", "none"), **kwargs)


def test_spectrogram_equals_numpy():
    got, window = numpy(front()(SOUND)), np.hanning(161)[:160]
    for row, clip in zip(got, SOUND.astype("float64"), strict=True):
        for t, frame in enumerate(row):
            power = np.abs(np.fft.rfft(window * clip[80 * t : 80 * t + 160])) ** 2
            expected = np.log(power / (window**2).sum() + 1e-10)
            np.testing.assert_allclose(frame, expected, atol=1e-3)


@pytest.mark.parametrize("k", [1, 13, 40, 79])
def test_a_tone_peaks_in_its_bin(k):
    tone = np.sin(2 * np.pi * k * np.arange(400) / 160)[None]
    assert (numpy(front()(tone)).argmax(-1) == k).all()


def test_energy_and_gain():
    layer = front()
    features = numpy(layer(SOUND))
    frame = SOUND[0, :160].astype("float64") * layer.window
    power = np.exp(features[0, 0])
    whole = (power[0] + 2 * power[1:-1].sum() + power[-1]) / 160  # Parseval
    assert whole == pytest.approx((frame**2).sum() / (layer.window**2).sum(), rel=1e-4)
    np.testing.assert_allclose(numpy(layer(2 * SOUND)) - features, 2 * np.log(2), atol=2e-3)


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 239, 240, 500])
def test_frames_of_short_clips(samples):
    layer = front()
    count = 0 if samples < 160 else 1 + (samples - 160) // 80
    assert numpy(layer(SOUND[:, :samples])).shape == (3, count, 81)
    assert layer.count(samples) == count == layer.count(np.array([samples]))[0]
    mask = np.arange(500)[None] < samples
    assert numpy(layer.compute_mask(SOUND[:1], mask)).sum() == count


@pytest.mark.parametrize("normalization", ["none", "global", "utterance"])
@pytest.mark.parametrize("loud", [False, True])
def test_a_clip_among_others_sounds_as_alone(normalization, loud):
    layer = front(normalization=normalization, power_normalize=loud)
    if normalization == "global":
        layer.adapt(SOUND)
    mask = np.arange(500) < np.array([[500], [333], [100]])
    got = numpy(layer(spoiled(SOUND, mask), mask=mask))
    for row, clip, length in zip(got, SOUND, mask.sum(1), strict=True):
        alone = numpy(layer(clip[None, :length]))[0]
        np.testing.assert_allclose(row[: len(alone)], alone, atol=1e-4)
        assert not row[len(alone) :].any()


def test_normalization():
    clips = [SOUND[0], SOUND[1, :300], SOUND[2, :50]]
    layer = front(normalization="global")
    layer.adapt(clips)
    rows = np.concatenate([numpy(layer(clip[None]))[0] for clip in clips])
    np.testing.assert_allclose(rows.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(rows.std(0), 1, atol=1e-3)
    one = numpy(front(normalization="utterance")(SOUND[:1]))
    np.testing.assert_allclose([one.mean(), one.std()], [0, 1], atol=1e-3)
    assert layer.streams and not front(power_normalize=True).streams
    with pytest.raises(ValueError, match="at least 160 samples"):
        layer.adapt([SOUND[0, :99]])
    with pytest.raises(ValueError, match="normalization='global'"):
        front().adapt(clips)


# Convolutions


def convolved(layer, x):
    """Convolve one clip by a loop over its outputs."""
    kernel, bias = (numpy(w).astype("float64") for w in (layer.kernel, layer.bias))
    (before, behind), bands = layer.pads
    x = np.pad(x.astype("float64"), [(before, behind), bands, (0, 0)])
    sides = [
        -(-(n - k + 1) // s) for n, k, s in zip(x.shape, kernel.shape, layer.strides, strict=False)
    ]
    y = np.zeros((*sides, len(bias)))
    for t, f in np.ndindex(*sides):
        a, b = t * layer.strides[0], f * layer.strides[1]
        window = x[a : a + kernel.shape[0], b : b + kernel.shape[1]]
        y[t, f] = np.einsum("tfc,tfco->o", window, kernel) + bias
    return y


@pytest.mark.parametrize("kernel", [(5, 3), (4, 2), (3, 4)])
@pytest.mark.parametrize("strides", [(1, 1), (2, 1), (3, 2)])
def test_convolution_equals_a_loop(kernel, strides):
    layer = MaskedConv2D(2, kernel, strides, bias_initializer="ones")
    lengths = np.array([9, 4])
    got = numpy(layer(spoiled(MAPS, MAPS_SHOWN), mask=MAPS_SHOWN))
    assert got.shape[1:3] == (-(-9 // strides[0]), -(-7 // strides[1]))
    assert layer.compute_output_shape(MAPS.shape) == got.shape
    for row, x, n in zip(got, MAPS, lengths, strict=True):
        count = -(-n // strides[0])
        np.testing.assert_allclose(row[:count], convolved(layer, x[:n]), atol=1e-5)
        assert not row[count:].any()


def test_row_convolution_equals_a_sum():
    layer = RowConvolution(2)
    got = numpy(layer(spoiled(ROWS, SHOWN), mask=SHOWN))
    kernel = numpy(layer.kernel)
    for row, x, n in zip(got, ROWS, LENGTHS, strict=True):
        for t in range(6):
            ahead = [kernel[j] * x[t + j] for j in range(3) if t + j < n]
            expected = sum(ahead) if t < n else np.zeros(4)
            np.testing.assert_allclose(row[t], expected, atol=1e-6)
    one = RowConvolution(0, kernel_initializer="ones")
    np.testing.assert_array_equal(numpy(one(ROWS)), ROWS)


# Normalization


@pytest.mark.parametrize(("x", "mask"), [(ROWS, SHOWN), (MAPS, MAPS_SHOWN)])
def test_statistics_are_those_of_what_is_not_padded(x, mask):
    layer = SequenceBatchNormalization(momentum=0.9)
    got = numpy(layer(spoiled(x, mask), mask=mask, training=True))
    valid = x[mask].reshape(-1, x.shape[-1])
    mean, variance = valid.mean(0), valid.var(0)
    expected = (x - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(got[mask], expected[mask], atol=1e-5)
    assert not got[~mask].any()
    # One batch is all that was seen, so training and inference agree.
    np.testing.assert_allclose(numpy(layer(x, mask=mask)), got, atol=1e-5)


def test_moving_averages_are_unbiased_and_skip_nothing():
    layer, batches = SequenceBatchNormalization(momentum=0.5), [ROWS, 3 * ROWS + 1, ROWS - 2]
    for batch in batches:
        layer(batch, training=True)
    weights = np.array([0.25, 0.5, 1.0]) / 1.75
    means = np.array([batch.mean((0, 1)) for batch in batches])
    variances = np.array([batch.var((0, 1)) for batch in batches])
    np.testing.assert_allclose(numpy(layer.moving_mean), weights @ means, atol=1e-5)
    np.testing.assert_allclose(numpy(layer.moving_variance), weights @ variances, rtol=1e-5)
    before = layer.get_weights()
    empty = numpy(layer(np.full_like(ROWS, np.nan), mask=np.zeros_like(SHOWN), training=True))
    assert not empty.any()
    np.testing.assert_array_equal(before[2], layer.get_weights()[2])
    layer.trainable = False
    np.testing.assert_allclose(numpy(layer(ROWS, training=True)), numpy(layer(ROWS)), atol=1e-6)


# Recurrence


def recurrent(layer, x, direction):
    """Read one sequence step by step, after the equations of the paper."""
    kernel = numpy(layer.kernel).astype("float64")
    inner = numpy(layer.recurrent_kernels[direction]).astype("float64")
    z = x.astype("float64") @ kernel
    if layer.normalize:
        gamma, beta, mean, variance = (w.astype("float64") for w in layer.norm.get_weights()[:4])
        z = gamma * (z - mean) / np.sqrt(variance + 1e-5) + beta
    else:
        z = z + numpy(layer.bias)
    z = z[::-1] if direction else z
    h, c, outputs = np.zeros(layer.units), np.zeros(layer.units), []
    for row in z:
        u = h @ inner
        if layer.cell == "rnn":
            h = np.tanh(row + u)
        elif layer.cell == "gru":
            a, b = np.split(row, 3), np.split(u, 3)
            keep, reset = sigmoid(a[0] + b[0]), sigmoid(a[1] + b[1])
            h = keep * h + (1 - keep) * np.tanh(a[2] + reset * b[2])
        else:
            i, f, g, o = np.split(row + u, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.array(outputs)[::-1] if direction else np.array(outputs)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("cell", ["gru", "rnn", "lstm"])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("normalize", [False, True])
def test_recurrence_equals_a_loop(cell, both, normalize):
    layer = BatchNormRNN(3, cell, both, normalize)
    layer.build((None, None, 4))
    rng = np.random.default_rng(1)
    layer.set_weights([w + rng.uniform(0.1, 0.9, w.shape) for w in layer.get_weights()])
    got = numpy(layer(spoiled(ROWS, SHOWN), mask=SHOWN))
    for row, x, n in zip(got, ROWS, LENGTHS, strict=True):
        expected = sum(recurrent(layer, x[:n], direction) for direction in range(1 + both))
        np.testing.assert_allclose(row[:n], expected, atol=1e-5)
        assert not row[n:].any()


@pytest.mark.parametrize("cell", ["gru", "rnn", "lstm"])
def test_a_batch_in_training_normalizes_itself(cell):
    """After one batch the averages are those of the batch, so that both ways of reading agree."""
    layer = BatchNormRNN(3, cell)
    trained = numpy(layer(spoiled(ROWS, SHOWN), mask=SHOWN, training=True))
    np.testing.assert_allclose(numpy(layer(ROWS, mask=SHOWN)), trained, atol=1e-5)
    products = (ROWS @ numpy(layer.kernel))[SHOWN]
    np.testing.assert_allclose(numpy(layer.norm.moving_mean), products.mean(0), atol=1e-5)
    np.testing.assert_allclose(numpy(layer.norm.moving_variance), products.var(0), atol=1e-5)


def test_states_are_carried_on():
    layer = BatchNormRNN(3, "lstm")
    whole = numpy(layer(ROWS))
    first, states = layer(ROWS[:, :2], return_state=True)
    second = layer(ROWS[:, 2:], initial_state=states)
    np.testing.assert_allclose(
        np.concatenate([numpy(first), numpy(second)], axis=1), whole, atol=1e-6
    )
    with pytest.raises(ValueError, match="`bidirectional`"):
        BatchNormRNN(3, bidirectional=True)(ROWS, return_state=True)


def test_rectified_units_are_clipped():
    values = numpy(clipped_relu(ops.convert_to_tensor([-1.0, 0.5, 19.0, 30.0])))
    np.testing.assert_array_equal(values, [0, 0.5, 19, 20])
    layer = BatchNormRNN(2, "rnn", activation=clipped_relu)
    copy = BatchNormRNN.from_config(layer.get_config())
    assert copy.activation is clipped_relu


def test_refusals():
    for make in (
        lambda: LogSpectrogram(0),
        lambda: LogSpectrogram(normalization="loud"),
        lambda: MaskedConv2D(2, 2, 3),
        lambda: MaskedConv2D(2, 3, dilation_rate=2),
        lambda: SequenceBatchNormalization(momentum=1),
        lambda: SequenceBatchNormalization()(np.ones((2, 3))),
        lambda: RowConvolution(-1),
        lambda: BatchNormRNN(3, cell="transformer"),
        lambda: RowConvolution(1)(ROWS, mask=np.ones((3, 5), bool)),
    ):
        with pytest.raises(ValueError, match="`"):
            make()


def test_gradient_is_finite_behind_the_end():
    """NaN in the padding reaches no weight."""
    symbols = keras.Input(MAPS.shape[1:]), keras.Input((9,), dtype="bool")
    maps = MaskedConv2D(2, 3)(symbols[0], mask=symbols[1])
    outputs = ops.mean(SequenceBatchNormalization()(maps, mask=symbols[1]), axis=(1, 2))
    whole = keras.Model(symbols, outputs)
    whole.compile("sgd", "mse")
    whole.train_on_batch((spoiled(MAPS, MAPS_SHOWN), MAPS_SHOWN), np.zeros((2, 2)))
    assert all(np.isfinite(w).all() for w in whole.get_weights())

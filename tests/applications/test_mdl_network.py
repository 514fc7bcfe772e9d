"""The loss of a network is the length of its message, which is written and read."""

import dataclasses
import math

import keras
import numpy as np
import pytest

from keras_readinglist.applications import MDLNetwork
from tests.applications.case import Case

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3)).astype("float32")
Y = (np.tanh(2 * X[:, :1]) + 0.1 * RNG.standard_normal((60, 1))).astype("float32")

CASES = {
    "MDLNetwork": Case(
        lambda **kw: MDLNetwork(3, 60, seed=0, annealing=4, **kw),
        X[:4],
        Y[:4],
        {"distribution": lambda model, inputs: model.predict_distribution(inputs)},
    ),
}


def made(fitted=False, **kwargs):
    model = MDLNetwork(3, 60, seed=0, **kwargs)
    if fitted:  # set by hand: training takes seconds
        rng = np.random.default_rng(1)
        mean = 0.01 * rng.standard_normal((4, 4))
        mean[0, 0] = 2
        model.hidden.mean.assign(mean)
        model.out.mean.assign([[1.0], [0.05], [0.0], [0.0], [0.0]])
        for layer in (model.hidden, model.out):
            layer.log_scale.assign(np.full(layer.log_scale.shape, math.log(0.03)))
        model.log_noise.assign([math.log(0.15)])
    return model


def test_the_loss_is_the_description_length():
    model = made(fitted=True)
    model.compile("sgd")
    bits = model.description_length(X, Y, precision=0.02)
    expected = bits["total_bits"] * math.log(2) / 60 + math.log(0.02)
    assert float(model.evaluate(X, Y, batch_size=60, verbose=0)) == pytest.approx(
        expected, abs=1e-4
    )
    # Batches share the cost of the weights.
    parts = []
    for i in (0, 20, 40):
        model.reset_metrics()
        parts.append(float(model.test_on_batch(X[i : i + 20], Y[i : i + 20])))
    assert np.mean(parts) == pytest.approx(expected, abs=1e-4)


def test_data_bits_are_those_of_sampled_networks():
    model = made(fitted=True)
    rng = np.random.default_rng(2)
    weights = []
    for layer in (model.hidden, model.out):
        mean, log_scale = (keras.ops.convert_to_numpy(t) for t in layer.posterior())
        weights.append(mean + np.exp(log_scale) * rng.standard_normal((20_000, *mean.shape)))
    hidden = np.tanh(X @ weights[0][:, :-1] + weights[0][:, -1:])
    outputs = hidden @ weights[1][:, :-1] + weights[1][:, -1:]
    nats = 0.5 * ((Y - outputs) / 0.15) ** 2 + math.log(0.15 * math.sqrt(2 * math.pi) / 0.01)
    totals = nats.sum((1, 2)) / math.log(2)
    got = model.description_length(X, Y)["data_bits"]
    assert got == pytest.approx(totals.mean(), abs=4 * totals.std() / math.sqrt(len(totals)))


@pytest.mark.parametrize("prior", ["mixture", "gaussian"])
def test_the_message_comes_back_and_is_as_long_as_promised(prior):
    pytest.importorskip("constriction")
    model = made(fitted=True, prior=prior)
    expected = model.description_length(X, Y)["total_bits"]
    lengths = []
    for seed in range(12):
        payload = np.random.default_rng(seed).integers(0, 2**32, 100, "uint32")
        message = model.encode(X, Y, payload=payload)
        lengths.append(message.bits)
        if seed < 3:
            targets, back = model.decode(X, message)
            np.testing.assert_array_equal(np.round(targets / 0.01), np.round(Y / 0.01))
            np.testing.assert_array_equal(back, payload)
            assert abs(message.bits - expected) < 0.01 * expected + 64
    error = np.std(lengths) / math.sqrt(len(lengths))
    assert abs(np.mean(lengths) - expected) < 4 * error + 2


def test_a_pruned_network_sends_fewer_weights():
    pytest.importorskip("constriction")
    model = made(fitted=True)
    before = model.description_length(X, Y)["model_bits"]
    saved = model.prune(1.0)
    assert saved > 0
    assert model.description_length(X, Y)["model_bits"] == pytest.approx(before - saved, abs=1e-2)
    message = model.encode(X, Y)
    np.testing.assert_allclose(model.decode(X, message)[0], np.round(Y / 0.01) * 0.01)
    model.prune(np.inf)
    assert model.description_length(X, Y)["model_bits"] == 0


def test_training_shortens_the_message_and_leaves_the_prior_until_weights_cost_all():
    model = made(annealing=30)
    model.compile(keras.optimizers.Adam(0.02))
    start = [np.array(w) for w in model.hidden.prior.get_weights()]
    before = model.description_length(X, Y)["total_bits"]
    model.fit(X, Y, batch_size=20, epochs=10, verbose=0)
    for old, new in zip(start, model.hidden.prior.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    model.fit(X, Y, batch_size=20, epochs=10, verbose=0)
    assert not np.array_equal(start[1], model.hidden.prior.get_weights()[1])
    assert model.description_length(X, Y)["total_bits"] < before - 20


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MDLNetwork(0, 1), "`features` must be a positive integer"),
        (lambda: MDLNetwork(1, 0), "`num_train` must be a positive integer"),
        (lambda: MDLNetwork(1, 1, prior="laplace"), "`prior` must be one of"),
        (lambda: MDLNetwork(1, 1, activation="softmax"), "`activation` must be one of"),
        (lambda: made()(X[:, :2]), "`inputs` must be of the shape"),
        (lambda: made().description_length(X, Y[:5]), "`y` must be finite numbers"),
        (lambda: made().description_length(X, Y, 0), "`precision` must be positive"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_bad_messages():
    pytest.importorskip("constriction")
    model = made(fitted=True)
    with pytest.raises(ValueError, match="`payload` must have"):
        model.encode(X, Y, payload=np.ones(2, "uint32"))
    with pytest.raises(ValueError, match="`precision` must leave"):
        model.encode(X, 1e6 * Y)
    message = model.encode(X, Y)
    words = message.words.copy()
    words[-3] ^= 1 << 7
    with pytest.raises(ValueError, match="`message` must be of this network"):
        model.decode(X, dataclasses.replace(message, words=words))
    with pytest.raises(ValueError, match="`message` must be of this network"):
        model.decode(X + 1, message)

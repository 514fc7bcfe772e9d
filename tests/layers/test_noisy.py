"""Noisy layers have the moments that sampling finds, and cost what a message of them would."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import GaussianMoments, MixturePrior, NoisyDense
from keras_readinglist.layers.noisy.prior import gaussian_kl

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4)).astype("float32")
ROWS = RNG.standard_normal((2, 3, 4)).astype("float32")
VARIANCE = np.exp(X)
MIXTURE = {"means": [-0.5, 0.0, 0.7], "scales": [0.3, 0.1, 0.5], "proportions": [0.2, 0.5, 0.3]}

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (GaussianMoments, {"activation": "tanh"}, {"mean": X, "variance": X**2}, None),
    (MixturePrior, MIXTURE, {"mean": X, "log_scale": X}, None),
    (NoisyDense, {"units": 5, "activation": "tanh", "num_train": 10}, ROWS, None),
]


def arrays(tensors):
    return [ops.convert_to_numpy(tensor) for tensor in tensors]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("linear", lambda z: z),
        ("relu", lambda z: np.maximum(z, 0)),
        ("tanh", np.tanh),
        ("sigmoid", lambda z: 1 / (1 + np.exp(-z))),
    ],
)
def test_moments_are_those_of_samples(name, function):
    mean, variance = np.array([[-1.5, 0.0, 0.8]]), np.array([[0.5, 2.0, 0.3]])
    samples = function(mean + np.sqrt(variance) * RNG.standard_normal((200_000, 3)))
    error = 4 * samples.std(0) / math.sqrt(len(samples))
    got_mean, got_variance = arrays(GaussianMoments(name, nodes=32)(mean, variance))
    assert (np.abs(got_mean[0] - samples.mean(0)) < error).all()
    fourth = ((samples - samples.mean(0)) ** 2).std(0)
    assert (np.abs(got_variance[0] - samples.var(0)) < 4 * fourth / math.sqrt(len(samples))).all()


def test_without_noise_it_is_a_dense_layer():
    layer = NoisyDense(5, "tanh", posterior_scale=1e-7)
    mean, variance = arrays(layer(X))
    kernel = ops.convert_to_numpy(layer.mean)
    # Standard deviations end at exp(-12) = 6e-6: variances are 4e-11 times 1 + |x|^2.
    np.testing.assert_allclose(mean, np.tanh(X @ kernel[:-1] + kernel[-1]), atol=2e-6)
    assert variance.max() < 1e-9


def filled(estimator="moments", **kwargs):
    layer = NoisyDense(2, estimator=estimator, seed=0, **kwargs)
    layer.build(X.shape)
    layer.mean.assign(RNG.standard_normal((5, 2)))
    layer.log_scale.assign(RNG.uniform(-2, 0, (5, 2)))
    return layer


def test_noisy_inputs_and_noisy_weights_are_independent():
    layer = filled()
    got_mean, got_variance = arrays(layer(X, VARIANCE))
    mean, scale = ops.convert_to_numpy(layer.mean), np.exp(ops.convert_to_numpy(layer.log_scale))
    for case in range(len(X)):
        for unit in range(2):
            total, variance = mean[-1, unit], scale[-1, unit] ** 2
            for i in range(4):
                a, v, m, s = X[case, i], VARIANCE[case, i], mean[i, unit], scale[i, unit]
                total += a * m
                variance += (a * a + v) * (m * m + s * s) - a * a * m * m
            assert got_mean[case, unit] == pytest.approx(total, abs=1e-5)
            assert got_variance[case, unit] == pytest.approx(variance, rel=1e-4)


@pytest.mark.parametrize("estimator", ["local", "weights"])
def test_samples_have_the_exact_moments(estimator):
    layer = filled(estimator)
    exact = filled()
    exact.set_weights(layer.get_weights()[: len(exact.weights)])
    mean, variance = arrays(exact(X))
    np.testing.assert_allclose(ops.convert_to_numpy(layer(X)), mean, atol=1e-5)
    repeats = 4000 if estimator == "local" else 1
    rows = np.repeat(X, repeats, axis=0)
    if estimator == "local":
        drawn = ops.convert_to_numpy(layer(rows, training=True)).reshape(3, repeats, 2)
        np.testing.assert_allclose(
            drawn.mean(1), mean, atol=5 * math.sqrt(variance.max() / repeats)
        )
        np.testing.assert_allclose(drawn.var(1), variance, rtol=0.15)
        return
    drawn = np.stack([ops.convert_to_numpy(layer(X, training=True)) for _ in range(100)])
    np.testing.assert_allclose(drawn.mean(0), mean, atol=5 * math.sqrt(variance.max() / 100))
    # All cases of a batch see the same weights: their differences are as correlated as that says.
    scale = np.exp(2 * ops.convert_to_numpy(layer.log_scale))
    covariance = X[0] * X[1] @ scale[:-1] + scale[-1]
    got = ((drawn[:, 0] - mean[0]) * (drawn[:, 1] - mean[1])).mean(0)
    np.testing.assert_allclose(got, covariance, atol=5 * math.sqrt(2 / 100) * variance[:2].max())


def test_the_divergence_is_an_integral():
    mean, scale, prior_mean, prior_scale = 0.4, 0.7, -0.3, 1.1
    z = np.linspace(-9, 9, 20001)

    def log_density(m, s):
        return -0.5 * ((z - m) / s) ** 2 - math.log(s * math.sqrt(2 * math.pi))

    q = np.exp(log_density(mean, scale))
    expected = np.sum(q * (log_density(mean, scale) - log_density(prior_mean, prior_scale)))
    expected *= z[1] - z[0]
    tensors = [ops.convert_to_tensor(v, "float32") for v in (mean, math.log(scale))]
    priors = [ops.convert_to_tensor(v, "float32") for v in (prior_mean, math.log(prior_scale))]
    assert float(gaussian_kl(*tensors, *priors)) == pytest.approx(expected, abs=1e-5)
    assert float(gaussian_kl(*tensors, *tensors)) == 0


def test_a_mixture_of_equal_components_is_one_gaussian():
    log_scale = X - 2
    one = MixturePrior([0.1], [0.4])(X, log_scale)
    three = MixturePrior([0.1] * 3, 0.4, [0.2, 0.3, 0.5])(X, log_scale)
    np.testing.assert_allclose(*arrays((one, three)), rtol=1e-5)


def test_the_component_with_its_bits_back_costs_no_less_than_the_mixture():
    mean, scale = np.array([-0.6, 0.05, 0.4]), np.array([0.05, 0.2, 0.6])
    bound = ops.convert_to_numpy(MixturePrior(**MIXTURE)(mean, np.log(scale)))
    z = mean + scale * RNG.standard_normal((20_000, 3))
    m, s, p = (np.array(MIXTURE[name]) for name in ("means", "scales", "proportions"))
    density = (p / s * np.exp(-0.5 * ((z[..., None] - m) / s) ** 2)).sum(-1)
    nats = -0.5 * ((z - mean) / scale) ** 2 - np.log(scale) - np.log(density)
    assert (bound > nats.mean(0) - 4 * nats.std(0) / math.sqrt(len(z))).all()
    costs = np.log(s / scale[:, None]) - 0.5
    costs += (scale[:, None] ** 2 + (mean[:, None] - m) ** 2) / (2 * s**2)
    np.testing.assert_allclose(bound, -np.log((p * np.exp(-costs)).sum(-1)), atol=1e-4)


def test_a_frozen_prior_gets_no_gradient_and_a_shared_one_all():
    prior = MixturePrior(**MIXTURE)
    layers = [NoisyDense(units, prior=prior) for units in (3, 2)]
    layers[0].build((None, 4))
    layers[1].build((None, 3))
    assert layers[0].prior is layers[1].prior
    start = [np.array(w) for w in prior.get_weights()]

    class Cost(keras.Model):
        def __init__(self, adapt):
            super().__init__()
            self.layers_, self.adapt = layers, adapt

        def call(self, x):
            self.add_loss(sum(layer.description_length(self.adapt) for layer in self.layers_))
            return x

    for adapt, moves in ((0.0, False), (1.0, True)):
        model = Cost(adapt)
        model.compile(keras.optimizers.SGD(1e-3))
        model.fit(X, X, verbose=0)
        moved = [not np.array_equal(a, b) for a, b in zip(start, prior.get_weights(), strict=True)]
        assert moved == [moves] * 3


def test_the_cost_of_a_layer_does_not_depend_on_the_batch():
    layer = NoisyDense(2, num_train=50)
    losses = []
    for rows in (1, 3):
        layer(X[:rows])
        losses.append(float(ops.convert_to_numpy(layer.losses[0])))
    assert losses[0] == losses[1]
    total = float(ops.convert_to_numpy(layer.description_length()))
    assert losses[0] == pytest.approx(total / 50, rel=1e-6)


def test_pruned_weights_cost_and_say_nothing():
    layer = filled()
    before = float(ops.convert_to_numpy(layer.description_length()))
    threshold = np.median(layer.snr())
    saved = layer.prune(threshold)
    after = float(ops.convert_to_numpy(layer.description_length()))
    assert saved == pytest.approx(before - after) and saved > 0
    assert ops.convert_to_numpy(layer.kept).sum() == 5
    layer.prune(np.inf)
    assert float(ops.convert_to_numpy(layer.description_length())) == 0
    assert not np.any(arrays(layer(X)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NoisyDense(0), "`units` must be a positive integer"),
        (lambda: NoisyDense(2, "softmax"), "`activation` must be one of"),
        (lambda: NoisyDense(2, estimator="exact"), "`estimator` must be one of"),
        (lambda: NoisyDense(2, posterior_scale=-1.0), "`posterior_scale` must be positive"),
        (lambda: NoisyDense(2, num_train=0), "`num_train` must be a positive integer"),
        (lambda: NoisyDense(2, prior="mixture"), "`prior` must be a MixturePrior"),
        (lambda: NoisyDense(2, estimator="local")(X, VARIANCE), "`variance` must be None"),
        (lambda: MixturePrior([]), "`means` must name at least one component"),
        (lambda: MixturePrior([0.0, 1.0], [1.0, -1.0]), "`scales` must be positive"),
        (lambda: MixturePrior([0.0, 1.0], [1.0] * 3), "`scales` must have 2 entries"),
        (lambda: MixturePrior([0.0], proportions=[0.5]), "`proportions` must sum to one"),
        (lambda: GaussianMoments("softmax"), "`activation` must be one of"),
        (lambda: GaussianMoments()(X, ROWS), "`variance` must have the shape of `mean`"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()

"""The loss of the lossy autoencoder is a bound on the likelihood, and its pictures have its law."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import VariationalLossyAutoencoder
from tests.applications.case import Case

RNG = np.random.default_rng(0)
X = RNG.integers(0, 2, (3, 4, 4, 1))
GREY = RNG.integers(0, 6, (3, 4, 8, 1))
SMALL = {"encoder_filters": (3, 4), "units": 6, "filters": 5, "latent_dim": 2, "seed": 0}


def made(shape=(4, 4, 1), **kwargs):
    return VariationalLossyAutoencoder(shape, **{**SMALL, **kwargs})


CASES = {
    "VariationalLossyAutoencoder": Case(
        lambda **kw: made(free_nats=0.5, **kw),
        X.astype("float32"),
        X.astype("float32"),
        {"reconstruct": lambda model, inputs: model.reconstruct(inputs, seed=0)},
        rows=False,
    ),
    "VariationalLossyAutoencoder-flow": Case(
        lambda **kw: made((4, 8, 1), levels=6, blocks=1, prior="flow", flow_steps=2, **kw),
        GREY.astype("float32"),
        GREY.astype("float32"),
        {"sample": lambda model, inputs: model.sample(2, seed=0)},
        rows=False,
    ),
}


def random_weights(model, scale=0.5):
    rng = np.random.default_rng(1)
    model.set_weights(
        [scale * rng.standard_normal(w.shape) if w.size > 1 and w.dtype != "uint32" else w
         for w in model.get_weights()]
    )  # fmt: skip
    return model


def test_the_bound_is_that_of_all_pictures_counted():
    """Over all 2^16 pictures of 4 x 4 the likelihoods sum to 1 at any code."""
    model = random_weights(made(receptive_field=(3, 1), blocks=1))
    every = np.array(list(itertools.product((0, 1), repeat=8)))
    upper = RNG.integers(0, 2, 8)
    pictures = np.concatenate([np.tile(upper, (256, 1)), every], axis=1).reshape(-1, 4, 4, 1)
    codes = ops.convert_to_tensor(np.tile([[0.3, -1.2]], (256, 1)).astype("float32"))
    nats = ops.convert_to_numpy(model._nats_of_pixels(ops.convert_to_tensor(pictures), codes))
    # All lower halves below one upper half: what is left is the probability of the upper half,
    # which the lower pixels may not change.
    total = np.exp(-nats.astype("float64")).sum()
    cells = model.law(
        model.decoder(model._scaled(ops.convert_to_tensor(pictures)), model._features(codes)),
        ops.convert_to_tensor(pictures[..., 0]),
    )
    above = ops.convert_to_numpy(cells)[:, :2].sum((1, 2))
    np.testing.assert_allclose(above, above[0], atol=1e-5)
    assert total == pytest.approx(np.exp(above[0]), rel=1e-4)


@pytest.mark.parametrize("prior", ["gaussian", "flow"])
def test_importance_samples_bring_the_bound_nearer(prior):
    model = random_weights(made(prior=prior))
    means = [model.log_likelihood(X, samples, seed=3).mean() for samples in (1, 8, 64)]
    assert means[0] < means[1] < means[2] + 0.05
    bounds = [model.elbo(X, seed)["elbo"] for seed in range(30)]
    one = [model.log_likelihood(X, 1, seed).mean() for seed in range(30)]
    spread = np.std(one) + np.std(bounds)
    assert np.mean(bounds) == pytest.approx(np.mean(one), abs=spread)


def test_the_gaussian_prior_is_a_flow_that_does_nothing():
    flow, plain = made(prior="flow"), made()
    flow.set_weights([w * 0 for w in flow.get_weights()])
    plain.set_weights([w * 0 for w in plain.get_weights()])
    # An untouched gated step is 0.88 of the identity; its shift is 0.
    codes = RNG.standard_normal((5, 2)).astype("float32")
    got = ops.convert_to_numpy(flow._log_prior(ops.convert_to_tensor(codes)))
    scale = 1 / (1 + np.exp(-2))
    expected = -0.5 * ((scale * codes) ** 2 + np.log(2 * np.pi)).sum(-1) + 2 * np.log(scale)
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    assert plain.elbo(X)["rate"] == pytest.approx(0, abs=1e-6)


def test_drawn_pixels_have_the_probabilities_of_the_decoder():
    model = random_weights(made(), 0.8)
    codes = np.tile([[0.5, -0.4]], (4000, 1)).astype("float32")
    drawn = model.decode(codes, seed=0)
    parameters = model.decoder(model._scaled(ops.convert_to_tensor(drawn)),
                               model._features(ops.convert_to_tensor(codes)))  # fmt: skip
    table = ops.convert_to_numpy(model.law.probabilities(parameters))[..., 1]
    error = (drawn[..., 0] - table).mean(0)
    assert np.abs(error).max() < 4 * 0.5 / np.sqrt(4000)


def test_what_pixels_cost_adds_up_to_the_distortion():
    model = random_weights(made(blocks=1))
    costs, surprise = model.elbo(X, seed=4), model.surprise(X, seed=4)
    assert surprise.shape == (3, 4, 4) and surprise.min() > 0
    assert surprise.sum() / 3 == pytest.approx(costs["distortion"], rel=1e-5)


def test_training_shortens_the_message():
    model = made(learn := (4, 8, 1), levels=6)
    assert model.image_shape == learn
    model.compile(keras.optimizers.Adam(0.02))
    before = model.elbo(GREY)["elbo"]
    model.fit(GREY, GREY, epochs=8, batch_size=3, verbose=0)
    assert model.elbo(GREY)["elbo"] > before + 1


def test_without_a_window_pixels_do_not_see_each_other():
    model = random_weights(made(receptive_field=None))
    features = model._features(ops.ones((1, 2)))
    a, b = (
        ops.convert_to_numpy(model.decoder(ops.full((1, 4, 4, 1), value), features))
        for value in (-1.0, 1.0)
    )
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: made((6, 4, 1)), "image_shape"),
        (lambda: made((4, 4, 3)), "image_shape"),
        (lambda: made(prior="vamp"), "prior"),
        (lambda: made(receptive_field=(0, 1)), "receptive_field"),
        (lambda: made().elbo(X + 1), "x"),
        (lambda: made().elbo(X[:, :2]), "x"),
        (lambda: made().decode(np.zeros((2, 3))), "codes"),
        (lambda: made()(np.zeros((2, 8, 4, 1))), "inputs"),
    ],
)
def test_bad_input_is_named(call, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        call()

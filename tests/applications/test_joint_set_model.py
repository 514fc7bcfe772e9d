"""Joint models equal the chain rule in every order, and find orders that enumeration finds."""

import itertools

import keras
import numpy as np
import pytest

from keras_readinglist.applications import JointSetModel
from keras_readinglist.datasets import star_graphical_model
from tests.applications.case import Case

RNG = np.random.default_rng(0)
STAR = star_graphical_model(4, 3, rng=0, head=2)
VALUES = STAR.sample(6, rng=1)
ORDER = (2, 0, 3, 1)
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


CASES = {
    "JointSetModel": Case(
        lambda **kw: JointSetModel(4, 3, 5, search="sample", **kw),
        VALUES,
        VALUES,
        {
            "log_probability": lambda model, values: model.log_probability(values, ORDER),
            "exact": lambda model, values: model.search_orders(values, "exact"),
            "sample": lambda model, values: model.search_orders(values),
            "order_posterior": lambda model, values: model.order_posterior(values, [ORDER]),
        },
    ),
    "JointSetModel-best": Case(
        lambda **kw: JointSetModel(4, 3, 5, search="best", candidates=[ORDER], **kw),
        VALUES,
        VALUES,
    ),
}


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def made(**kwargs):
    model = JointSetModel(4, 3, 5, **kwargs)
    model.set_weights([RNG.uniform(-1, 1, w.shape) for w in model.get_weights()])
    return model


def oracle(model, values, order):
    """The log-probability of one set, one variable after the other, and all logits."""
    w = {v.path.rsplit("/", 1)[-1]: keras.ops.convert_to_numpy(v) for v in model.weights[:1]}
    cell = [np.asarray(x, "float64") for x in model.reader.get_weights()]
    kernel, bias = (keras.ops.convert_to_numpy(x) for x in (model.kernel, model.bias))
    h = c = np.zeros(model.units)
    read, total, logits = 4 * 3, 0.0, np.zeros((4, 3))
    for variable in order:
        z = w["embeddings"][read] @ cell[0] + h @ cell[1] + cell[2]
        i, f, g, o = np.split(z, 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        u = h @ kernel[variable] + bias[variable]
        logits[variable] = u
        total += (u - np.log(np.exp(u).sum()))[values[variable]]
        read = 3 * variable + values[variable]
    return total, logits


@pytest.mark.parametrize("order", [(0, 1, 2, 3), ORDER])
def test_equals_the_chain_rule(order):
    model = made(order=order)
    scores, logits = model.log_probability(VALUES), model.predict(VALUES, verbose=0)
    for b, values in enumerate(VALUES):
        expected = oracle(model, values, order)
        assert scores[b] == pytest.approx(expected[0], abs=1e-4)
        np.testing.assert_allclose(logits[b], expected[1], atol=1e-5)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), ORDER])
def test_probabilities_of_all_values_sum_to_one(order):
    every = np.array(list(itertools.product(range(3), repeat=4)))
    assert np.exp(made().log_probability(every, order)).sum() == pytest.approx(1, abs=1e-5)


def test_the_search_finds_the_best_order_of_every_example():
    model = made()
    orders = list(itertools.permutations(range(4)))
    scores = np.stack([model.log_probability(VALUES, order) for order in orders], axis=1)
    found = model.search_orders(VALUES, "exact")
    assert [tuple(order) for order in found] == [orders[k] for k in scores.argmax(axis=1)]
    posterior = model.order_posterior(VALUES, orders)
    np.testing.assert_allclose(posterior.sum(axis=1), 1, atol=1e-6)
    assert (posterior.argmax(axis=1) == scores.argmax(axis=1)).all()


@pytest.mark.parametrize("search", ["uniform", "best", "sample"])
def test_training_searches_and_inference_does_not(search):
    candidates = [ORDER, (0, 1, 2, 3)]
    model = made(search=search, candidates=candidates, seed=1, order=ORDER)
    fixed = model.predict(VALUES, verbose=0)
    for values, logits in zip(VALUES, fixed, strict=True):
        np.testing.assert_allclose(logits, oracle(model, values, ORDER)[1], atol=1e-5)
    trained = keras.ops.convert_to_numpy(model(VALUES, training=True))
    for values, logits in zip(VALUES, trained, strict=True):
        every = [oracle(model, values, o) for o in itertools.permutations(range(4))]
        assert min(np.abs(logits - each[1]).max() for each in every) < 1e-4
        if search == "best":
            chosen = max((oracle(model, values, order) for order in candidates), key=lambda x: x[0])
            np.testing.assert_allclose(logits, chosen[1], atol=1e-4)


@pytest.mark.parametrize("search", [None, "uniform", "best", "sample"])
def test_fit(search):
    model = JointSetModel(4, 3, 8, search=search, candidates=[ORDER], seed=0)
    model.compile(keras.optimizers.Adam(1e-2), loss=LOSS)
    samples = STAR.sample(64, rng=2)
    before = [np.array(w) for w in model.get_weights()]
    losses = model.fit(samples, samples, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert all((new != old).any() for new, old in zip(model.get_weights(), before, strict=True))


def test_round_trips(tmp_path):
    model = made(order=ORDER, search="best", candidates=[ORDER], seed=3)
    expected = model.log_probability(VALUES)
    copy = JointSetModel.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    np.testing.assert_allclose(copy.log_probability(VALUES), expected, atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.log_probability(VALUES), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: JointSetModel(0, 3), "`num_variables` must be"),
        (lambda: JointSetModel(3, 3, order=(0, 0, 1)), "`order` must name"),
        (lambda: JointSetModel(3, 3, search="random"), "`search` must be"),
        (lambda: JointSetModel(3, 3, search="best"), "`candidates` must be given"),
        (lambda: JointSetModel(3, 3, candidates=[(0, 1)]), "`candidates` must name"),
        (lambda: JointSetModel(3, 3, 4).log_probability(VALUES), "`values` must be"),
        (lambda: JointSetModel(4, 2, 4).log_probability(VALUES), "`values` must be"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()

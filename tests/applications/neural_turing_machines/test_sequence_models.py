"""Models of algorithms: batches, training, measuring, and the trained networks."""

import json

import keras
import numpy as np
import pytest

from keras_readinglist.applications import LSTMSequenceModel, NTMSequenceModel
from keras_readinglist.applications.neural_turing_machines import TASKS, measure_bits
from keras_readinglist.datasets import algorithmic_tasks as data
from keras_readinglist.optimizers import graves_rmsprop
from tests.applications.case import Case

SMALL = {"memory_slots": 8, "memory_width": 4, "controller_units": 6}
MODELS = {
    "ntm": lambda task: NTMSequenceModel(task, **SMALL),
    "lstm": lambda task: LSTMSequenceModel(task, units=6, num_layers=2),
}
models = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())


EPISODE = data.copy_task(3, 2, rng=0)
ANSWERS = {
    "answer": lambda model, x: model.answer((x, *(part[: len(x)] for part in EPISODE[1:]))),
    "evaluate_lengths": lambda model, x: model.evaluate_lengths([2], sequences=4, batch_size=4),
}
CASES = {
    "NTMSequenceModel": Case(
        lambda **kw: NTMSequenceModel("copy", **SMALL, **kw),
        *EPISODE[:2],
        {**ANSWERS, "attention": lambda model, x: model.attention(x)},
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    ),
    "LSTMSequenceModel": Case(
        lambda **kw: LSTMSequenceModel("copy", units=4, num_layers=2, **kw),
        *EPISODE[:2],
        ANSWERS,
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    ),
}


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


@pytest.mark.parametrize("task", TASKS)
def test_batches_have_few_lengths(task):
    model = MODELS["ntm"](task)
    seen = set()
    for seed in range(60):
        x, y, weights = model.generate_batch(2, seed)
        assert x.shape[1] == y.shape[1] == weights.shape[1]
        seen.add(x.shape[1])
    assert seen <= set(TASKS[task].steps)
    sizes = {name: high for name, (_, high) in TASKS[task].sizes.items()}
    assert model.generate_batch(1, 0, **sizes)[0].shape[1] == max(TASKS[task].steps)
    long = model.generate_batch(1, 0, **{name: high + 3 for name, high in sizes.items()})
    assert long[0].shape[1] > max(TASKS[task].steps)


@models
def test_padding_at_the_end_changes_nothing(make):
    model = make("copy")
    episode = data.copy_task(3, 4, rng=0)
    padded = data.pad_time(episode, 14)
    short, long = (model.predict_on_batch(e[0]) for e in (episode, padded))
    np.testing.assert_allclose(long[:, :9], short, atol=1e-5)
    np.testing.assert_array_equal(model.answer(episode), model.answer(padded))


@models
def test_learns(make):
    model = make("copy")
    model.compile_default(graves_rmsprop(1e-2))
    x, y, weights = model.generate_batch(8, 0, length=2)
    losses = [float(model.train_on_batch(x, y, weights)) for _ in range(60)]
    assert losses[-1] < 0.95 * losses[0]


def test_the_optimizer_has_the_form_of_graves():
    model = NTMSequenceModel("copy", **SMALL)
    model.compile_default(graves_rmsprop(0.01))
    variable = keras.Variable(np.array([1.0, -2.0], "float32"))
    model.optimizer.build([variable])
    value, n, g, step = np.array([1.0, -2.0]), 0.0, 0.0, 0.0
    for gradient in ([0.3, 1.0], [-0.2, 0.5], [0.1, 0.4]):
        gradient = np.array(gradient)
        n = 0.95 * n + 0.05 * gradient**2
        g = 0.95 * g + 0.05 * gradient
        step = 0.9 * step - 0.01 * gradient / np.sqrt(n - g**2 + 1e-4)
        value = value + step
        tensor = keras.ops.convert_to_tensor(gradient.astype("float32"))
        model.optimizer.apply_gradients([(tensor, variable)])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), value, rtol=1e-5)


def test_measuring():
    targets = np.array([[[0, 1], [1, 1], [0, 0]]], "float32")
    mask = np.array([[False, True, True]])
    logits = np.array([[[9.0, 9.0], [-1.0, 2.0], [-3.0, 0.0]]])
    found = measure_bits(logits, targets, mask)
    p = 1 / (1 + np.exp(-logits[0, 1:]))
    expected = -np.log2(np.where(targets[0, 1:] == 1, p, 1 - p)).sum()
    assert found["bits"] == pytest.approx(expected)
    assert found["wrong_bits"] == 1 and found["wrong_by_channel"] == [1, 0]
    assert found["exact"] == 0 and found["chance"] == 2


@models
def test_an_untrained_model_is_at_chance(make):
    lengths = [2, {"num_items": 5, "item_length": 2}]
    for found in make("associative_recall").evaluate_lengths(lengths, sequences=40):
        assert found["wrong_bits"] == pytest.approx(found["chance"], rel=0.25)
    with pytest.raises(ValueError, match="`sequences` must be"):
        make("copy").evaluate_lengths([3], sequences=0)


@models
def test_round_trips(make, tmp_path):
    model = make("repeat_copy")
    x = model.generate_batch(2, 0, length=2, repeats=2)[0]
    expected = model.predict_on_batch(x)
    copy = type(model).from_config(json.loads(json.dumps(model.get_config())))
    copy.set_weights(model.get_weights())
    np.testing.assert_allclose(copy.predict_on_batch(x), expected, atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(x), expected)
    model.save_to_preset(tmp_path / "preset")
    preset = type(model).from_preset(tmp_path / "preset")
    np.testing.assert_array_equal(preset.predict_on_batch(x), expected)


def test_a_controller_of_ones_own_survives_a_round_trip(tmp_path):
    model = NTMSequenceModel("copy", **SMALL, controller=keras.layers.GRUCell(5))
    x = model.generate_batch(2, 0, length=3)[0]
    expected = model.predict_on_batch(x)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(x), expected)


def test_the_memory_can_be_enlarged_after_training():
    model = NTMSequenceModel("copy", **SMALL)
    larger = NTMSequenceModel("copy", **{**SMALL, "memory_slots": 30})
    larger.set_weights(model.get_weights())
    assert larger.answer(data.copy_task(1, 20, rng=0)).shape == (1, 20, 8)


def test_attention_is_what_the_model_does():
    model = NTMSequenceModel("copy", **SMALL, read_heads=2)
    x = model.generate_batch(2, 0, length=3)[0]
    seen = model.attention(x)
    np.testing.assert_allclose(seen["logits"], model.predict_on_batch(x), atol=1e-5)
    assert seen["weightings"].shape == (2, 7, 3, 8) and seen["add"].shape == (2, 7, 1, 4)
    np.testing.assert_allclose(seen["weightings"].sum(axis=-1), 1, atol=1e-5)
    assert ((seen["gate"] >= 0) & (seen["gate"] <= 1)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: NTMSequenceModel("sorting"), "`task` must be one of"),
        (lambda: LSTMSequenceModel("copy", units=0), "`units` must be"),
        (lambda: LSTMSequenceModel("copy", num_layers=0), "`num_layers` must be"),
        (lambda: NTMSequenceModel("copy", read_heads=0), "`read_heads` must be"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()

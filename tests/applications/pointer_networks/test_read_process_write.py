"""Read-Process-Write equals its equations, and its reader knows no order."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import ReadProcessWrite
from keras_readinglist.applications.pointer_networks import pointer_loss, training_batch
from keras_readinglist.datasets import sorting_batch

RNG = np.random.default_rng(0)
VALUES, MASK, ORDER = sorting_batch(5, (3, 6), 0)


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def oracle(model, values):
    """What is kept of one set, by section 4.1, one number after the other."""
    memory = values
    for dense in model.reader:
        kernel, bias = (np.asarray(w, "float64") for w in dense.get_weights())
        memory = np.array([np.tanh(row @ kernel + bias) for row in memory])
    kernel, bias = (np.asarray(w, "float64") for w in model.process.get_weights())
    state, c = np.zeros(2 * model.units), np.zeros(model.units)
    for _ in range(model.process_steps):
        i, f, g, o = np.split(state @ kernel + bias, 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        query = o * np.tanh(c)
        a = np.exp([m @ query for m in memory])
        state = np.concatenate([query, a @ memory / a.sum()])
    return state


def test_reading_equals_its_equations():
    model = ReadProcessWrite(4, process_steps=3, reader_units=(5, 3))
    model.set_weights([RNG.uniform(-0.9, 0.9, w.shape) for w in model.get_weights()])
    for b, kept in enumerate(model.read(VALUES, MASK)):
        np.testing.assert_allclose(kept, oracle(model, VALUES[b, MASK[b]]), atol=1e-5)


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_no_order_of_the_elements_changes_anything_but_their_names(steps):
    model, order = ReadProcessWrite(8, steps), RNG.permutation(6)
    back = np.argsort(order)
    shuffled = VALUES[:, order], MASK[:, order]
    kept = model.read(VALUES, MASK)
    np.testing.assert_allclose(model.read(*shuffled), kept, atol=1e-6)
    attention = model.process_attention(VALUES, MASK)
    np.testing.assert_allclose(
        model.process_attention(*shuffled), attention[:, :, order], atol=1e-6
    )
    renamed = np.where(ORDER >= 0, back[ORDER], -1)
    first = model.pointing(VALUES, ORDER, MASK)
    second = model.pointing(shuffled[0], renamed, shuffled[1])
    written = np.arange(6)[None] <= MASK.sum(axis=1, keepdims=True)  # and the end symbol
    np.testing.assert_allclose(second[written][:, 1:], first[written][:, 1:][:, order], atol=1e-5)


def test_the_attention_is_a_distribution_over_the_set():
    attention = ReadProcessWrite(8, 3).process_attention(VALUES, MASK)
    assert attention.shape == (5, 3, 6)
    np.testing.assert_allclose(attention.sum(axis=-1), 1, atol=1e-6)
    assert (attention.transpose(0, 2, 1)[~MASK] == 0).all()


def test_without_steps_the_writer_begins_alike_for_all_sets():
    model = ReadProcessWrite(8, 0)
    assert (model.read(VALUES, MASK) == 0).all()
    assert model.process_attention(VALUES, MASK).shape == (5, 0, 6)


def test_a_training_step_reaches_reader_process_and_pointer():
    model = ReadProcessWrite(8, 2)
    model.compile("adam", loss=pointer_loss())
    before = [np.array(w) for w in model.get_weights()]
    x, y, weights = training_batch(VALUES, MASK, ORDER)
    model.train_on_batch(x, y, sample_weight=weights)
    for variable, old in zip(model.weights, before, strict=True):
        assert (keras.ops.convert_to_numpy(variable) != old).any(), variable.path


def test_half_precision_is_close():
    model, half = ReadProcessWrite(8, 3), ReadProcessWrite(8, 3, dtype="mixed_bfloat16")
    half.set_weights(model.get_weights())
    kept = np.asarray(half.read(VALUES, MASK), "float32")
    np.testing.assert_allclose(kept, model.read(VALUES, MASK), atol=2e-2)


@pytest.mark.slow
def test_learns_to_sort_three_numbers():
    model = ReadProcessWrite(32, 2)
    model.compile(keras.optimizers.Adam(5e-3, global_clipnorm=2.0), loss=pointer_loss())
    for seed in range(400):
        x, y, weights = training_batch(*sorting_batch(64, 3, seed))
        model.train_on_batch(x, y, sample_weight=weights)
    values, mask, order = sorting_batch(200, 3, 10_000)
    answers, _ = model.generate(values, mask)
    assert (answers[:, :3] == order).all(axis=1).mean() > 0.8


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ReadProcessWrite(0), "`units` must be"),
        (lambda: ReadProcessWrite(4, process_steps=-1), "`steps` must be"),
        (lambda: ReadProcessWrite(4, glimpses=-1), "`glimpses` must be"),
        (lambda: ReadProcessWrite(4, reader_units=(0,)), "units"),
        (lambda: ReadProcessWrite(4).read(VALUES[0]), "`inputs` must have the shape"),
        (lambda: ReadProcessWrite(4).read(VALUES, MASK & False), "`mask` must leave"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()

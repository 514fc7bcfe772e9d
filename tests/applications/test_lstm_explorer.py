"""Gradients by lag are those of the equations, and the tasks are what they say."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import LSTMExplorer
from keras_readinglist.applications.lstm_explorer import CELLS, gradient_norm_by_lag
from keras_readinglist.datasets import adding_problem, copy_memory, temporal_order
from tests.applications.case import Case

X, Y = adding_problem(3, 6, rng=0)


CASES = {
    "LSTMExplorer": Case(
        lambda **kw: LSTMExplorer("peephole", units=4, **kw),
        X,
        Y,
        {
            "gate_trace": lambda model, x: model.gate_trace(x),
            "gradient_norm_by_lag": lambda model, x: (
                gradient_norm_by_lag(model, x) if len(x) else 0
            ),
        },
        loss="mse",
    )
}


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_round_trips(cell):
    model = LSTMExplorer(cell, units=5)
    x, _ = adding_problem(3, 12, rng=0)
    copy = LSTMExplorer.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    np.testing.assert_allclose(copy.predict_on_batch(x), model.predict_on_batch(x), atol=1e-6)
    tracks = model.gate_trace(x)
    assert all(track.shape == (3, 12, 5) for track in tracks.values())


def test_gradient_by_lag_of_a_linear_recurrence():
    model = LSTMExplorer("rnn", units=1, input_dim=1)
    half = 0.5
    weights = ([[1e-3]], [[half]], [0.0], [[1.0]], [0.0])  # tanh is linear near zero
    model.set_weights([np.array(w) for w in weights])
    norms = gradient_norm_by_lag(model, np.zeros((2, 8, 1)))
    np.testing.assert_allclose(norms, 1e-3 * half ** np.arange(8), rtol=1e-3)


def test_tasks():
    x, y = adding_problem(500, 20, rng=0)
    assert (x[:, :10, 1].sum(1) == 1).all() and (x[:, 10:, 1].sum(1) == 1).all()
    assert np.square(y - 1).mean() == pytest.approx(1 / 6, rel=0.15)
    x, y = copy_memory(3, lag=5, num_symbols=4, num_items=2, rng=0)
    np.testing.assert_array_equal(x[:, :2], y[:, -2:])
    assert (x[:, 6] == 5).all() and (y[:, :-2] == 0).all()
    x, y = temporal_order(200, 50, rng=0)
    for row, label in zip(x, y, strict=True):
        first, second = row[row < 2]
        assert label == 2 * first + second
    for task in (lambda: adding_problem(1, 1), lambda: temporal_order(1, 5)):
        with pytest.raises(ValueError, match="`length` must be an integer of at least"):
            task()
    with pytest.raises(ValueError, match="`lag` must be"):
        copy_memory(1, 0)


def test_no_sequence_has_no_gradient():
    with pytest.raises(ValueError, match="`sequences` must hold at least one"):
        gradient_norm_by_lag(LSTMExplorer("gru", units=4), X[:0])


def test_bad_cell():
    with pytest.raises(ValueError, match="`cell` must be one of"):
        LSTMExplorer("mut1")


def test_mixed_precision():
    model = LSTMExplorer("lstm", units=4, dtype=keras.DTypePolicy("mixed_bfloat16"))
    assert np.isfinite(model.predict_on_batch(adding_problem(2, 6, rng=0)[0])).all()

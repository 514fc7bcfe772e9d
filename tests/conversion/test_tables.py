"""Tables of names fill all weights of a layer, or say which do not fit."""

import keras
import numpy as np
import pytest

from keras_readinglist.conversion.tables import Row, fill

ROWS = [Row("kernel", ("weight",)), Row("bias", ("first", "second"), np.add)]
STATE = {
    "weight": np.arange(6.0).reshape(2, 3),
    "first": np.ones(2),
    "second": np.array([1.0, 3.0]),
}


@pytest.fixture
def dense():
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    return layer


def test_every_weight_gets_its_value(dense):
    fill(dense, ROWS, STATE)
    kernel, bias = (keras.ops.convert_to_numpy(weight) for weight in dense.weights)
    np.testing.assert_array_equal(kernel, STATE["weight"].T)
    np.testing.assert_array_equal(bias, [2, 4])


@pytest.mark.parametrize(
    ("rows", "state", "message"),
    [
        (ROWS, {"weight": STATE["weight"]}, "`first` is missing. Received: weight"),
        (ROWS, {**STATE, "weight": np.ones((3, 2))}, "`weight` must give the shape"),
        (ROWS[:1], STATE, "`rows` must name all weights. Missing: bias"),
    ],
)
def test_what_does_not_fit_is_named(dense, rows, state, message):
    with pytest.raises(ValueError, match=message):
        fill(dense, rows, state)

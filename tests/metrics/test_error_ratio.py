"""The ratio of errors is that of its equation, weighted as Keras weighs."""

import keras
import numpy as np
import pytest

from keras_readinglist.metrics import ErrorRatio

RNG = np.random.default_rng(0)


def test_ratio_of_errors():
    true, found = RNG.standard_normal((2, 5, 3)).astype("float32")
    std, accuracy, weights = [2.0, 0.5, 1.0], [0.1, 1.0, 3.0], [1.0, 0.0, 2.0, 1.0, 0.0]
    metric = ErrorRatio(std, accuracy)
    metric.update_state(true[:2], found[:2], sample_weight=np.array(weights[:2]))
    metric.update_state(true[2:], found[2:], sample_weight=np.array(weights[2:]))
    each = (np.abs(true - found) * np.array(std) / accuracy).mean(axis=1)
    assert float(metric.result()) == pytest.approx(np.average(each, weights=weights), rel=1e-5)
    copy = ErrorRatio.from_config(metric.get_config())
    assert (copy.target_std, copy.accuracy) == (std, accuracy)


def test_it_is_measured_while_a_model_trains():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", weighted_metrics=[ErrorRatio([2.0], [0.5])])
    history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=1, verbose=0).history
    assert history["error_ratio"][0] >= 0


def test_bad_arguments_are_refused():
    for std, accuracy in (([1.0], []), ([1.0], [0.0]), ([], [])):
        with pytest.raises(ValueError, match="`accuracy`"):
            ErrorRatio(std, accuracy)

"""What a model has in the end is the mean of its last epochs, and not of all."""

import keras
import numpy as np
import pytest

from keras_readinglist.callbacks import CheckpointAverager

X = np.random.default_rng(0).standard_normal((8, 3)).astype("float32")


def trained(*callbacks, epochs=4):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dropout(0.5),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1), "mse")
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append([np.array(w) for w in model.get_weights()])
    )
    model.fit(X, X[:, :1], batch_size=4, epochs=epochs, callbacks=[note, *callbacks], verbose=0)
    return model, seen


@pytest.mark.parametrize("last", [1, 3, 9])
def test_the_mean_of_the_last_epochs(last):
    model, seen = trained(CheckpointAverager(last))
    for got, *values in zip(model.get_weights(), *seen[-last:], strict=True):
        if np.issubdtype(got.dtype, np.integer):  # the state of a random generator
            np.testing.assert_array_equal(got, values[-1])
        else:
            np.testing.assert_allclose(got, np.mean(values, axis=0), atol=1e-6)


def test_a_second_training_forgets_the_first():
    average = CheckpointAverager(5)
    trained(average)
    model, seen = trained(average, epochs=1)
    np.testing.assert_allclose(model.get_weights()[-2], seen[-1][-2], atol=1e-6)


def test_bad_argument():
    with pytest.raises(ValueError, match="`last`"):
        CheckpointAverager(0)

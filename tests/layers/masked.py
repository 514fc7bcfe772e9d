"""What a layer learns must not depend on what a mask hides, be it NaN."""

import keras
import numpy as np


def check_hidden_nan(connect, *inputs, at, mask):
    """Assert that a step of training is the same with NaN where a mask hides an input.

    Args:
        connect: Function from a symbolic tensor for every input, and one for the mask, to outputs.
        *inputs: Arrays `(batch, ...)`.
        at: Integer, the place of the input that is spoiled.
        mask: Boolean array, `True` where that input is shown.
    """
    spoiled = list(inputs)
    spoiled[at] = np.where(mask[..., None], inputs[at], np.float32(np.nan))
    clean, dirty = (_learnt(connect, [*given, mask]) for given in (inputs, spoiled))
    for got, want in zip(dirty, clean, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-6)


def _learnt(connect, arrays):
    """Return the weights after one step towards zeros."""
    keras.utils.set_random_seed(0)
    symbols = [keras.Input(array.shape[1:], dtype=str(array.dtype)) for array in arrays]
    model = keras.Model(symbols, connect(*symbols))
    model.compile(keras.optimizers.SGD(0.5), "mse")
    zeros = np.zeros((len(arrays[0]), *model.output_shape[1:]), "float32")
    model.train_on_batch(arrays, zeros)
    return model.get_weights()

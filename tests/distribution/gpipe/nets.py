"""Networks that pipelines are tested with."""

import keras
import numpy as np

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
RNG = np.random.default_rng(0)
X = RNG.standard_normal((10, 6)).astype("float32")
Y = RNG.integers(0, 3, 10)
WEIGHTS = RNG.random(10).astype("float32")
layers = keras.layers


def dense(dtype=None, regularizer=None, dropout=0.0):
    """Return four layers of different costs, of the same values at every call."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, "tanh", kernel_regularizer=regularizer, dtype=dtype),
            layers.Dropout(dropout, seed=1, dtype=dtype),
            layers.Dense(7, "tanh", activity_regularizer=regularizer, dtype=dtype),
            layers.Dropout(dropout, seed=2, dtype=dtype),
            layers.Dense(5, "tanh", dtype=dtype),
            layers.Dense(3, dtype=dtype),
        ]
    )


def normalized():
    """Return two layers with batch normalization, the first right behind the inputs."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    x = layers.Dense(5, name="first")(layers.BatchNormalization(name="norm")(inputs))
    x = layers.ReLU()(layers.BatchNormalization(name="inside")(x))
    return keras.Model(inputs, layers.Dense(3)(x))


def arrays(values):
    """Return NumPy arrays of tensors."""
    return [np.array(keras.ops.convert_to_numpy(value)) for value in values]

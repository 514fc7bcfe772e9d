"""Networks that pipelines are tested with."""

import keras
import numpy as np

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
RNG = np.random.default_rng(0)
X = RNG.standard_normal((10, 6)).astype("float32")
Y = RNG.integers(0, 3, 10)
WEIGHTS = RNG.random(10).astype("float32")
layers = keras.layers


def layer(units, *args, **kwargs):
    """Return a dense layer of the same values at every call."""
    # The seed of the whole process would import TensorFlow, in each of several processes.
    seeded = keras.initializers.GlorotUniform(seed=units)
    return layers.Dense(units, *args, kernel_initializer=seeded, **kwargs)


def dense(dtype=None, regularizer=None, dropout=0.0):
    """Return four layers of different costs, of the same values at every call."""
    return keras.Sequential(
        [
            keras.Input((6,)),
            layer(8, "tanh", kernel_regularizer=regularizer, dtype=dtype),
            layers.Dropout(dropout, seed=1, dtype=dtype),
            layer(7, "tanh", activity_regularizer=regularizer, dtype=dtype),
            layers.Dropout(dropout, seed=2, dtype=dtype),
            layer(5, "tanh", dtype=dtype),
            layer(3, dtype=dtype),
        ]
    )


def normalized():
    """Return two layers with batch normalization, the first right behind the inputs."""
    inputs = keras.Input((6,))
    x = layer(5, name="first")(layers.BatchNormalization(name="norm")(inputs))
    x = layers.ReLU()(layers.BatchNormalization(name="inside")(x))
    return keras.Model(inputs, layer(3)(x))


def arrays(values):
    """Return NumPy arrays of tensors."""
    return [np.array(keras.ops.convert_to_numpy(value)) for value in values]

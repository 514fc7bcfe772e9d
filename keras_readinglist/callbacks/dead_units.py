"""Rectifiers that are off for every example."""

import keras
import numpy as np

from keras_readinglist.callbacks.layer_probe import LayerProbe


class DeadUnits(LayerProbe):
    """Counts, after every epoch, the rectifiers that no example of a batch switches on.

    Such a unit has no gradient any more. Of a convolution a unit is a feature at all places. The
    share over all layers is put into the logs of the epoch as `dead_units`.

    Args:
        inputs: Array, a batch of examples.

    Raises:
        ValueError: If the model hides its layers, or has no rectifier.

    Attributes:
        shares: Dictionary from the name of a layer to a list of shares, one an epoch.

    Example:
        >>> low = keras.initializers.Constant(-9.0)
        >>> relu = keras.layers.Dense(3, activation="relu", bias_initializer=low)
        >>> model = keras.Sequential([keras.Input((2,)), relu, keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> watch = DeadUnits(np.ones((4, 2)))
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), callbacks=[watch], verbose=0)
        >>> history.history["dead_units"]
        [1.0]

    References:
        - [CS231n, commonly used activations](https://cs231n.github.io/neural-networks-1/#actfun)
    """

    watched = "rectifiers"

    def __init__(self, inputs):
        super().__init__(inputs)
        self.shares = {}

    def watches(self, layer):
        """Return whether a layer rectifies."""
        rectifier = isinstance(layer, keras.layers.ReLU)
        return rectifier or getattr(layer, "activation", None) is keras.activations.relu

    def on_epoch_end(self, epoch, logs=None):
        """Count, and put the share into the logs."""
        dead = []
        for name, output in self.outputs().items():
            off = ~(output > 0).any(axis=tuple(range(output.ndim - 1)))
            self.shares.setdefault(name, []).append(float(off.mean()))
            dead.append(off)
        if logs is not None:
            logs["dead_units"] = float(np.concatenate(dead).mean())

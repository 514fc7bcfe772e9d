"""Rectifiers that are off for every example."""

import keras
import numpy as np


class DeadUnits(keras.callbacks.Callback):
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

    def __init__(self, inputs):
        super().__init__()
        self.inputs, self.shares, self._probe = inputs, {}, None

    def on_train_begin(self, logs=None):
        """Find the rectifiers."""
        rectifiers = [layer for layer in self.model.layers if _rectifies(layer)]
        if not rectifiers or getattr(self.model, "inputs", None) is None:
            raise ValueError(
                "`DeadUnits` needs a functional or sequential model with rectifiers. "
                f"Received: {self.model.name}"
            )
        outputs = {layer.name: layer.output for layer in rectifiers}
        self._probe = keras.Model(self.model.inputs, outputs)

    def on_epoch_end(self, epoch, logs=None):
        """Count, and put the share into the logs."""
        _ = self.model  # on JAX this gives the weights back to the model
        inputs = keras.tree.map_structure(keras.ops.convert_to_tensor, self.inputs)
        dead = []
        for name, output in self._probe(inputs).items():
            output = keras.ops.convert_to_numpy(output)
            off = ~(output > 0).any(axis=tuple(range(output.ndim - 1)))
            self.shares.setdefault(name, []).append(float(off.mean()))
            dead.append(off)
        if logs is not None:
            logs["dead_units"] = float(np.concatenate(dead).mean())


def _rectifies(layer):
    rectifier = isinstance(layer, keras.layers.ReLU)
    return rectifier or getattr(layer, "activation", None) is keras.activations.relu

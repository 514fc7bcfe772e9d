"""What layers of a model give while it is trained."""

import keras


class LayerProbe(keras.callbacks.Callback):
    """A callback that looks at the outputs of some layers, for a batch of examples.

    Args:
        inputs: Array, a batch of examples.
    """

    watched = "an output"  # what a layer needs to be watched, in words

    def __init__(self, inputs):
        super().__init__()
        self.inputs, self._probe = inputs, None

    def watches(self, layer):
        """Return whether a layer is watched."""
        raise NotImplementedError

    def on_train_begin(self, logs=None):
        """Find the layers."""
        layers = [layer for layer in self.model.layers if self.watches(layer)]
        if not layers or getattr(self.model, "inputs", None) is None:
            raise ValueError(
                f"`{type(self).__name__}` needs a functional or sequential model with "
                f"{self.watched}. Received: {self.model.name}"
            )
        self._probe = keras.Model(self.model.inputs, {each.name: each.output for each in layers})

    def outputs(self):
        """Return what the layers give now, arrays by their names."""
        _ = self.model  # on JAX this gives the weights back to the model
        inputs = keras.tree.map_structure(keras.ops.convert_to_tensor, self.inputs)
        found = self._probe(inputs)
        return {
            name: keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))
            for name, output in found.items()
        }

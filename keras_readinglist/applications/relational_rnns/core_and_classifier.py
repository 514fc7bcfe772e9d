"""What both models have in common: a recurrent core and a network on its outputs."""

import keras

from keras_readinglist.layers.precision import dense
from keras_readinglist.layers.validation import check_size
from keras_readinglist.presets import PresetMixin


class CoreAndClassifier(PresetMixin, keras.Model):
    """A recurrent core whose outputs a network of ReLU layers classifies.

    Args:
        core: A recurrent layer.
        num_classes: Positive integer.
        mlp: Sequence of positive integers, the widths of the hidden layers.
        **kwargs: Base model keyword arguments.
    """

    def __init__(self, core, num_classes, mlp, **kwargs):
        super().__init__(**kwargs)
        for units in mlp:
            check_size("mlp", units)
        self.core, self.mlp = core, list(mlp)
        self.supports_jit = getattr(core, "supports_jit", True)
        dtype = self.dtype_policy
        self.hidden = [keras.layers.Dense(u, activation="relu", dtype=dtype) for u in self.mlp]
        self.head = keras.layers.Dense(num_classes, dtype=dtype)

    def build(self, sequences_shape):
        if not self.core.built:  # it is, when it comes out of a file
            self.core.build(sequences_shape)
        shape = self.core.compute_output_shape(sequences_shape)
        for layer in (*self.hidden, self.head):
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def _classify(self, x):
        for layer in (*self.hidden, self.head):
            x = dense(layer, x)
        return x

    def get_config(self):
        core = keras.saving.serialize_keras_object(self.core)
        return {**super().get_config(), "core": core, "mlp": self.mlp}

    @classmethod
    def from_config(cls, config):
        core = keras.saving.deserialize_keras_object(config.pop("core"))
        return cls(core=core, **config)

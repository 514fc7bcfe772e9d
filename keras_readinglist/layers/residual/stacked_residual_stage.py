"""Many units of one shape as one loop, so that a very deep network compiles like a shallow one."""

import keras
from keras import ops

from keras_readinglist.layers.stacked_blocks import StackedBlocks, one_after_the_other
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class StackedResidualStage(StackedBlocks):
    """Applies `count` units of the same shape, each with weights of its own, one after the other.

    Their weights are kept together along a first axis. On JAX the units are the steps of a loop, of
    which XLA compiles one, not all.

    Args:
        unit: A layer whose output has the shape of its input, such as a `ResidualUnit`; what the
            units are copies of.
        count: Positive integer.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor.
        training: Boolean.

    Input shape:
        That of a unit.

    Output shape:
        The same.

    Raises:
        ValueError: If `count` is out of range, or the unit changes the shape.

    Example:
        >>> stage = StackedResidualStage(ResidualUnit(4), count=100)
        >>> stage(np.ones((1, 8, 8, 4))).shape
        (1, 8, 8, 4)

    References:
        - [He et al., 2016](https://arxiv.org/abs/1603.05027), the 333 units of ResNet-1001
    """

    def __init__(self, unit, count, **kwargs):
        super().__init__(unit, check_size("count", count), "unit", **kwargs)
        self.count = int(count)

    def call(self, inputs, training=False):
        unit = self._template()

        def step(signal, weights):
            return unit.stateless_call(*weights, signal, training=training)

        signal = ops.cast(inputs, self.compute_dtype)
        signal, others = one_after_the_other(step, signal, self._values(), self.count)
        if training:
            self._assign_others(others)
        return signal

    def get_config(self):
        return {**super().get_config(), "count": self.count}

    @classmethod
    def from_config(cls, config):
        """Return the layer of a configuration."""
        unit = keras.saving.deserialize_keras_object(config["unit"])
        return cls(**{**config, "unit": unit})

"""Many units of one shape as one loop, so that a very deep network compiles like a shallow one."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.validation import check_shape, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class StackedResidualStage(keras.layers.Layer):
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
        super().__init__(**kwargs)
        self.count = check_size("count", count)
        self.unit_config = keras.saving.serialize_keras_object(unit)

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, f"({', '.join('_' * len(inputs_shape))})")
        units = [self._new_unit() for _ in range(self.count)]
        if tuple(units[0].compute_output_shape(inputs_shape)) != tuple(inputs_shape):
            raise ValueError(
                f"`unit` must keep the shape of its input. Received: {units[0].name}, of inputs "
                f"{tuple(inputs_shape)}"
            )
        for unit in units:
            unit.build(inputs_shape)
        # Keras would take the variables of a layer that is kept as an attribute for weights.
        self._template = lambda: units[0]
        self._trained = self._stacked([unit.trainable_variables for unit in units], True)
        self._others = self._stacked([unit.non_trainable_variables for unit in units], False)

    def _new_unit(self):
        policy = keras.saving.serialize_keras_object(self.dtype_policy)
        config = {**self.unit_config["config"], "dtype": policy}
        return keras.saving.deserialize_keras_object({**self.unit_config, "config": config})

    def _stacked(self, of_units, trainable):
        weights = []
        for index, variables in enumerate(zip(*of_units, strict=True)):
            values = np.stack([ops.convert_to_numpy(variable.value) for variable in variables])
            weights.append(
                self.add_weight(
                    name=f"{variables[0].name}_{index}",
                    shape=values.shape,
                    dtype=variables[0].dtype,
                    initializer=lambda shape, dtype, values=values: ops.cast(values, dtype),
                    trainable=trainable,
                )
            )
        return weights

    def call(self, inputs, training=False):
        unit = self._template()

        def step(signal, weights):
            signal, others = unit.stateless_call(*weights, signal, training=training)
            return signal, others

        weights = [[variable.value for variable in part] for part in (self._trained, self._others)]
        signal, others = _loop(step, ops.cast(inputs, self.compute_dtype), weights, self.count)
        if training:
            for variable, value in zip(self._others, others, strict=True):
                variable.assign(value)
        return signal

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)

    def get_config(self):
        return {**super().get_config(), "unit": self.unit_config, "count": self.count}

    @classmethod
    def from_config(cls, config):
        """Return the layer of a configuration."""
        unit = keras.saving.deserialize_keras_object(config["unit"])
        return cls(**{**config, "unit": unit})


def _loop(step, signal, weights, count):
    """Return the last signal, and what every step returned beside, along a first axis."""
    if keras.config.backend() == "jax":
        return ops.scan(step, signal, weights)
    # TensorFlow's `ops.scan` wants what a step returns to have the shape of the signal, and on
    # torch it is a loop of Python as well.
    found = []
    for index in range(count):
        signal, others = step(signal, [[w[index] for w in part] for part in weights])
        found.append(others)
    return signal, [ops.stack(values) for values in zip(*found, strict=True)]

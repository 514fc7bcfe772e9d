"""What layers share that hold many blocks of one shape, their weights along a first axis."""

import contextlib

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.validation import check_shape


class StackedBlocks(keras.layers.Layer):
    """Keeps the weights of `count` copies of a block, and one block that computes with any of them.

    Args:
        block: A layer whose output has the shape of its input.
        count: Positive integer.
        argument: The name that the layer has for `block`.
        prefix: What the names of the weights begin with.
        **kwargs: Base layer keyword arguments.
    """

    def __init__(self, block, count, argument, prefix="", **kwargs):
        super().__init__(**kwargs)
        self._count, self._argument, self._prefix = count, argument, prefix
        self._block_config = keras.saving.serialize_keras_object(block)

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, f"({', '.join('_' * len(inputs_shape))})")
        with undistributed():
            blocks = [self._new_block() for _ in range(self._count)]
            if tuple(blocks[0].compute_output_shape(inputs_shape)) != tuple(inputs_shape):
                raise ValueError(
                    f"`{self._argument}` must keep the shape of its input. "
                    f"Received: {blocks[0].name}, of inputs {tuple(inputs_shape)}"
                )
            for block in blocks:
                block.build(inputs_shape)
        # Keras would take the variables of a layer that is kept as an attribute for weights.
        self._template = lambda: blocks[0]
        self._trained = self._stacked([block.trainable_variables for block in blocks], True)
        self._others = self._stacked([block.non_trainable_variables for block in blocks], False)

    def _new_block(self):
        policy = keras.saving.serialize_keras_object(self.dtype_policy)
        config = {**self._block_config["config"], "dtype": policy}
        return keras.saving.deserialize_keras_object({**self._block_config, "config": config})

    def _stacked(self, of_blocks, trainable):
        weights = []
        for index, variables in enumerate(zip(*of_blocks, strict=True)):
            values = np.stack([ops.convert_to_numpy(variable.value) for variable in variables])
            weights.append(
                self.add_weight(
                    name=f"{self._prefix}{variables[0].name}_{index}",
                    shape=values.shape,
                    dtype=variables[0].dtype,
                    initializer=lambda shape, dtype, values=values: ops.cast(values, dtype),
                    regularizer=_of_each(variables[0].regularizer, sum),
                    constraint=_of_each(variables[0].constraint, ops.stack),
                    trainable=trainable,
                )
            )
        return weights

    def _values(self):
        """Return the values of trained and of other weights, as a block takes them."""
        return [[variable.value for variable in part] for part in (self._trained, self._others)]

    def _assign_others(self, values):
        for variable, value in zip(self._others, values, strict=True):
            variable.assign(value)

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)

    def get_config(self):
        return {**super().get_config(), self._argument: self._block_config}


def _of_each(function, join):
    """Return what a regularizer or a constraint of one block is for all of them."""
    if function is None:
        return None
    return lambda weights: join([function(weights[i]) for i in range(weights.shape[0])])


@contextlib.contextmanager
def undistributed():
    """Let Keras lay out neither the variables that are made here nor the outputs of layers."""
    current = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(current)


def one_after_the_other(step, signal, weights, count):
    """Return the last signal, and what every step returned beside, along a first axis.

    Args:
        step: Function `(signal, weights) -> (signal, list of tensors)`.
        signal: Tensor.
        weights: Lists of tensors, which have the steps along their first axes.
        count: Integer, the number of steps.
    """
    if keras.config.backend() == "jax":
        return ops.scan(step, signal, weights, length=count)
    # TensorFlow's `ops.scan` wants what a step returns to have the shape of the signal, and on
    # torch it is a loop of Python as well.
    found = []
    for index in range(count):
        signal, others = step(signal, [[w[index] for w in part] for part in weights])
        found.append(others)
    return signal, [ops.stack(values) for values in zip(*found, strict=True)]

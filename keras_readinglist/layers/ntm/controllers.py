"""The controllers of a neural Turing machine: what sees the input and the last reads.

A controller has `project`, the part that depends on the input alone and can be computed for all
steps at once, and `step`, which adds what was read and moves its state on. Both work in the type of
states around matrix products in the compute type.
"""

import keras
from keras import ops

from keras_readinglist.layers.precision import matmul, tanh, wide
from keras_readinglist.layers.recurrent import LSTMCell


class LSTMController(keras.layers.Layer):
    """A stack of LSTMs; the lowest sees input and reads."""

    def __init__(self, units, num_layers, **kwargs):
        super().__init__(**kwargs)
        base = {"dtype": self.dtype_policy, "trainable": self.trainable}
        self.cells = [LSTMCell(units, **base) for _ in range(num_layers)]
        self.output_size, self.state_sizes = units, [units] * (2 * num_layers)

    def build(self, inputs_shape, reads_shape):
        below = inputs_shape[-1]
        for cell in self.cells:
            cell.build((None, below))
            below = self.output_size
        self.read_kernel = self.add_weight(
            name="read_kernel",
            shape=(reads_shape[-1], 4 * self.output_size),
            initializer="glorot_uniform",
        )

    def project(self, inputs):
        """Return the gates as far as the input decides them."""
        return self.cells[0].project(inputs)

    def step(self, z, reads, states):
        """Return the output and the new states."""
        z, new = z + product(self.compute_dtype, reads, self.read_kernel), []
        for index, cell in enumerate(self.cells):
            z = cell.project(new[-2]) if index else z
            new += cell.step(z, states[2 * index : 2 * index + 2])
        return new[-2], new


class FeedForwardController(keras.layers.Layer):
    """Dense layers with tanh, and no state: whatever is remembered is in the memory."""

    def __init__(self, units, num_layers, **kwargs):
        super().__init__(**kwargs)
        self.num_layers, self.output_size, self.state_sizes = num_layers, units, []

    def build(self, inputs_shape, reads_shape):
        glorot, below = "glorot_uniform", inputs_shape[-1]
        self.kernels, self.biases = [], []
        for index in range(self.num_layers):
            shape = (below, self.output_size)
            kernel = self.add_weight(name=f"kernel_{index}", shape=shape, initializer=glorot)
            bias = self.add_weight(name=f"bias_{index}", shape=shape[1:], initializer="zeros")
            self.kernels.append(kernel)
            self.biases.append(bias)
            below = self.output_size
        self.read_kernel = self.add_weight(
            name="read_kernel",
            shape=(reads_shape[-1], self.output_size),
            initializer=glorot,
        )

    def project(self, inputs):
        """Return the first layer as far as the input decides it."""
        return product(self.compute_dtype, inputs, self.kernels[0], self.biases[0])

    def step(self, z, reads, states):
        """Return the output; there is no state."""
        h = tanh(z + product(self.compute_dtype, reads, self.read_kernel))
        for kernel, bias in zip(self.kernels[1:], self.biases[1:], strict=True):
            h = tanh(product(self.compute_dtype, h, kernel, bias))
        return h, []


class LayerController(keras.layers.Layer):
    """Any Keras cell, or any layer from `(batch, features)` to `(batch, units)`, as a controller.

    It is called inside the loop, so it must not draw random numbers or write variables there.
    """

    def __init__(self, cell, units, **kwargs):
        super().__init__(**kwargs)
        self.cell = cell
        if not self.trainable:
            cell.trainable = False
        self.recurrent = hasattr(cell, "state_size")
        self.state_sizes = list(keras.tree.flatten(cell.state_size)) if self.recurrent else []
        known = getattr(cell, "output_size", None) or getattr(cell, "units", None)
        self.output_size = known or (self.state_sizes or [units])[0]

    def build(self, inputs_shape, reads_shape):
        shape = (None, inputs_shape[-1] + reads_shape[-1])
        if not self.cell.built:
            self.cell.build(shape)
        width = self.output_size if self.recurrent else self.cell.compute_output_shape(shape)[-1]
        if width != self.output_size:
            raise ValueError(
                "`controller_units` must be the width of the layer given as `controller`, "
                f"{width}. Received: controller_units={self.output_size}"
            )

    def project(self, inputs):
        """Return the input: such a controller computes everything in its step."""
        return ops.cast(inputs, wide(self.compute_dtype))

    def step(self, z, reads, states):
        """Return the output and the new states."""
        dtype = wide(self.compute_dtype)
        seen = ops.cast(ops.concatenate([z, reads], axis=-1), self.compute_dtype)
        if not self.recurrent:
            return ops.cast(self.cell(seen), dtype), []
        states = keras.tree.pack_sequence_as(self.cell.state_size, states)
        states = keras.tree.map_structure(lambda s: ops.cast(s, self.compute_dtype), states)
        h, states = self.cell(seen, states)
        new = [ops.cast(state, dtype) for state in keras.tree.flatten(states)]
        return ops.cast(h, dtype), new


def product(dtype, x, kernel, bias=None):
    """Multiply in `dtype`, and return the type of states."""
    z = matmul(_cast(x, dtype), _cast(ops.convert_to_tensor(kernel), dtype))
    if bias is not None:
        z = z + _cast(ops.convert_to_tensor(bias), dtype)
    return _cast(z, wide(dtype))


def _cast(x, dtype):
    """Cast, unless there is nothing to do: on torch even that takes time in every step."""
    return x if keras.backend.standardize_dtype(x.dtype) == dtype else ops.cast(x, dtype)

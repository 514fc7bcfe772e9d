"""A network whose outputs are a chain of conditionals (Germain et al., 2015)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.autoregressive.masked_dense import MaskedDense
from keras_readinglist.layers.validation import check_shape, check_size, check_sizes


def degree_masks(size, hidden, outputs, reverse=False):
    """Return the masks of all layers, so that an output sees only the inputs before its own.

    Units have degrees: inputs and outputs 1 to `size` in their order, hidden units 1 to `size - 1`
    in turn. A hidden unit sees degrees up to its own, an output only smaller ones.

    Args:
        size: Positive integer, the inputs.
        hidden: Sequence of positive integers, the widths of the hidden layers.
        outputs: Positive integer, the outputs of every input.
        reverse: Boolean, whether the last input comes first.
    """
    order = np.arange(1, size + 1)
    order = order[::-1] if reverse else order
    masks, before = [], order
    for width in hidden:
        degrees = 1 + np.arange(width) % max(1, size - 1)
        masks.append(degrees >= before[:, None])
        before = degrees
    return [*masks, np.repeat(order, outputs) > before[:, None]]


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MADE(keras.layers.Layer):
    """Dense layers with masks: numbers for input `i` that depend on the inputs before it alone.

    Args:
        outputs: Positive integer, how many numbers there are for every input. Defaults to 2.
        hidden: Sequence of positive integers, the widths of the hidden layers. Defaults to `(64,)`.
        reverse: Boolean, whether the last input comes first. Defaults to `False`.
        activation: Of the hidden layers. Defaults to `"relu"`.
        last_initializer: Of the kernel of the last layer. Defaults to a Gaussian of standard
            deviation 0.01, so that a flow begins near the identity.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(..., size)`.
        context: Float tensor `(..., features)` of which everything depends, or `None`.

    Input shape:
        `(..., size)`.

    Output shape:
        `(..., size, outputs)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> layer = MADE(outputs=2, hidden=(8,), last_initializer="glorot_uniform")
        >>> a = layer(np.array([[1.0, 2.0, 3.0]]))
        >>> b = layer(np.array([[1.0, 2.0, -5.0]]))
        >>> a.shape, bool(np.allclose(a, b))
        ((1, 3, 2), True)

    References:
        - [Germain et al., 2015](https://arxiv.org/abs/1502.03509)
    """

    def __init__(
        self,
        outputs=2,
        hidden=(64,),
        reverse=False,
        activation="relu",
        last_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.outputs = check_size("outputs", outputs)
        self.hidden = check_sizes("hidden", hidden)
        self.reverse = bool(reverse)
        self.activation = keras.activations.get(activation)
        if last_initializer is None:
            last_initializer = keras.initializers.RandomNormal(stddev=0.01)
        self.last_initializer = keras.initializers.get(last_initializer)

    def build(self, inputs_shape, context_shape=None):
        check_shape("inputs", inputs_shape, f"({', '.join('_' * len(inputs_shape))})")
        size, policy = inputs_shape[-1], self.dtype_policy
        *masks, last = degree_masks(size, self.hidden, self.outputs, self.reverse)
        self.layers = [MaskedDense(mask, dtype=policy) for mask in masks]
        self.last = MaskedDense(last, kernel_initializer=self.last_initializer, dtype=policy)
        width = size
        for layer in (*self.layers, self.last):
            layer.build((None, width))
            width = layer.mask.shape[1]
        if context_shape is not None:
            self.context_hidden = keras.layers.Dense(
                self.hidden[0], use_bias=False, dtype=policy, name="context_hidden"
            )
            self.context_last = keras.layers.Dense(
                size * self.outputs,
                use_bias=False,
                kernel_initializer="zeros",
                dtype=policy,
                name="context_last",
            )
            self.context_hidden.build(context_shape)
            self.context_last.build(context_shape)

    def call(self, inputs, context=None):
        x = inputs
        for place, layer in enumerate(self.layers):
            x = layer(x)
            if context is not None and place == 0:
                x = x + self.context_hidden(context)
            x = self.activation(x)
        x = self.last(x)
        if context is not None:
            x = x + self.context_last(context)
        return ops.reshape(x, (*ops.shape(inputs), self.outputs))

    def compute_output_shape(self, inputs_shape, context_shape=None):
        return (*inputs_shape, self.outputs)

    def get_config(self):
        return {
            **super().get_config(),
            "outputs": self.outputs,
            "hidden": self.hidden,
            "reverse": self.reverse,
            "activation": keras.activations.serialize(self.activation),
            "last_initializer": keras.initializers.serialize(self.last_initializer),
        }

"""A little of the future for a network that reads forwards (section 3.7)."""

import keras
from keras import ops

from keras_readinglist.layers import masking
from keras_readinglist.layers.validation import check_shape, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RowConvolution(keras.layers.Layer):
    """Row convolution (look-ahead): `r[t, i] = sum_j W[j, i] h[t + j, i]` for `j = 0 .. context`.

    Every channel has its own weights over the present step and the next `context` ones. Behind the
    end of a sequence `h` is zero.

    Args:
        context: Integer of at least 0, how many future steps are seen.
        activation: Activation of the result, or `None`.
        kernel_initializer: Initializer of `W`. Defaults to `"glorot_uniform"`.
        **kwargs: Base layer keyword arguments.

    Call arguments:
        inputs: Float tensor `(batch, time, channels)`.
        mask: Boolean tensor `(batch, time)`, `False` behind the end of a sequence.
        extend: Boolean, whether zeros are put behind the end. Without them there is a result for
            every step that has its whole future, as of steps that others follow.

    Input shape:
        `(batch, time, channels)`.

    Output shape:
        That of the input, zeros behind the end.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> RowConvolution(19)(np.ones((2, 5, 3))).shape
        (2, 5, 3)

    References:
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595), section 3.7
    """

    def __init__(self, context, activation=None, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.context = check_size("context", context, 0)
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, "(batch, time, channels)")
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.context + 1, inputs_shape[-1]),
            initializer=self.kernel_initializer,
        )

    def call(self, inputs, mask=None, extend=True):
        mask = masking.as_mask(mask, "inputs", inputs)
        inputs = masking.blank(inputs, mask)
        if extend:
            inputs = ops.pad(inputs, [(0, 0), (0, self.context), (0, 0)])
        steps = ops.shape(inputs)[1] - self.context
        outputs = sum(inputs[:, j : j + steps] * self.kernel[j] for j in range(self.context + 1))
        outputs = self.activation(outputs)
        return masking.blank(outputs, mask) if extend else outputs

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "context": self.context,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

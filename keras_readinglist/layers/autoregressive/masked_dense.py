"""A dense layer of which some weights are held at zero."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.precision import exact, project
from keras_readinglist.layers.validation import check_shape


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MaskedDense(keras.layers.Layer):
    """A dense layer whose kernel is multiplied by a mask of zeros and ones.

    Args:
        mask: Array `(inputs, units)` of zeros and ones, or of Booleans.
        activation: Activation, or `None`.
        use_bias: Boolean. Defaults to `True`.
        kernel_initializer: Defaults to `"glorot_uniform"`.
        bias_initializer: Defaults to `"zeros"`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(..., inputs)`.

    Input shape:
        `(..., inputs)`.

    Output shape:
        `(..., units)`.

    Raises:
        ValueError: If the mask is no matrix of zeros and ones, or the inputs do not fit it.

    Example:
        >>> layer = MaskedDense([[1, 0], [1, 0], [0, 1]])
        >>> layer(np.ones((4, 3))).shape
        (4, 2)

    References:
        - [Germain et al., 2015, MADE](https://arxiv.org/abs/1502.03509), equation 8
    """

    def __init__(
        self,
        mask,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.mask = np.asarray(mask)
        if self.mask.ndim != 2 or not np.isin(self.mask, (0, 1)).all():
            raise ValueError(
                f"`mask` must be a matrix of zeros and ones. Received shape: {self.mask.shape}"
            )
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, inputs_shape):
        self._check(inputs_shape)
        self.kernel = self.add_weight(
            name="kernel", shape=self.mask.shape, initializer=self.kernel_initializer
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=self.mask.shape[1:], initializer=self.bias_initializer
            )

    def call(self, inputs):
        self._check(inputs.shape)
        mask = ops.convert_to_tensor(self.mask, self.compute_dtype)
        outputs = project(inputs, self.kernel * mask, self.bias if self.use_bias else None)
        return exact(self.activation)(outputs)

    def _check(self, shape):
        layout = f"({', '.join('_' * len(shape))})"
        check_shape("inputs", shape, layout, width=self.mask.shape[0])

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape[:-1], self.mask.shape[1])

    def get_config(self):
        return {
            **super().get_config(),
            "mask": self.mask.astype(int).tolist(),
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }

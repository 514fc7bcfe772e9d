"""An invertible map by autoregressive steps (Kingma et al., 2016)."""

import keras
from keras import ops

from keras_readinglist.layers.autoregressive.made import MADE
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_size, check_sizes


@keras.saving.register_keras_serializable(package="keras_readinglist")
class AutoregressiveFlow(keras.layers.Layer):
    """Steps `y = s z + (1 - s) m`, where `s` and `m` of a number depend on those before it.

    Forwards all numbers are computed at once, backwards one after the other. So the same map
    serves twice: as a posterior, it makes samples fast (inverse autoregressive flow); as a prior,
    it takes codes back to noise fast (autoregressive flow). Both bring in the same likelihood.
    The order of the numbers is reversed from step to step. All begin near the identity.

    Args:
        steps: Positive integer. Defaults to 2.
        hidden: Sequence of positive integers, the widths of the hidden layers of a step. Defaults
            to `(64,)`.
        mean_only: Boolean, whether a step only moves, `y = z + m`, as the paper did for the sake
            of stability. Defaults to `False`.
        alternate: Boolean, whether the order is reversed from step to step. If not, each number
            given those before it is a Gaussian. Defaults to `True`.
        activation: Of the hidden layers. Defaults to `"relu"`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(..., size)`.
        context: Float tensor `(..., features)`, or `None`.

    Input shape:
        `(..., size)`.

    Output shape:
        `(..., size)`, and `(...)`, the logarithm of the determinant.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> flow = AutoregressiveFlow(hidden=(8,))
        >>> codes = np.array([[0.5, -1.0, 2.0]], "float32")
        >>> noise, log_det = flow(codes)
        >>> bool(np.allclose(flow.invert(noise), codes, atol=1e-5))
        True

    References:
        - [Kingma et al., 2016](https://arxiv.org/abs/1606.04934), algorithm 1
        - [Chen et al., 2017](https://arxiv.org/abs/1611.02731), section 3.2
    """

    def __init__(
        self, steps=2, hidden=(64,), mean_only=False, alternate=True, activation="relu", **kwargs
    ):
        super().__init__(**kwargs)
        self.steps = check_size("steps", steps)
        self.hidden = check_sizes("hidden", hidden)
        self.mean_only, self.alternate = bool(mean_only), bool(alternate)
        self.activation = keras.activations.get(activation)
        self.networks = [
            MADE(
                1 if mean_only else 2,
                hidden,
                self.alternate and step % 2 == 1,
                self.activation,
                dtype=self.dtype_policy,
            )
            for step in range(self.steps)
        ]

    def build(self, inputs_shape, context_shape=None):
        for network in self.networks:
            network.build(inputs_shape, context_shape)

    def call(self, inputs, context=None):
        log_det = 0.0
        for network in self.networks:
            scale, shift = self._affine(network, inputs, context)
            if scale is not None:
                log_det = log_det + ops.sum(ops.log(scale), axis=-1)
                inputs = scale * inputs
            inputs = inputs + shift
        if self.mean_only:
            log_det = ops.zeros_like(inputs[..., 0])
        return inputs, log_det

    def invert(self, outputs, context=None):
        """Return what `call` maps to `outputs`.

        A step is a fixed point of `z = (y - shift(z)) / scale(z)`: as a number depends on those
        before it, one more of them is right after every round.

        Args:
            outputs: Float tensor `(..., size)`.
            context: As for the call.
        """
        for network in reversed(self.networks):

            def round_(_, z, y=outputs, network=network):
                scale, shift = self._affine(network, z, context)
                return (y - shift) / (1.0 if scale is None else scale)

            outputs = ops.fori_loop(0, outputs.shape[-1], round_, ops.zeros_like(outputs))
        return outputs

    def conditional(self, inputs):
        """Return mean and standard deviation of every number of a code given those before it.

        Args:
            inputs: Float tensor `(..., size)`, a code whose `call` is standard Gaussian noise.

        Raises:
            ValueError: If the order is reversed between steps: then they are no Gaussians.
        """
        if self.alternate and self.steps > 1:
            raise ValueError(
                f"`alternate` must be False where numbers are taken one by one. Received: "
                f"alternate=True with {self.steps} steps"
            )
        inputs = ops.convert_to_tensor(inputs, self.compute_dtype)
        scale, shift = 1.0, 0.0
        for network in self.networks:
            more, move = self._affine(network, scale * inputs + shift, None)
            more = 1.0 if more is None else more
            scale, shift = scale * more, shift * more + move
        scale = scale * ops.ones_like(inputs)
        return -shift / scale, 1 / scale

    def _affine(self, network, inputs, context):
        dtype = wide(self.compute_dtype)
        numbers = ops.cast(network(inputs, context), dtype)
        if self.mean_only:
            return None, ops.cast(numbers[..., 0], inputs.dtype)
        # Two in the place of zero: the step begins as 0.88 of the identity.
        scale = ops.sigmoid(numbers[..., 0] + 2.0)
        shift = (1 - scale) * numbers[..., 1]
        return ops.cast(scale, inputs.dtype), ops.cast(shift, inputs.dtype)

    def compute_output_shape(self, inputs_shape, context_shape=None):
        return inputs_shape, inputs_shape[:-1]

    def get_config(self):
        return {
            **super().get_config(),
            "steps": self.steps,
            "hidden": self.hidden,
            "mean_only": self.mean_only,
            "alternate": self.alternate,
            "activation": keras.activations.serialize(self.activation),
        }

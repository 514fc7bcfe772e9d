"""Signals and gradients through as many copies of a layer as one likes."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers.validation import check_size


class LayerChain:
    """A chain of copies of one layer, whose weights are drawn anew for every copy.

    A chain of any depth runs what was compiled for one layer: forward with the weights of one copy
    after another, and back, each time with the product of a gradient and the layer's Jacobian.
    Kernels are drawn from normal distributions of the standard deviations that those of the layer
    have, and seeds of dropout too; vectors and numbers, such as biases and scales, are shared.

    Args:
        layer: A built `keras.layers.Layer` or `keras.Model` that takes one float tensor and returns
            one of its shape.
        **call_kwargs: Further arguments of the call, such as `training`.

    Example:
        >>> layer = keras.layers.Dense(4, activation="relu")
        >>> layer.build((None, 4))
        >>> found = LayerChain(layer).propagate(np.ones((2, 4)), depth=10)
        >>> found["signal"].shape, found["gradient"].shape
        ((10,), (10,))

    References:
        - [He et al., 2016](https://arxiv.org/abs/1603.05027), equations 4, 5 and 8
    """

    def __init__(self, layer, **call_kwargs):
        if not layer.built:
            raise ValueError("`layer` must be built. Received a layer that was never called.")
        self.layer = layer
        self._kernels = [v for v in layer.trainable_variables if len(v.shape) > 1]
        self._seeds = [v for v in layer.non_trainable_variables if v.dtype == "uint32"]
        self._spreads = [float(np.std(ops.convert_to_numpy(v))) for v in self._kernels]
        self._step = Differentiable(_Pulled(layer), lambda outputs: outputs[1], **call_kwargs)

    def propagate(self, inputs, depth, seed=0):
        """Measure signals and gradients behind every copy.

        The gradient that enters at the end is normal, and equal at all places but the last axis, as
        behind an average over places.

        Args:
            inputs: Float array, a batch of inputs of the first copy.
            depth: Positive integer, how many copies there are.
            seed: Integer, of the kernels and of the last gradient.

        Returns:
            Dictionary of arrays with one number for every copy: `"signal"`, the root mean square of
            what it gives, and `"gradient"`, the norm of the gradient there.

        Raises:
            ValueError: If `depth` is not positive or the layer changes the shape of its inputs.
        """
        check_size("depth", depth)
        rng, first = np.random.default_rng(seed), np.asarray(inputs, "float32")
        after = tuple(self.layer.compute_output_shape(first.shape))
        if after != first.shape:
            raise ValueError(
                "`layer` must keep the shape of its inputs. "
                f"Received: {first.shape}, and {after} behind it"
            )
        weights = [self._drawn(rng) for _ in range(depth)]
        last = rng.standard_normal((len(first), *[1] * (first.ndim - 2), first.shape[-1]))
        variables = [*self._kernels, *self.layer.non_trainable_variables]  # averages among them
        kept = [ops.copy(variable.value) for variable in variables]
        try:
            signals = self._forward(first, weights)
            pull = np.zeros_like(first) + last.astype("float32")
            gradients = self._backward(signals[:-1], weights[1:], pull)
        finally:
            for variable, value in zip(variables, kept, strict=True):
                variable.assign(value)
        norms = [np.linalg.norm(np.asarray(x, "float64")) for x in (*signals, *gradients)]
        return {
            "signal": np.array(norms[:depth]) / first.size**0.5,
            "gradient": np.array(norms[depth:]),
        }

    def _forward(self, x, weights):
        """Return what every copy gives."""
        signals = []
        for copy in weights:
            self._set(copy)
            x = ops.convert_to_numpy(self._step.outputs(x, x)[0])
            signals.append(x)
        return signals

    def _backward(self, inputs, weights, gradient):
        """Return the gradients before every copy, and the last."""
        gradients = [gradient]
        for x, copy in zip(reversed(inputs), reversed(weights), strict=True):
            self._set(copy)
            gradients.append(self._step.of_inputs(x, gradients[-1])[0])
        return gradients[::-1]

    def _drawn(self, rng):
        """Return the kernels and seeds of one copy."""
        kernels = [
            spread * rng.standard_normal(kernel.shape, "float32")
            for kernel, spread in zip(self._kernels, self._spreads, strict=True)
        ]
        return kernels + [rng.integers(2**32, size=s.shape, dtype="uint32") for s in self._seeds]

    def _set(self, weights):
        for variable, value in zip(self._kernels + self._seeds, weights, strict=True):
            variable.assign(value)


class _Pulled(keras.layers.Layer):
    """A layer, and the scalar product of its outputs with what pulls at them.

    The gradient of that number is the product of what pulls with the layer's Jacobian.
    """

    def __init__(self, layer):
        super().__init__(name="pulled")  # TensorFlow refuses what Keras makes of `_Pulled`
        self.layer = layer
        self.built = True

    def call(self, inputs, pull, **kwargs):
        outputs = self.layer(inputs, **kwargs)
        return outputs, ops.sum(outputs * ops.cast(pull, outputs.dtype))

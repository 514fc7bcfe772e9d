"""Values and gradients of a model, in one way on three backends."""

import keras
import numpy as np


class Differentiable:
    """A number that is computed from the outputs of a model, and its gradients.

    Args:
        model: A built `keras.layers.Layer` or `keras.Model`.
        loss: Function of the outputs that returns a scalar tensor.
        **call_kwargs: Further arguments of the call, such as `training`.

    Example:
        >>> layer = keras.layers.Dense(1, use_bias=False)
        >>> layer.build((None, 2))
        >>> weights, inputs = Differentiable(layer, keras.ops.sum).gradients(np.ones((3, 2)))
        >>> weights[0].ravel().tolist(), inputs[0].shape
        ([3.0, 3.0], (3, 2))
    """

    def __init__(self, model, loss, **call_kwargs):
        self.model, self.loss, self.call_kwargs = model, loss, call_kwargs
        if keras.config.backend() == "jax":
            import jax

            self._outputs = jax.jit(self._stateless)
            self._gradients = jax.jit(jax.grad(self._stateless_loss, allow_int=True))
            self._of_inputs = jax.jit(jax.grad(self._loss_of_inputs, allow_int=True))
        if keras.config.backend() == "tensorflow":
            import tensorflow as tf

            self._outputs = tf.function(lambda inputs: model(*inputs, **call_kwargs))
            self._of_inputs = tf.function(self._tensorflow_of_inputs)

    def outputs(self, *inputs, weights=None):
        """Return the outputs of the model.

        Args:
            *inputs: Arrays, the positional arguments of the call.
            weights: List of arrays in place of the trainable variables; `None` for their values.
        """
        if keras.config.backend() == "jax":
            return self._outputs(*self._tensors(inputs, weights))
        self._assign(weights)
        if keras.config.backend() == "tensorflow":
            return self._outputs([keras.ops.convert_to_tensor(x) for x in inputs])
        import torch

        with torch.no_grad():
            return self.model(*map(keras.ops.convert_to_tensor, inputs), **self.call_kwargs)

    def gradients(self, *inputs, weights=None):
        """Return the gradients with respect to the trainable variables, and to the inputs.

        Args:
            *inputs: As for `outputs`.
            weights: As for `outputs`.

        Returns:
            Pair of lists of NumPy arrays; `None` for what is no float or has no influence.
        """
        backend = keras.config.backend()
        if backend == "jax":
            found = self._gradients(*self._tensors(inputs, weights))
            return tuple([_array(g) for g in part] for part in found)
        self._assign(weights)
        differentiate = self._tensorflow if backend == "tensorflow" else self._torch
        found = [None if g is None else _array(g) for g in differentiate(inputs)]
        count = len(self.model.trainable_variables)
        return found[:count], found[count:]

    def of_inputs(self, *inputs):
        """Return the gradients with respect to the inputs alone, which is quicker.

        Args:
            *inputs: As for `outputs`.

        Returns:
            List of NumPy arrays, as the second of `gradients`.
        """
        backend = keras.config.backend()
        if backend == "jax":
            (weights, inputs), others = self._tensors(inputs, None)
            found = self._of_inputs(inputs, weights, others)
        elif backend == "tensorflow":
            found = self._of_inputs([keras.ops.convert_to_tensor(x) for x in inputs])
        else:
            found = self._torch(inputs, ())
        return [None if g is None else _array(g) for g in found]

    def _assign(self, weights):
        for variable, value in zip(self.model.trainable_variables, weights or (), strict=False):
            variable.assign(value)

    def _tensors(self, inputs, weights):
        """Return what the functions of JAX take: trained and inputs, and the other variables."""
        weights = [v.value for v in self.model.trainable_variables] if weights is None else weights
        inputs = [keras.ops.convert_to_tensor(x) for x in inputs]
        return (list(weights), inputs), [v.value for v in self.model.non_trainable_variables]

    def _stateless(self, given, others):
        weights, inputs = given
        return self.model.stateless_call(weights, others, *inputs, **self.call_kwargs)[0]

    def _stateless_loss(self, given, others):
        return self.loss(self._stateless(given, others))

    def _loss_of_inputs(self, inputs, weights, others):
        return self._stateless_loss((weights, inputs), others)

    def _tensorflow_of_inputs(self, inputs):
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            loss = self.loss(self.model(*inputs, **self.call_kwargs))
        return tape.gradient(loss, inputs)

    def _tensorflow(self, inputs):
        import tensorflow as tf

        inputs = [tf.convert_to_tensor(x) for x in inputs]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = self.loss(self.model(*inputs, **self.call_kwargs))
        sources = [v.value for v in self.model.trainable_variables]
        return map(_dense, tape.gradient(loss, [*sources, *inputs]))

    def _torch(self, inputs, variables=None):
        import torch

        inputs = [keras.ops.convert_to_tensor(x) for x in inputs]
        inputs = [x.detach().requires_grad_() if x.is_floating_point() else x for x in inputs]
        variables = self.model.trainable_variables if variables is None else variables
        sources = [v.value for v in variables] + inputs
        known = [x for x in sources if x.requires_grad]
        loss = self.loss(self.model(*inputs, **self.call_kwargs))
        if not loss.requires_grad:  # nothing has an influence that could be differentiated
            return [None] * len(sources)
        found = iter(torch.autograd.grad(loss, known, allow_unused=True))
        return [next(found) if x.requires_grad else None for x in sources]


def _dense(gradient):
    """Return a gradient of TensorFlow as a tensor: that of an embedding is a list of rows."""
    import tensorflow as tf

    return None if gradient is None else tf.convert_to_tensor(gradient)


def _array(gradient):
    """Return a gradient as a NumPy array, `None` for JAX's gradient of an integer."""
    if getattr(gradient, "dtype", None) is not None and "float0" in str(gradient.dtype):
        return None
    return np.array(keras.ops.convert_to_numpy(gradient))

"""One way to run a function of a model's weights as compiled code on every backend."""

import keras


class Compiled:
    """A function of tensors and of a model's weights, compiled as `predict_on_batch` is.

    Keras compiles `predict_on_batch` with `jax.jit` or `tf.function`, and runs it eagerly on
    torch. This borrows that for any function, once per input shape. The object may be kept as an
    attribute of the model: Keras does not track it.

    Args:
        function: Function of a dictionary of tensors, which may call `model`; it returns a tensor
            or a (nested) structure of tensors whose first axis is the batch.
        model: The built model whose weights the function uses.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        >>> double = Compiled(lambda inputs: 2 * model(inputs["x"]), model)
        >>> double(x=np.ones((1, 2))).shape
        (1, 3)
    """

    def __init__(self, function, model):
        self._runner = CompiledFunction(function, model)

    def __call__(self, **inputs):
        """Run the function on NumPy arrays, and return NumPy arrays."""
        return self._runner.predict_on_batch(inputs)


class CompiledFunction(keras.Model):
    """The model whose `predict_on_batch` runs the function."""

    def __init__(self, function, model):
        super().__init__()
        self._function = function
        self._owner = model  # tracked, so that the compiled function gets its weights
        self.built = True

    def call(self, inputs):
        return self._function(inputs)

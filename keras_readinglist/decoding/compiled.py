"""One way to run methods of a model as compiled code on every backend."""

import functools

import keras
import numpy as np


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
        super().__init__(autocast=False)  # each layer of `model` casts by its own policy
        self._function = function
        self._owner = model  # tracked, so that the compiled function gets its weights
        self.built = True

    def call(self, inputs):
        return self._function(inputs)


def compiled(method=None, *, static=()):
    """Make a method of a `keras.Model` run as compiled code, from NumPy arrays to NumPy arrays.

    The method takes tensors, or structures of them, by keyword; what is `None` is left out. It is
    compiled once per model, per rank and shape of its inputs, and per value of its static
    arguments. Inside other compiled code call `method.__wrapped__`.

    Args:
        method: The method, if the decorator is used without arguments.
        static: Names of arguments that are no tensors, such as a number of steps; hashable.

    Returns:
        The method that runs compiled.

    Example:
        >>> class Doubling(keras.Sequential):
        ...     @compiled
        ...     def double(self, x):
        ...         return 2 * self(x)
        >>> Doubling([keras.Input((2,)), keras.layers.Dense(3)]).double(x=np.ones((1, 2))).shape
        (1, 3)
    """
    if method is None:
        return functools.partial(compiled, static=static)

    @functools.wraps(method)
    def run(self, **arguments):
        fixed = {name: arguments.pop(name) for name in static}
        arguments = {name: value for name, value in arguments.items() if value is not None}
        # A program of its own per rank, since TensorFlow compiles for any rank once it has seen
        # two; and per type of the weights, which quantization replaces.
        ranks = tuple(map(np.ndim, keras.tree.flatten(arguments)))
        types = tuple(v.dtype for v in self.weights)
        key = (method.__qualname__, *sorted(arguments), *ranks, *fixed.values(), types)
        programs = vars(self).setdefault("_programs", {})  # not tracked by Keras
        if key not in programs:
            programs[key] = Compiled(lambda inputs: method(self, **inputs, **fixed), self)
        return programs[key](**arguments)

    return run

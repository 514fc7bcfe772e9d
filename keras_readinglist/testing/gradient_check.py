"""Analytic gradients of a layer or model against central differences."""

from dataclasses import dataclass, field

import keras
import numpy as np

from keras_readinglist.gradients import Differentiable


@dataclass
class GradientReport:
    """What a gradient check found.

    Args:
        per_tensor: Largest relative error for every weight (by path) and float input.
        kinks: Number of sampled coordinates at which the function has no derivative.
        tolerance: What an error may be at most.
    """

    per_tensor: dict[str, float] = field(default_factory=dict)
    kinks: int = 0
    tolerance: float = 1e-2

    @property
    def max_relative_error(self) -> float:
        """The largest error of all tensors."""
        return max(self.per_tensor.values(), default=0.0)

    @property
    def ok(self) -> bool:
        """Whether every error is within the tolerance."""
        return bool(self.max_relative_error <= self.tolerance)


def gradient_check(
    layer, *inputs, step=1e-2, samples=10, tolerance=1e-2, seed=0, kink_aware=True, **call_kwargs
):
    """Compare gradients with central differences, for any layer or model, on any backend.

    The function that is differentiated is a random projection of the outputs, and the gradients
    are those with respect to every trainable weight and every float input. The running backend
    computes in float32, so the step is large, and the difference is extrapolated from two steps
    (Richardson), which leaves an error of the order of `step ** 4`. An error is relative to the
    largest gradient of its tensor.

    Args:
        layer: A built or unbuilt `keras.layers.Layer` or `keras.Model`.
        *inputs: NumPy arrays, the positional arguments of the call.
        step: Positive float, the half-width of the difference. Defaults to 1e-2.
        samples: Positive integer, coordinates drawn from each tensor. Defaults to 10.
        tolerance: Float, the largest error that passes. Defaults to 1e-2.
        seed: Integer, for the projection and the coordinates.
        kink_aware: Boolean, whether coordinates at which the two one-sided slopes differ, such as
            a rectifier at zero, are counted as kinks and left out.
        **call_kwargs: Further arguments of the call; arrays among them are not differentiated.

    Returns:
        A `GradientReport`.

    Example:
        >>> report = gradient_check(keras.layers.Dense(3), np.ones((2, 4), "float32"))
        >>> report.ok
        True

    References:
        - [CS231n, gradient checks](https://cs231n.github.io/neural-networks-3/#gradcheck)
    """
    rng = np.random.default_rng(seed)
    outputs = _floats(layer(*inputs, **call_kwargs))
    projection = [rng.standard_normal(o.shape).astype("float32") for o in outputs]
    function = Differentiable(layer, lambda out: _project(out, projection), **call_kwargs)
    weights = [keras.ops.convert_to_numpy(v) for v in layer.trainable_variables]
    tensors = [np.array(t) for t in [*weights, *inputs]]
    names = [v.path for v in layer.trainable_variables] + [f"input {i}" for i in range(len(inputs))]
    count = len(weights)

    def evaluate(tensors):
        outputs = function.outputs(*tensors[count:], weights=tensors[:count])
        return _projected_value(outputs, projection)

    own, of_inputs = function.gradients(*tensors[count:], weights=tensors[:count])
    gradients = [*own, *of_inputs]
    report = check_gradients(
        evaluate,
        tensors,
        gradients,
        names,
        step=step,
        samples=samples,
        tolerance=tolerance,
        seed=rng,
        kink_aware=kink_aware,
    )
    evaluate(tensors)  # puts the weights back
    return report


def check_gradients(
    evaluate,
    tensors,
    gradients,
    names=None,
    *,
    step=1e-4,
    samples=10,
    tolerance=1e-7,
    seed=0,
    kink_aware=True,
):
    """Compare gradients of any function of arrays with central differences, such as one in NumPy.

    The defaults are for functions that compute in float64.

    Args:
        evaluate: Function of a list of arrays that returns a float; it reads no array before.
        tensors: List of arrays; each is as it was when this returns.
        gradients: List of arrays in the shapes of these, or `None` for what is not checked.
        names: List of strings, or `None` for numbers.
        step: As for `gradient_check`. Defaults to 1e-4.
        samples: As for `gradient_check`.
        tolerance: As for `gradient_check`. Defaults to 1e-7.
        seed: Integer or `np.random.Generator`, for the coordinates.
        kink_aware: As for `gradient_check`.

    Returns:
        A `GradientReport`.

    Example:
        >>> x = np.arange(4.0)
        >>> check_gradients(lambda tensors: (tensors[0] ** 2).sum(), [x], [2 * x]).ok
        True
        >>> check_gradients(lambda tensors: (tensors[0] ** 2).sum(), [x], [x]).ok
        False

    References:
        - [CS231n, gradient checks](https://cs231n.github.io/neural-networks-3/#gradcheck)
    """
    rng = np.random.default_rng(seed)
    names = range(len(tensors)) if names is None else names
    report = GradientReport(tolerance=tolerance)
    for place, (name, gradient) in enumerate(zip(names, gradients, strict=True)):
        if gradient is None or tensors[place].dtype.kind != "f" or not tensors[place].size:
            continue
        scale = max(float(np.abs(gradient).max()), 1e-3)
        worst = 0.0
        for flat in rng.choice(gradient.size, min(samples, gradient.size), replace=False):
            index = np.unravel_index(flat, gradient.shape)
            slope, is_kink = _slope(evaluate, tensors, place, index, step, scale)
            if is_kink and kink_aware:
                report.kinks += 1
            else:
                worst = max(worst, abs(slope - float(gradient[index])) / scale)
        report.per_tensor[name] = worst
    return report


def _slope(evaluate, tensors, place, index, step, scale):
    """Return the extrapolated central difference, and whether there is a kink."""
    tensor, value = tensors[place], tensors[place][index]

    def at(offset):
        tensor[index] = value + offset
        result = evaluate(tensors)
        tensor[index] = value
        return result

    centre = at(0.0)
    outer = (at(step), at(-step))
    inner = (at(step / 2), at(-step / 2))
    wide = (outer[0] - outer[1]) / (2 * step)
    narrow = (inner[0] - inner[1]) / step
    # Of a smooth function the gap between the one-sided slopes halves with the step.
    gap_wide = (outer[0] + outer[1] - 2 * centre) / step
    gap_narrow = (inner[0] + inner[1] - 2 * centre) / (step / 2)
    return (4 * narrow - wide) / 3, abs(gap_wide - 2 * gap_narrow) > 0.02 * scale


def _floats(outputs):
    flat = keras.tree.flatten(outputs)
    return [o for o in flat if "float" in keras.backend.standardize_dtype(o.dtype)]


def _project(outputs, projection):
    total = 0.0
    for output, direction in zip(_floats(outputs), projection, strict=True):
        direction = keras.ops.convert_to_tensor(direction)
        total = total + keras.ops.sum(keras.ops.cast(output, "float32") * direction)
    return total


def _projected_value(outputs, projection):
    """As `_project`, but summed in float64, so that small differences survive."""
    arrays = [keras.ops.convert_to_numpy(o).astype("float64") for o in _floats(outputs)]
    return float(sum((a * p).sum() for a, p in zip(arrays, projection, strict=True)))

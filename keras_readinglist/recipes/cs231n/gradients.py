"""Backward passes by hand against differences, and bugs that the check must find."""

import numpy as np

from keras_readinglist.applications.cs231n import autograd
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, as_computed
from keras_readinglist.testing import check_gradients

REDUCED = {"gradients": {"samples": 20, "seeds": (0, 1, 2)}}
RUNS = {"gradients": Run("gradients")}
_ROWS, _MAPS = (5, 6), (2, 7, 7, 3)
SMOOTH = {
    "affine": (lambda rng: autograd.Affine(6, 4, rng), _ROWS),
    "tanh": (lambda rng: autograd.Tanh(), _ROWS),
    "sigmoid": (lambda rng: autograd.Sigmoid(), _ROWS),
    "batch norm": (lambda rng: autograd.BatchNorm(6), _ROWS),
    "spatial batch norm": (lambda rng: autograd.BatchNorm(3), _MAPS),
    "layer norm": (lambda rng: autograd.LayerNorm(6), _ROWS),
    "convolution": (lambda rng: autograd.Convolution(3, 4, 3, rng, 2, 1), _MAPS),
    "average pool": (lambda rng: autograd.AveragePool(3, 2), _MAPS),
}
KINKED = {
    "relu": (lambda rng: autograd.ReLU(), _ROWS),
    "leaky relu": (lambda rng: autograd.LeakyReLU(), _ROWS),
    "maxout": (lambda rng: autograd.Maxout(6, 4, 3, rng), _ROWS),
    "max pool": (lambda rng: autograd.MaxPool(3, 2), _MAPS),
}


def _changed(module, gradient):
    """Return what was done to the gradients of a module, by a function `(module, dx) -> dx`."""

    def backward(dout):
        return gradient(module, original(dout))

    original, module.backward = module.backward, backward
    return module


def _scale(name, factor):
    def change(module, dx):
        module.grads[name] = module.grads[name] * factor
        return dx

    return change


def _turned(module, dx):
    """Mix up the matrix and its transpose, of the same shape."""
    return dx @ module.params["W"] @ np.linalg.inv(module.params["W"].T)


def _without_means(module, dx):
    """Leave out that mean and variance depend on the batch."""
    return module.dout * module.params["gamma"] / module.sigma


def _noted(module):
    """Return a module that keeps the gradient of its outputs."""
    original = module.backward

    def backward(dout):
        module.dout = dout
        return original(dout)

    module.backward = backward
    return module


BUGS = {
    "matrix not transposed": (
        lambda rng: _changed(autograd.Affine(6, 6, rng), _turned),
        _ROWS,
    ),
    "weights' gradient divided by the batch": (
        lambda rng: _changed(autograd.Affine(6, 4, rng), _scale("W", 0.2)),
        _ROWS,
    ),
    "bias from one example": (
        lambda rng: _changed(autograd.Affine(6, 4, rng), _scale("b", 0.5)),
        _ROWS,
    ),
    "rectifier passes all": (
        lambda rng: _changed(_noted(autograd.ReLU()), lambda module, dx: module.dout),
        _ROWS,
    ),
    "tanh of the wrong argument": (
        lambda rng: _changed(
            _noted(autograd.Tanh()), lambda module, dx: module.dout * (1 - module.out)
        ),
        _ROWS,
    ),
    "batch norm without its means": (
        lambda rng: _changed(_noted(autograd.BatchNorm(6)), _without_means),
        _ROWS,
    ),
    "batch norm's gamma forgotten": (
        lambda rng: _changed(autograd.BatchNorm(6), lambda module, dx: dx / module.params["gamma"]),
        _ROWS,
    ),
    "convolution's image turned": (
        lambda rng: _changed(
            autograd.Convolution(3, 4, 3, rng, 1, 1), lambda module, dx: dx[:, ::-1, ::-1]
        ),
        _MAPS,
    ),
    "average pool not divided": (
        lambda rng: _changed(autograd.AveragePool(3, 2), lambda module, dx: 9 * dx),
        _MAPS,
    ),
}


def report_of(make, shape, seed, samples=20):
    """Return the report of a gradient check of a module, inputs and weights.

    Args:
        make: Function of a random generator that returns a module.
        shape: The shape of its inputs.
        seed: Integer.
        samples: Integer, the coordinates of each array.
    """
    rng = np.random.default_rng(seed)
    module, x = make(rng), rng.standard_normal(shape)
    for name in module.params:
        module.params[name] = module.params[name] + 0.1 * rng.standard_normal(
            module.params[name].shape
        )
    along = rng.standard_normal(module.forward(x, training=True).shape)
    names = list(module.params)

    def evaluate(tensors):
        module.params.update(zip(names, tensors[1:], strict=True))
        return float((module.forward(tensors[0], training=True) * along).sum())

    dx = module.backward(along)
    tensors = [x, *(module.params[name] for name in names)]
    gradients = [dx, *(module.grads[name] for name in names)]
    return check_gradients(evaluate, tensors, gradients, ["x", *names], samples=samples, seed=seed)


def check(config, callbacks):
    """Check all modules and all bugs."""
    seed, samples = config["seed"], config["samples"]
    found = {}
    for name, modules in (("smooth", SMOOTH), ("kinked", KINKED)):
        reports = [report_of(make, shape, seed, samples) for make, shape in modules.values()]
        worst = max(report.max_relative_error for report in reports)
        found[f"{name}_log10_error"] = float(np.log10(max(worst, 1e-16)))
    bugs = [report_of(make, shape, seed, samples) for make, shape in BUGS.values()]
    found["bugs_found"] = sum(not report.ok for report in bugs) / len(bugs)
    found["smallest_bug"] = min(report.max_relative_error for report in bugs)
    return found


EXPERIMENTS = {"gradients": Experiment(check, as_computed, {"samples": 3})}
CLAIMS = (
    Claim(
        "Power of ten of the largest error of the gradients of smooth modules, float64",
        metric="gradients/smooth_log10_error",
        paper=-7.0,
        goal=-7.0,
        higher_is_better=False,
        note="With an error below 1e-7 one should be happy, say the notes.",
    ),
    Claim(
        "The same of modules with kinks, which are left out",
        metric="gradients/kinked_log10_error",
        paper=-4.0,
        goal=-6.0,
        higher_is_better=False,
        note="1e-4 is okay for objectives with kinks, say the notes.",
    ),
    Claim(
        "Share of nine seeded bugs that the check finds",
        metric="gradients/bugs_found",
        goal=1.0,
    ),
)

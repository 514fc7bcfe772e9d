"""Loops that on JAX have a cheaper gradient than `ops.scan`; on the other backends they are it."""

from contextvars import ContextVar

import keras
from keras import ops

_record = ContextVar("record", default=None)


def scan_storing_products(body, states, sequences):
    """As `ops.scan`; the gradient stores matrix products alone and computes the rest anew.

    A loop copies all that it stores, step by step: a training step of a relational memory of 8
    slots of 256 takes 100 ms so in place of 139 (32 sequences, one CPU thread).
    """
    if keras.config.backend() == "jax":
        import jax

        policy = jax.checkpoint_policies.dots_saveable
        body = jax.checkpoint(body, policy=policy, prevent_cse=False)
    return ops.scan(body, states, sequences)


def scan_deferring_weights(body, states, sequences):
    """As `ops.scan`; the gradients of weights are computed once, after the last step.

    The gradient of a loop adds to the gradient of every weight at every step. Where a step has few
    rows, this traffic costs more than the arithmetic: without it a training step of a relational
    memory of 8 slots of 256 takes 2.3 ms in place of 2.9 for one sequence, 5.0 in place of 6.1 for
    two, and more from eight on.

    Args:
        body: Function `(states, step of the sequences) -> (states, outputs)`. The weights that it
            uses must occur in `with_weights` alone. It can be differentiated backwards only.
        states: Structure of tensors.
        sequences: List of tensors whose first axis is time.
    """
    if keras.config.backend() != "jax":
        return ops.scan(body, states, sequences)
    import jax

    calls = _Record()
    with calls:
        first = [x[0] for x in sequences]
        jax.eval_shape(body, states, first)
    weights = [tuple(map(ops.convert_to_tensor, own)) for own in calls.weights]

    def run(weights, states, sequences, offsets):
        def step(states, x):
            with _Record(weights, x[1]) as record:
                states, output = body(states, x[0])
            return states, (output, record.inputs)

        last, (outputs, inputs) = jax.lax.scan(step, states, (sequences, offsets))
        return (last, outputs), inputs

    @jax.custom_vjp
    def loop(weights, states, sequences):
        return run(weights, states, sequences, None)[0]

    def forward(weights, states, sequences):
        time = sequences[0].shape[0]
        # The gradient of what is added to a result is the gradient of the result.
        offsets = [ops.zeros((time, *y.shape), y.dtype) for y in calls.results]
        result, pull_back, inputs = jax.vjp(
            lambda *given: run(weights, *given), states, sequences, offsets, has_aux=True
        )
        return result, (weights, pull_back, inputs)

    def backward(kept, gradients):
        weights, pull_back, inputs = kept
        states, sequences, results = pull_back(gradients)
        of_weights = []
        for function, own, x, y in zip(calls.functions, weights, inputs, results, strict=True):
            x, y = (ops.reshape(z, (-1, *z.shape[2:])) for z in (x, y))
            pull_weights = jax.vjp(lambda *own, f=function, x=x: f(x, *own), *own)[1]
            of_weights.append(pull_weights(y))
        return of_weights, states, sequences

    loop.defvjp(forward, backward)
    return loop(weights, states, sequences)


def with_weights(function, x, *weights):
    """Return `function(x, *weights)`, whose weights `scan_deferring_weights` may defer.

    Args:
        function: Function that treats every example, hence every step, alike.
        x: Tensor `(batch, ...)`.
        *weights: Variables that are the same at every step.
    """
    record = _record.get()
    return function(x, *weights) if record is None else record.call(function, x, weights)


class _Record:
    """The calls of `with_weights` in one step, which get the given weights and offsets."""

    def __init__(self, weights=None, offsets=None):
        self.given, self.offsets = weights, offsets
        self.functions, self.weights, self.inputs, self.results = [], [], [], []

    def __enter__(self):
        self._token = _record.set(self)
        return self

    def __exit__(self, *error):
        _record.reset(self._token)

    def call(self, function, x, weights):
        index = len(self.functions)
        weights = weights if self.given is None else self.given[index]
        y = function(x, *weights)
        self.functions.append(function)
        self.weights.append(weights)
        self.inputs.append(x)
        self.results.append(y)
        return y if self.offsets is None else y + self.offsets[index]

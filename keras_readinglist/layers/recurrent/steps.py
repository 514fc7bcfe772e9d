"""The equations of the recurrent units, one time step each, and the loop that runs them.

A step is a pure function `(projected input, states) -> states`; the first state is the output.
`run` carries it over a sequence on every backend.
"""

import math

import keras
import numpy as np
from keras import ops

from keras_readinglist.backend import known
from keras_readinglist.layers.precision import matmul, tanh


def rnn_step(z, states, recurrent_kernel, activation=tanh, factors=None):
    """Plain recurrent network: `h_t = tanh(x_t W + h_{t-1} U + b)`, with `z = x_t W + b`."""
    (h,) = states
    return [activation(z + _matmul(_drop(h, factors), recurrent_kernel))]


def lstm_step(
    z,
    states,
    recurrent_kernel,
    peephole=None,
    coupled=False,
    projection=None,
    activation=tanh,
    recurrent_activation=ops.sigmoid,
    factors=None,
    update_factors=None,
):
    """Long short-term memory, with `z = x_t W + b` packed as i, f, c, o (f, c, o if coupled).

    `i, f, o = sigmoid(z + h_{t-1} U)`, `g = tanh(z + h_{t-1} U)`, `c_t = f c_{t-1} + i g`,
    `h_t = o tanh(c_t)`. A peephole adds `p c_{t-1}` to i and f, and `p c_t` to o: the output gate
    sees the new cell. Coupled gates have `i = 1 - f`.

    Args:
        z: Tensor `(batch, 4 * units)`, or `(batch, 3 * units)` if coupled.
        states: `[h, c]`.
        recurrent_kernel: Tensor `(width of h, 4 * units)`.
        peephole: Dictionary from `"i"`, `"f"`, `"o"` to weights `(units,)`, or `None`.
        coupled: Boolean, whether the input gate is one minus the forget gate.
        projection: Tensor `(units, width of h)` that maps the output, or `None`.
        activation: Function of candidate and cell.
        recurrent_activation: Function of the gates.
        factors: Dropout factors `(batch, width of h)` on the recurrent input, or `None`.
        update_factors: Dropout factors `(batch, units)` on the candidate, or `None`.

    Returns:
        The new `[h, c]`.
    """
    options = (peephole, coupled, activation, recurrent_activation, factors, update_factors)
    gates = lstm_gates(z, *states, recurrent_kernel, *options)
    h = gates["o"] * activation(gates["c"])
    if projection is not None:
        h = _matmul(h, projection)
    return [h, gates["c"]]


def lstm_gates(
    z,
    h,
    c,
    recurrent_kernel,
    peephole=None,
    coupled=False,
    activation=tanh,
    recurrent_activation=ops.sigmoid,
    factors=None,
    update_factors=None,
):
    """Return the gates `"i", "f", "o"`, the candidate `"g"` and the new cell `"c"` of an LSTM.

    Works on one step or, with the states before every step, on a whole sequence at once.
    """
    z = z + _matmul(_drop(h, factors), recurrent_kernel)
    peephole = peephole or {}
    parts = ops.split(z, 3 if coupled else 4, axis=-1)
    names = ("f", "g", "o") if coupled else ("i", "f", "g", "o")
    z = dict(zip(names, parts, strict=True))
    for name in ("i", "f"):
        if name in peephole:
            z[name] = z[name] + peephole[name] * c
    f = recurrent_activation(z["f"])
    i = 1.0 - f if coupled else recurrent_activation(z["i"])
    g = _drop(activation(z["g"]), update_factors)
    c = f * c + i * g
    if "o" in peephole:
        z["o"] = z["o"] + peephole["o"] * c
    return {"i": i, "f": f, "g": g, "o": recurrent_activation(z["o"]), "c": c}


def gru_step(z, states, recurrent_kernel, recurrent_bias=None, **options):
    """Gated recurrent unit, with `z = x_t W + b` packed as z, r, h; see `gru_gates`."""
    (h,) = states
    return [gru_gates(z, h, recurrent_kernel, recurrent_bias, **options)["h"]]


def gru_gates(
    z,
    h,
    recurrent_kernel,
    recurrent_bias=None,
    reset_after=True,
    update_convention="keras",
    activation=tanh,
    recurrent_activation=ops.sigmoid,
    factors=None,
    update_factors=None,
):
    """Return the gates `"z"` and `"r"`, the candidate `"g"` and the new state `"h"` of a GRU.

    With `reset_after` the reset gate multiplies `h U + b'`, as in cuDNN; without it `h` itself.
    The new state is `z h + (1 - z) g` by the convention of Keras and of Cho et al. (2014), and
    `(1 - z) h + z g` by that of Chung et al. (2014) and Olah.
    """
    z_update, z_reset, z_candidate = ops.split(z, 3, axis=-1)
    seen = _drop(h, factors)
    if reset_after:
        inner = _matmul(seen, recurrent_kernel)
        if recurrent_bias is not None:
            inner = inner + recurrent_bias
        u_update, u_reset, u_candidate = ops.split(inner, 3, axis=-1)
        update = recurrent_activation(z_update + u_update)
        reset = recurrent_activation(z_reset + u_reset)
        candidate = activation(z_candidate + reset * u_candidate)
    else:
        units = recurrent_kernel.shape[-1] // 3
        inner = _matmul(seen, recurrent_kernel[:, : 2 * units])
        u_update, u_reset = ops.split(inner, 2, axis=-1)
        update = recurrent_activation(z_update + u_update)
        reset = recurrent_activation(z_reset + u_reset)
        u_candidate = _matmul(reset * seen, recurrent_kernel[:, 2 * units :])
        candidate = activation(z_candidate + u_candidate)
    candidate = _drop(candidate, update_factors)
    keep, write = (update, 1.0 - update) if update_convention == "keras" else (1.0 - update, update)
    return {"z": update, "r": reset, "g": candidate, "h": keep * h + write * candidate}


def run(step, inputs, states, mask=None, keep=None, scan=ops.scan):
    """Run a step over a sequence.

    Where the mask is `False`, the states stay as they are and the output is that of the step
    before.

    Args:
        step: Function `(input, states) -> states`.
        inputs: Tensor `(batch, time, ...)`, or a structure of such tensors of one type.
        states: List of tensors `(batch, ...)`, the initial states.
        mask: Boolean tensor `(batch, time)` or `None`.
        keep: Integer, how many of the states, from the first on, to return for all steps.
            Defaults to all: a large memory need not be stored at every step.
        scan: Function that runs the loop, such as those of `loops`. Defaults to `ops.scan`.

    Returns:
        Pair: list of the kept states `(batch, time, ...)`, and list of all last states.
    """
    sequences = keras.tree.flatten(inputs)
    time = known(sequences[0].shape[1])
    if time == 0:
        batch = ops.shape(sequences[0])[0]
        nothing = [ops.zeros((batch, 0, *s.shape[1:]), dtype=s.dtype) for s in states[:keep]]
        return nothing, list(states)
    if time == 1:  # a step by itself, as in decoding, needs no loop
        last = step(keras.tree.map_structure(lambda x: x[:, 0], inputs), states)
        if mask is not None:
            last = where_shown(mask, last, states)
        return [ops.expand_dims(state, 1) for state in last[:keep]], last
    if mask is not None:
        sequences.append(ops.cast(mask[..., None], sequences[0].dtype))
    sequences, unpack = _pack([ops.swapaxes(x, 0, 1) for x in sequences])
    # TensorFlow's scan stores as many tensors as it carries.
    stored = None if keras.config.backend() == "tensorflow" else keep

    def body(states, x):
        x = unpack(x)
        shown = None if mask is None else x.pop() > 0
        new = step(keras.tree.pack_sequence_as(inputs, x), states)
        if mask is not None:
            new = where_shown(shown, new, states)
        return new, new[:stored]

    if time is None and keras.config.backend() == "tensorflow":
        scan = _scan_any_length
    last, history = scan(body, list(states), sequences)
    return [ops.swapaxes(h, 0, 1) for h in history[:keep]], last


def _scan_any_length(body, states, sequences):
    """As `ops.scan` on TensorFlow, also where time is unknown and there are no steps.

    Keras leaves the shape of what it stacks open where the batch is unknown too, and TensorFlow
    refuses to stack nothing of an open shape (`keras.layers.LSTM` fails so): no steps become one,
    whose results are dropped.
    """
    time = ops.shape(keras.tree.flatten(sequences)[0])[0]
    none = ops.equal(time, 0)

    def lengthen(x):
        extra = (ops.cast(none, "int32"), *ops.shape(x)[1:])
        return ops.concatenate([x, ops.zeros(extra, dtype=x.dtype)])

    last, history = ops.scan(body, states, keras.tree.map_structure(lengthen, sequences))
    last = [ops.where(none, s, n) for s, n in zip(states, last, strict=True)]
    return last, [h[:time] for h in history]


def before(initial, history):
    """Return the state before every step, from the first one and those after every step."""
    return ops.concatenate([initial[:, None], history], axis=1)[:, :-1]


def _pack(sequences):
    """Return what `ops.scan` can carry, and the function that gives one step of the sequences.

    TensorFlow cannot scan two sequences of unknown length, so it gets one. The others get them one
    by one: on JAX, a slice of a step can keep XLA from vectorising what is computed from it.
    """
    if keras.config.backend() != "tensorflow" or len(sequences) == 1:
        return sequences, list
    shapes = [x.shape[2:] for x in sequences]
    sizes = [math.prod(shape) for shape in shapes]
    packed = [
        ops.reshape(x, (*ops.shape(x)[:2], size)) for x, size in zip(sequences, sizes, strict=True)
    ]

    def unpack(x):
        parts = ops.split(x, np.cumsum(sizes)[:-1].tolist(), axis=-1)
        return [ops.reshape(part, (-1, *shape)) for part, shape in zip(parts, shapes, strict=True)]

    return ops.concatenate(packed, axis=-1), unpack


def where_shown(mask, new, old):
    """Return the new states where the mask `(batch, 1)` is set, and else the old ones."""

    def choose(n, o):
        return ops.where(ops.reshape(mask, (-1, *[1] * (len(n.shape) - 1))), n, o)

    return [choose(n, o) for n, o in zip(new, old, strict=True)]


def _drop(h, factors):
    return h if factors is None else h * factors


def _matmul(x, kernel):
    """Multiply in the type of the kernel and return the type of `x`.

    States are kept in float32 under mixed precision: a cell is a long sum, and bfloat16 loses
    terms below 1/256 of it.
    """
    return ops.cast(matmul(ops.cast(x, kernel.dtype), kernel), x.dtype)

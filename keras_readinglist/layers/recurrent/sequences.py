"""Recurrent units over whole sequences, as functions of tensors: for layers of your own.

Inputs are projected beforehand, `x W + b`, once for all steps.
"""

import functools

from keras import ops

from keras_readinglist.layers.recurrent import steps


def rnn_sequence(x_proj, recurrent_kernel, initial_state=None, *, mask=None, go_backwards=False):
    """Run a plain recurrent network; see `lstm_sequence`. The state is `[h]`."""
    step = functools.partial(steps.rnn_step, recurrent_kernel=recurrent_kernel)
    states = initial_state or _zeros(x_proj, recurrent_kernel.shape[0], 1)
    history, last = steps.run(step, x_proj, states, mask, go_backwards)
    return history[0], last


def gru_sequence(
    x_proj,
    recurrent_kernel,
    initial_state=None,
    *,
    recurrent_bias=None,
    reset_after=True,
    update_convention="keras",
    mask=None,
    go_backwards=False,
):
    """Run a gated recurrent unit; see `lstm_sequence`. The state is `[h]`, gates are z, r, h."""
    step = functools.partial(
        steps.gru_step,
        recurrent_kernel=recurrent_kernel,
        recurrent_bias=recurrent_bias,
        reset_after=reset_after,
        update_convention=update_convention,
    )
    states = initial_state or _zeros(x_proj, recurrent_kernel.shape[0], 1)
    history, last = steps.run(step, x_proj, states, mask, go_backwards)
    return history[0], last


def lstm_sequence(
    x_proj,
    recurrent_kernel,
    initial_state=None,
    *,
    peephole=None,
    coupled=False,
    mask=None,
    go_backwards=False,
    return_gates=False,
):
    """Run a long short-term memory over projected inputs.

    Args:
        x_proj: Float tensor `(batch, time, 4 * units)`, packed as i, f, c, o; three blocks, f, c,
            o, if coupled.
        recurrent_kernel: Float tensor `(units, 4 * units)`.
        initial_state: `[h, c]`, or `None` for zeros.
        peephole: Dictionary from `"i"`, `"f"`, `"o"` to weights `(units,)`, or `None`.
        coupled: Boolean, whether the input gate is one minus the forget gate.
        mask: Boolean tensor `(batch, time)` or `None`; where it is `False`, states stay.
        go_backwards: Boolean, whether to begin with the last step.
        return_gates: Boolean, whether to return the gates too.

    Returns:
        Outputs `(batch, time, units)`, the last `[h, c]`, and, if asked for, a dictionary of
        tracks `(batch, time, units)`.

    Example:
        >>> outputs, (h, c) = lstm_sequence(np.ones((2, 5, 12)), np.ones((3, 12)))
        >>> outputs.shape, h.shape
        ((2, 5, 3), (2, 3))
    """
    x_proj = ops.convert_to_tensor(x_proj, "float32")
    recurrent_kernel = ops.convert_to_tensor(recurrent_kernel, "float32")
    options = {"recurrent_kernel": recurrent_kernel, "peephole": peephole, "coupled": coupled}
    states = initial_state or _zeros(x_proj, recurrent_kernel.shape[0], 2)
    step = functools.partial(steps.lstm_step, **options)
    history, last = steps.run(step, x_proj, states, mask, go_backwards)
    if not return_gates:
        return history[0], last
    before = [
        ops.concatenate([first[:, None], track[:, :-1]], axis=1)
        for first, track in zip(states, history, strict=True)
    ]
    z = ops.flip(x_proj, axis=1) if go_backwards else x_proj
    gates = steps.lstm_gates(z, *before, **options)
    return history[0], last, {**gates, "c": history[1], "h": history[0]}


def _zeros(x_proj, units, count):
    return [ops.zeros((ops.shape(x_proj)[0], units), dtype=x_proj.dtype) for _ in range(count)]

"""Recurrent units over whole sequences, as functions of tensors: for layers of your own.

Inputs are projected beforehand, `x W + b`, once for all steps. Tensors may be NumPy arrays; float64
stays float64, and everything else is computed in float32.
"""

import functools

import keras
from keras import ops

from keras_readinglist.backend import tensors
from keras_readinglist.layers import masking
from keras_readinglist.layers.recurrent import steps
from keras_readinglist.layers.validation import check_shape, check_states


def rnn_sequence(x_proj, recurrent_kernel, initial_state=None, *, mask=None, go_backwards=False):
    """Run a plain recurrent network; see `lstm_sequence`. The state is `[h]`."""
    given = _Given(x_proj, recurrent_kernel, initial_state, mask, go_backwards, blocks=1)
    history, last = given.run(steps.rnn_step)
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
    given = _Given(x_proj, recurrent_kernel, initial_state, mask, go_backwards, blocks=3)
    history, last = given.run(
        steps.gru_step,
        recurrent_bias=given.cast(recurrent_bias),
        reset_after=reset_after,
        update_convention=update_convention,
    )
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

    Raises:
        ValueError: If shapes do not fit.

    Example:
        >>> outputs, (h, c) = lstm_sequence(np.ones((2, 5, 12)), np.ones((3, 12)))
        >>> outputs.shape, h.shape
        ((2, 5, 3), (2, 3))
    """
    given = _Given(
        x_proj,
        recurrent_kernel,
        initial_state,
        mask,
        go_backwards,
        blocks=3 if coupled else 4,
        states_count=2,
    )
    options = {"peephole": given.cast(peephole), "coupled": coupled}
    history, last = given.run(steps.lstm_step, **options)
    if not return_gates:
        return history[0], last
    before = [steps.before(*pair) for pair in zip(given.states, history, strict=True)]
    gates = steps.lstm_gates(given.x_proj, *before, given.kernel, **options)
    return history[0], last, {**gates, "c": history[1], "h": history[0]}


class _Given:
    """What all three functions are given: of one type, checked, and in the order of reading."""

    def __init__(self, x_proj, kernel, states, mask, go_backwards, blocks, states_count=1):
        x_proj, kernel, states, mask = tensors((x_proj, kernel, states, mask))
        floats = keras.tree.flatten([x_proj, kernel, states or []])
        types = [keras.backend.standardize_dtype(x.dtype) for x in floats]
        self.dtype = "float64" if "float64" in types else "float32"
        check_shape("recurrent_kernel", kernel.shape, "(units, gates)")
        units = kernel.shape[0]
        check_shape("x_proj", x_proj.shape, "(batch, time, gates)", width=kernel.shape[1])
        if kernel.shape[1] != blocks * units:
            raise ValueError(
                f"`recurrent_kernel` must have the shape (units, {blocks} * units). "
                f"Received shape: {tuple(kernel.shape)}"
            )
        batch, count = ops.shape(x_proj)[0], states_count
        if states:
            check_states("initial_state", states, [units] * count, x_proj.shape[0])
            self.states = [ops.broadcast_to(self.cast(s), (batch, units)) for s in states]
        else:
            self.states = [ops.zeros((batch, units), dtype=self.dtype) for _ in range(count)]
        self.mask = masking.as_mask(mask, "x_proj", x_proj)
        self.x_proj = masking.blank(self.cast(x_proj), self.mask)
        self.kernel = self.cast(kernel)
        if go_backwards:
            self.x_proj = ops.flip(self.x_proj, axis=1)
            self.mask = None if mask is None else ops.flip(self.mask, axis=1)

    def cast(self, structure):
        return keras.tree.map_structure(
            lambda x: None if x is None else ops.cast(x, self.dtype), structure
        )

    def run(self, step, **options):
        step = functools.partial(step, recurrent_kernel=self.kernel, **options)
        return steps.run(step, self.x_proj, self.states, self.mask)

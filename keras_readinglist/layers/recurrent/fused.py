"""The operators under `torch.nn.LSTM` and `torch.nn.GRU`, for our weights.

On torch a loop over time is a Python loop; the fused operators (oneDNN on the CPU, cuDNN on the
GPU) are several times faster. They have no variants, and masks only on the right. A single step, as
in decoding, is a few operators of torch: with 128 units those of Keras take four times as long, and
the fused ones more, since they pack the weights anew.
"""

import keras
from keras import ops

from keras_readinglist.backend import exporting, known
from keras_readinglist.layers.recurrent import steps
from keras_readinglist.layers.recurrent.cells import GRUCell, LSTMCell, RecurrentCell


def run_fused(cell, inputs, states, mask):
    """Run a sequence through torch's operator, if there is one for this cell and mask.

    Args:
        cell: A built `LSTMCell` or `GRUCell`.
        inputs: Tensor `(batch, time, features)`.
        states: List of initial states.
        mask: Boolean tensor `(batch, time)` or `None`.

    Returns:
        `(outputs, last states)`, or `None` if the portable loop must run.
    """
    operator = _operator(cell)
    if operator is None or inputs.device.type == "meta" or 0 in inputs.shape:
        return None
    # The operator would keep the states in half precision too, and the length of a single step or
    # of a masked one must not decide what an exported program does.
    half = cell.compute_dtype not in ("float32", "float64")
    single = known(inputs.shape[1]) == 1
    if half or ((single or mask is not None) and exporting()):
        return None
    if single:
        last = _step(cell, inputs[:, 0], states)
        last = last if mask is None else steps.where_shown(mask, last, states)
        return last[0][:, None], last
    return run_weights(_weights(cell), inputs, states, mask)


def run_weights(weights, inputs, states, mask):
    """Run a sequence through torch's operator for an LSTM, or for a GRU that resets after.

    Args:
        weights: `[W, U, b]`, torch's tensors packed as the cells pack them; a GRU has two rows of
            biases.
        inputs: As for `run_fused`, of at least one row and step.
        states: As for `run_fused`.
        mask: As for `run_fused`.

    Returns:
        As `run_fused`.
    """
    import torch

    operator = torch.lstm if len(states) == 2 else torch.gru
    weights = _torch_weights(*weights)
    states = [state[None].contiguous() for state in states]
    initial = states[0] if len(states) == 1 else tuple(states)
    # No dropout; cuDNN can go backwards only through what it ran for training.
    options = (weights, True, 1, 0.0, torch.is_grad_enabled(), False)
    if mask is None:
        answer = operator(inputs, initial, *options, True)
        return answer[0], [state[0] for state in answer[1:]]
    return _run_packed(operator, inputs, initial, options, mask)


def _operator(cell):
    """Return torch's operator for a cell, unless it has variants or methods of its own."""
    import torch

    kind = GRUCell if isinstance(cell, GRUCell) else LSTMCell
    own = type(cell).step is not kind.step or type(cell).project is not RecurrentCell.project
    plain = cell.activation in (keras.activations.tanh, ops.tanh)
    plain &= cell.recurrent_activation in (keras.activations.sigmoid, ops.sigmoid)
    if own or not plain or not cell.use_bias:
        return None
    if kind is GRUCell:
        fits = cell.reset_after and cell.update_convention == "keras"
        return torch.gru if fits else None
    variants = cell.peephole or cell.coupled or cell.projection_units
    return None if variants else torch.lstm


def _weights(cell):
    """Return `[W, U, b]` as torch's tensors."""
    return [ops.convert_to_tensor(w) for w in (cell.kernel, cell.recurrent_kernel, cell.bias)]


def _step(cell, x, states):
    """Return the states after one step."""
    import torch

    kernel, recurrent, bias = _weights(cell)
    if cell.gates == 4:
        return list(torch.lstm_cell(x, states, kernel.t(), recurrent.t(), bias))
    # `torch.gru_cell` packs its gates in another order, and copies of the weights cost a step.
    (h,), gates = states, (2 * cell.units, cell.units)
    z, z_candidate = torch.addmm(bias[0], x, kernel).split(gates, dim=-1)
    u, u_candidate = torch.addmm(bias[1], h, recurrent).split(gates, dim=-1)
    update, reset = torch.sigmoid(z + u).chunk(2, dim=-1)
    candidate = torch.tanh(z_candidate + reset * u_candidate)
    return [update * h + (1.0 - update) * candidate]


def _torch_weights(kernel, recurrent, bias):
    """Return `[W, U, b, b']` in torch's layout."""
    if len(bias.shape) == 1:  # both pack i, f, g, o; torch adds two biases
        return [kernel.t(), recurrent.t(), bias, ops.zeros_like(bias)]
    kernel, recurrent, bias = (_swap_gates(w) for w in (kernel, recurrent, bias))
    return [kernel.t(), recurrent.t(), bias[0], bias[1]]


def _swap_gates(weight):
    """Turn the packing z, r, h of a GRU into torch's r, z, n, or back."""
    z, r, h = ops.split(weight, 3, axis=-1)
    return ops.concatenate([r, z, h], axis=-1)


def _run_packed(operator, inputs, initial, options, mask):
    import torch
    from torch.nn.utils import rnn

    lengths = mask.sum(dim=1)
    steps = torch.arange(mask.shape[1], device=mask.device)
    right_padded = bool((mask == (steps[None] < lengths[:, None])).all())
    if not right_padded or not bool((lengths > 0).all()):
        return None
    packed = rnn.pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
    order = packed.sorted_indices
    ordered = keras.tree.map_structure(lambda state: state[:, order], initial)
    data, *last = operator(packed.data, packed.batch_sizes, ordered, *options)
    back = packed.unsorted_indices
    last = [state[0, back] for state in last]
    packed = rnn.PackedSequence(data, packed.batch_sizes, order, back)
    outputs, _ = rnn.pad_packed_sequence(packed, batch_first=True, total_length=mask.shape[1])
    return torch.where(mask[..., None], outputs, last[0][:, None]), last

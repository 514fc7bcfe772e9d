"""Weights from recurrent, attention and Transformer layers of torch, and back.

Torch packs an LSTM as i, f, g, o, as we do, and a GRU as r, z, n, where we pack z, r, h. It stores
matrices transposed, and adds two biases.
"""

import numpy as np

from keras_readinglist.conversion.attention import from_torch_attention, from_torch_block
from keras_readinglist.conversion.tables import Row, fill, state_of, transpose
from keras_readinglist.layers.recurrent import GRU, LSTM

_OTHERS = {
    "MultiheadAttention": from_torch_attention,
    "TransformerEncoderLayer": from_torch_block,
    "TransformerDecoderLayer": from_torch_block,
}


def from_torch(module, **kwargs):
    """Return our layer with the weights of a torch module.

    Args:
        module: A `torch.nn.LSTM` or `torch.nn.GRU` of one layer and one direction, without
            projection; a `torch.nn.MultiheadAttention`, `torch.nn.TransformerEncoderLayer` or
            `torch.nn.TransformerDecoderLayer`.
        **kwargs: Further arguments of the layer, such as `return_sequences`.

    Returns:
        A built `LSTM`, a `GRU` with `reset_after`, or our counterpart of the others.

    Raises:
        ValueError: If the module is of another kind.
    """
    kind = type(module).__name__
    if kind in _OTHERS:
        return _OTHERS[kind](module, **kwargs)
    simple = kind in ("LSTM", "GRU") and module.num_layers == 1 and not module.bidirectional
    if not simple or module.proj_size:
        raise ValueError(
            "`module` must be a torch.nn.LSTM or torch.nn.GRU of one layer and direction, without "
            f"projection, or one of {', '.join(_OTHERS)}. Received: {module}"
        )
    layer = {"LSTM": LSTM, "GRU": GRU}[kind](module.hidden_size, use_bias=module.bias, **kwargs)
    layer.build((None, None, module.input_size))
    fill(layer.cell, _rows(kind, module.bias), state_of(module))
    return layer


def _rows(kind, bias):
    gru = kind == "GRU"
    matrix = (lambda w: _swap_gates(w.T)) if gru else transpose
    biases = (lambda *both: _swap_gates(np.stack(both))) if gru else np.add
    rows = [
        Row("kernel", ("weight_ih_l0",), matrix),
        Row("recurrent_kernel", ("weight_hh_l0",), matrix),
    ]
    return rows + [Row("bias", ("bias_ih_l0", "bias_hh_l0"), biases)] * bias


def to_torch(layer):
    """Return a torch module with the weights of our layer; the inverse of `from_torch`.

    Args:
        layer: A built `LSTM` without variants, or a `GRU` with `reset_after` in the convention of
            Keras.

    Returns:
        A `torch.nn.LSTM` or `torch.nn.GRU` with `batch_first=True`.

    Raises:
        ValueError: If torch has no such layer.
    """
    import torch

    cell, gru = layer.cell, isinstance(layer, GRU)
    if gru:
        fits = cell.reset_after and cell.update_convention == "keras"
    else:
        plain = isinstance(layer, LSTM)
        fits = plain and not (cell.peephole or cell.coupled or cell.projection_units)
    if not fits:
        raise ValueError(f"`layer` has no counterpart in torch. Received: {layer}")
    weights = [np.asarray(weight) for weight in layer.get_weights()]
    if gru:
        weights = [_swap_gates(weight) for weight in weights]
    kind = torch.nn.GRU if gru else torch.nn.LSTM
    module = kind(weights[0].shape[0], layer.units, bias=cell.use_bias, batch_first=True)
    state = {"weight_ih_l0": weights[0].T, "weight_hh_l0": weights[1].T}
    if cell.use_bias:
        bias = weights[2]
        pair = (bias[0], bias[1]) if gru else (bias, np.zeros_like(bias))
        state |= dict(zip(("bias_ih_l0", "bias_hh_l0"), pair, strict=True))
    module.load_state_dict({name: torch.tensor(np.array(value)) for name, value in state.items()})
    return module


def _swap_gates(weight):
    first, second, third = np.split(weight, 3, axis=-1)
    return np.concatenate([second, first, third], axis=-1)

"""Weights of `torch_geometric.nn.Set2Set`."""

import numpy as np

from keras_readinglist.conversion.tables import Row, fill, state_of
from keras_readinglist.layers.set2set import Set2Set


def from_torch_geometric(module, **kwargs):
    """Return our layer with the weights of a `torch_geometric.nn.Set2Set`.

    That module gives its LSTM `q*` as input and `q` as state. As `q*` contains `q`, the matrix of
    the state can be added to those rows of the other: the function stays the same.

    Args:
        module: A `torch_geometric.nn.Set2Set`.
        **kwargs: Further arguments of `Set2Set`, such as `return_attention`.

    Returns:
        A built `Set2Set`.
    """
    units, num_layers = module.in_channels, module.lstm.num_layers
    layer = Set2Set(units, module.processing_steps, num_layers, **kwargs)
    layer.build((None, None, units))
    state = state_of(module.lstm)
    for index, cell in enumerate(layer.process.cells):
        fill(cell, _rows(index, units if num_layers == 1 else None), state)
    return layer


def _rows(index, units):
    """Return the rows of a layer of the LSTM; `units` if it is the only one, which has no state."""
    kernel, recurrent = f"weight_ih_l{index}", f"weight_hh_l{index}"
    bias = Row("bias", (f"bias_ih_l{index}", f"bias_hh_l{index}"), np.add)
    if units is None:
        return [Row("kernel", (kernel,)), Row("recurrent_kernel", (recurrent,)), bias]

    def join(kernel, recurrent):
        return np.concatenate([kernel.T[:units] + recurrent.T, kernel.T[units:]])

    return [Row("kernel", (kernel, recurrent), join), bias]

"""Weights of `torch_geometric.nn.Set2Set`."""

import numpy as np

from keras_readinglist.layers.set2set.layer import Set2Set


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
    state = {name: tensor.numpy(force=True) for name, tensor in module.lstm.state_dict().items()}
    weights = []
    for index in range(num_layers):
        kernel, recurrent = state[f"weight_ih_l{index}"].T, state[f"weight_hh_l{index}"].T
        bias = state[f"bias_ih_l{index}"] + state[f"bias_hh_l{index}"]
        if num_layers == 1:
            kernel = np.concatenate([kernel[:units] + recurrent, kernel[units:]])
            weights += [kernel, bias]
        else:
            weights += [kernel, recurrent, bias]
    layer.set_weights(weights)
    return layer

"""Weights of `torch_geometric.nn.Set2Set` and `torch_geometric.nn.NNConv`."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.conversion.tables import Row, fill, state_of
from keras_readinglist.layers.message_passing import EdgeNetworkMessage, MessagePassing
from keras_readinglist.layers.precision import matmul
from keras_readinglist.layers.set2set import Set2Set

_ACTIVATIONS = {"ReLU": "relu", "SiLU": "silu", "Sigmoid": "sigmoid", "Tanh": "tanh"}
_AGGREGATES = {"add": "sum", "sum": "sum", "mean": "mean", "max": "max"}


def from_torch_geometric(module, **kwargs):
    """Return our layer with the weights of a module of torch_geometric.

    Set2Set gives its LSTM `q*` as input and `q` as state. As `q*` contains `q`, the matrix of
    the state can be added to those rows of the other: the function stays the same.

    NNConv becomes one step of message passing by an edge network. Where the features of nodes are
    narrower than its output, our states are padded with zeros, and so are the matrices.

    Args:
        module: A `torch_geometric.nn.Set2Set`; or an `NNConv` whose network is a
            `torch.nn.Sequential` of linear layers, with one activation (ReLU, SiLU, Sigmoid or
            Tanh) between them, and whose input is not wider than its output.
        **kwargs: Further arguments of `Set2Set`, such as `return_attention`; or of
            `MessagePassing`.

    Returns:
        A built `Set2Set`; or a built `RootedMessagePassing`, whose `senders` are the first row of
        `edge_index` and whose `receivers` are the second.

    Raises:
        ValueError: If the module is of another kind.
    """
    if type(module).__name__ == "NNConv":
        return _from_nn_conv(module, **kwargs)
    if not hasattr(module, "lstm"):
        raise ValueError(f"`module` must be a Set2Set or an NNConv. Received: {module}")
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


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RootedMessagePassing(MessagePassing):
    """Message passing after which a node adds a matrix of itself, `h_v' = m_v + W h_v + b`.

    Args:
        message: As for `MessagePassing`.
        use_root: Boolean, whether there is a `W`.
        use_bias: Boolean, whether there is a `b`.
        **kwargs: Further arguments of `MessagePassing`.

    Call arguments, Input shape and Output shape: as for `MessagePassing`.

    Example:
        >>> layer = RootedMessagePassing(EdgeNetworkMessage(4), num_steps=1)
        >>> layer(np.ones((2, 3, 4)), np.ones((2, 3, 3, 5))).shape
        (2, 3, 4)
    """

    def __init__(self, message, use_root=True, use_bias=True, **kwargs):
        super().__init__(message, **kwargs)
        self.use_root, self.use_bias = use_root, use_bias

    def build(self, node_shape, edge_shape=None):
        super().build(node_shape, edge_shape)
        d = self.units
        self.root = self.add_weight(name="root", shape=(d, d)) if self.use_root else None
        self.shift = None
        if self.use_bias:
            self.shift = self.add_weight(name="shift", shape=(d,), initializer="zeros")

    def update(self, state, message, node, index=0):
        if self.use_root:
            message = message + matmul(state, ops.cast(self.root, state.dtype))
        return message + ops.cast(self.shift, message.dtype) if self.use_bias else message

    def get_config(self):
        config = {**super().get_config(), "use_root": self.use_root, "use_bias": self.use_bias}
        del config["update"]  # it is a method here
        return config


def _from_nn_conv(module, num_steps=1, **kwargs):
    linear, activation = _network(module.nn)
    width, units = module.in_channels, module.out_channels
    if not isinstance(width, int) or not 0 < width <= units or module.aggr not in _AGGREGATES:
        raise ValueError(
            "`module` must have nodes of one kind, which are not wider than its output, and add "
            f"their messages or take the mean or the maximum. Received: {module}"
        )
    last = linear[-1]
    sizes = [module.nn[place].out_features for place in linear[:-1]]
    biased = [place for place in linear if module.nn[place].bias is not None]
    message = EdgeNetworkMessage(units, sizes, activation, use_bias=bool(biased))
    layer = RootedMessagePassing(
        message,
        module.root_weight,
        module.bias is not None,
        num_steps=num_steps,
        aggregate=_AGGREGATES[module.aggr],
        **kwargs,
    )
    layer.build((None, width), (None, module.nn[linear[0]].in_features))

    def matrices(weight):
        """Return matrices for padded states, from rows that are the entries of a matrix."""
        weight = weight.T.reshape(*weight.shape[1:], width, units)
        return np.pad(weight, [(0, 0)] * (weight.ndim - 2) + [(0, units - width), (0, 0)])

    rows, state = [Row("kernel", (f"nn.{last}.weight",), matrices)], state_of(module)
    for index, place in enumerate(linear[:-1]):
        rows.append(Row(f"hidden_kernel_{index}", (f"nn.{place}.weight",)))
    if biased:
        for place in linear:
            size = module.nn[place].out_features
            state.setdefault(f"nn.{place}.bias", np.zeros(size, "float32"))
        for index, place in enumerate(linear[:-1]):
            rows.append(Row(f"hidden_bias_{index}", (f"nn.{place}.bias",)))
        rows.append(Row("bias", (f"nn.{last}.bias",), matrices))
    if module.root_weight:
        rows.append(Row("root", ("lin.weight",), lambda w: matrices(w.T.reshape(-1))))
    if module.bias is not None:
        rows.append(Row("shift", ("bias",)))
    fill(layer, rows, state)
    return layer


def _network(network):
    """Return the places of the linear layers of a torch network, and what is between them."""
    names = [type(part).__name__ for part in network] if hasattr(network, "__iter__") else []
    between = set(names[1::2])
    linear = list(range(0, len(names), 2))
    plain = len(names) > 2 and len(names) % 2 and {names[k] for k in linear} == {"Linear"}
    if not plain or len(between) != 1 or not between <= set(_ACTIVATIONS):
        raise ValueError(
            "`module` must have a network of two or more linear layers with one activation of "
            f"{', '.join(_ACTIVATIONS)} between them. Received: {network}"
        )
    return linear, _ACTIVATIONS[between.pop()]

"""A node that is joined to all others of its graph: a scratch pad for all."""

import keras
from keras import ops

from keras_readinglist.layers.masking import blank
from keras_readinglist.layers.message_passing.updates import GatedUpdate
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.segments import segment_sum, take_rows
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MasterNode(keras.layers.Layer):
    """A node of a width of its own that every node of its graph writes to and reads from.

    At every step the master gets the sum of the nodes' states, by a matrix, and changes by a gated
    update; every node hears the master as it was, by another matrix. Any two nodes are then two
    steps apart, for `O(nodes)` more messages.

    Args:
        units: Positive integer, the width of its state.
        message_units: Positive integer, the width of what nodes hear. Defaults to the width of the
            nodes' states.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        state: Float tensor `(batch, n, width)`, or `(nodes, width)` with `node_graph`.
        node_mask: Boolean tensor, `state` without its last axis, or `None`.
        node_graph: Int tensor `(nodes,)`.
        num_graphs: Positive integer, with `node_graph`.

    Input shape:
        `(batch, n, width)` or `(nodes, width)`.

    Output shape:
        `(graphs, units)`: the master's state after one exchange, from zero.

    Raises:
        ValueError: If an argument is out of range, or graphs are not given in the flat layout.

    Example:
        >>> MasterNode(6)(np.ones((2, 3, 4))).shape
        (2, 6)
        >>> layer = MessagePassing(None, GatedUpdate(4), master=MasterNode(6))
        >>> layer(np.ones((2, 3, 4))).shape
        (2, 3, 4)

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 5.2
    """

    def __init__(self, units, message_units=None, **kwargs):
        super().__init__(**kwargs)
        self.units = check_size("units", units)
        self.given = None if message_units is None else check_size("message_units", message_units)
        options = {"dtype": self.dtype_policy, "trainable": self.trainable}
        self.from_nodes = keras.layers.Dense(self.units, use_bias=False, **options)
        self.cell = GatedUpdate(self.units, **options)
        self.supports_masking = True

    def build(self, state_shape):
        self.message_units = self.given or state_shape[-1]
        options = {"dtype": self.dtype_policy, "trainable": self.trainable}
        self.to_nodes = keras.layers.Dense(self.message_units, use_bias=False, **options)
        self.from_nodes.build(state_shape)
        self.to_nodes.build((None, self.units))
        self.cell.build((None, self.units), (None, self.units))

    def call(self, state, node_mask=None, node_graph=None, num_graphs=None):
        return self.exchange(state, self.start(state, node_mask, node_graph, num_graphs))[1][0]

    def start(self, state, node_mask=None, node_graph=None, num_graphs=None):
        """Return the master's state before the first step, with what says whose nodes are whose."""
        if len(state.shape) == 2 and (node_graph is None or num_graphs is None):
            raise ValueError(
                "`node_graph` and `num_graphs` must be given with a master node in the flat layout."
            )
        graphs = ops.shape(state)[0] if len(state.shape) == 3 else num_graphs
        zeros = ops.zeros((graphs, self.units), wide(self.compute_dtype))
        return zeros, node_mask, node_graph

    def exchange(self, state, scratch):
        """Return what the nodes hear of the master, and the master after it heard them."""
        master, node_mask, node_graph = scratch
        dtype = wide(self.compute_dtype)
        told = ops.cast(self.to_nodes(ops.cast(master, self.compute_dtype)), dtype)
        state = blank(ops.cast(state, dtype), node_mask)
        if node_graph is None:
            heard = ops.broadcast_to(told[:, None], (*ops.shape(state)[:2], self.message_units))
            total = ops.sum(state, axis=1)
        else:
            heard = take_rows(told, node_graph)
            total = segment_sum(state, node_graph, ops.shape(master)[0])
        got = self.from_nodes(ops.cast(total, self.compute_dtype))
        return heard, (self.cell(master, got), node_mask, node_graph)

    def compute_output_shape(self, state_shape, num_graphs=None):
        return (state_shape[0] if len(state_shape) == 3 else num_graphs, self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "message_units": self.given}

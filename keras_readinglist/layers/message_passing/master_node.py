"""A node that is joined to all others of its graph: a scratch pad for all."""

import keras
from keras import ops

from keras_readinglist.layers.masking import blank
from keras_readinglist.layers.message_passing.updates import GatedUpdate
from keras_readinglist.layers.precision import dense, wide
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
        master: Float tensor `(graphs, units)`, the master's state; `start` gives the first.
        node_mask: Boolean tensor, `state` without its last axis, or `None`.
        node_graph: Int tensor `(nodes,)`.

    Input shape:
        As above.

    Output shape:
        `(batch, n, message_units)` or `(nodes, message_units)`, what the nodes hear; and
        `(graphs, units)`, the master's next state.

    Raises:
        ValueError: If an argument is out of range, or graphs are not given in the flat layout.

    Example:
        >>> heard, master = MasterNode(6)(np.ones((2, 3, 4)), np.zeros((2, 6)))
        >>> heard.shape, master.shape
        ((2, 3, 4), (2, 6))
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

    def build(self, state_shape, master_shape=None):
        self.message_units = self.given or state_shape[-1]
        options = {"dtype": self.dtype_policy, "trainable": self.trainable}
        self.to_nodes = keras.layers.Dense(self.message_units, use_bias=False, **options)
        self.from_nodes.build(state_shape)
        self.to_nodes.build((None, self.units))
        self.cell.build((None, self.units), (None, self.units))

    def call(self, state, master, node_mask=None, node_graph=None):
        dtype = wide(self.compute_dtype)
        told = ops.cast(dense(self.to_nodes, ops.cast(master, self.compute_dtype)), dtype)
        state = blank(ops.cast(state, dtype), node_mask)
        if node_graph is None:
            heard = ops.broadcast_to(told[:, None], (*ops.shape(state)[:2], self.message_units))
            total = ops.sum(state, axis=1)
        else:
            heard = take_rows(told, node_graph)
            total = segment_sum(state, node_graph, ops.shape(master)[0])
        got = dense(self.from_nodes, ops.cast(total, self.compute_dtype))
        return heard, self.cell(master, got)

    def start(self, state, node_graph=None, num_graphs=None):
        """Return the master's state before the first step, zeros `(graphs, units)`.

        Args:
            state: As in the call.
            node_graph: As in the call.
            num_graphs: Positive integer, the number of graphs, with `node_graph`.
        """
        flat = len(state.shape) == 2
        if flat and (node_graph is None or num_graphs is None):
            raise ValueError(
                "`node_graph` and `num_graphs` must be given with a master node in the flat layout."
            )
        graphs = num_graphs if flat else ops.shape(state)[0]
        return ops.zeros((graphs, self.units), wide(self.compute_dtype))

    def compute_output_shape(self, state_shape, master_shape):
        return (*state_shape[:-1], self.given or state_shape[-1]), (master_shape[0], self.units)

    def compute_output_spec(self, state, master, node_mask=None, node_graph=None):
        shapes, dtype = (
            self.compute_output_shape(state.shape, master.shape),
            wide(self.compute_dtype),
        )
        return tuple(keras.KerasTensor(shape, dtype) for shape in shapes)

    def compute_mask(self, state, master=None, node_mask=None):
        return None, None

    def get_config(self):
        return {**super().get_config(), "units": self.units, "message_units": self.given}

"""Nodes that send messages along edges, and change by what they get (Gilmer et al., 2017)."""

import keras
from keras import ops

from keras_readinglist.layers.masking import as_mask, blank
from keras_readinglist.layers.message_passing.edges import check_nodes, edges_of
from keras_readinglist.layers.message_passing.messages import Message
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_choice, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MessagePassing(keras.layers.Layer):
    """Lets the nodes of graphs exchange messages for some steps.

    `m_v = sum_w M(h_v, h_w, e_vw)`, over the edges from w to v, and `h_v' = U(h_v, m_v)`, from
    `h_v = x_v`, padded with zeros. States are float32 under mixed precision.

    Two layouts have equal results. Dense: `node` is `(batch, n, features)` and `edge[b, v, w]`
    belongs to the edge from w to v. Flat: the nodes of all graphs stand below one another, and
    `senders` and `receivers` are the numbers of the ends of edges. To pad in either, mask.

    A subclass may override `message` and `update` in place of giving layers, `aggregate` and
    `readout`. All get tensors whose first axes are those of the edges, or of the nodes, in either
    layout.

    Args:
        message: A layer that is called with the states of receivers and senders and with the
            features of edges, such as `EdgeNetworkMessage`; `None` sends the sender's state.
        update: A layer that is called with states and messages, such as `GatedUpdate`; `None`
            makes the message the new state.
        num_steps: Non-negative integer. Defaults to 3.
        tie_weights: Boolean, whether all steps have the same weights, as in the paper.
        aggregate: `"sum"` (paper), `"mean"` or `"max"` of the messages that a node gets.
        directed: Boolean, whether edges also carry messages of another `M`, with weights of its
            own, against their direction; a node gets both sums, one behind the other.
        units: Positive integer, the width of the states; defaults to the `units` of the update, or
            else of the message, or else to the features of nodes.
        master: A `MasterNode` that is joined to all nodes of a graph, or `None`.
        return_sequence: Boolean, whether to return the states after all steps, from the padded
            features on, in an axis before that of nodes.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        node: Float tensor, the features of nodes.
        edge: Tensor, the features of edges: `(batch, n, n, ...)` or `(edges, ...)`, or `None`.
        senders: Int tensor `(edges,)`; in the flat layout only, as all that follows but the masks.
        receivers: Int tensor `(edges,)`.
        edge_mask: Boolean tensor `(batch, n, n)` or `(edges,)`: which edges there are. `None` for
            all; in the dense layout those are the pairs of distinct nodes.
        node_mask: Boolean tensor `(batch, n)` or `(nodes,)`. Nodes that are not there may hold
            anything, even NaN; their states are zero, and their edges are not there.
        node_graph: Int tensor `(nodes,)`, the graph of every node; for a master node only.
        num_graphs: Positive integer, with `node_graph`.

    Input shape:
        `(batch, n, features)` or `(nodes, features)`.

    Output shape:
        `(batch, n, units)` or `(nodes, units)`; `(batch, steps + 1, n, units)` or
        `(steps + 1, nodes, units)` with `return_sequence`.

    Raises:
        ValueError: If an argument is out of range, shapes or types do not fit, or a number of a
            node is out of range. Inside programs, where numbers cannot be looked at, an edge to a
            node that does not exist is not there.

    Example:
        >>> layer = MessagePassing(MatrixMessage(4, num_edge_types=2), GatedUpdate(4))
        >>> layer(np.ones((2, 3, 4)), np.zeros((2, 3, 3), "int32")).shape
        (2, 3, 4)
        >>> ends = {"senders": np.array([0, 1, 2]), "receivers": np.array([1, 2, 0])}
        >>> layer(np.ones((3, 4)), np.zeros(3, "int32"), **ends).shape
        (3, 4)

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 2
    """

    def __init__(
        self,
        message=None,
        update=None,
        num_steps=3,
        tie_weights=True,
        aggregate="sum",
        directed=False,
        units=None,
        master=None,
        return_sequence=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_steps = check_size("num_steps", num_steps, minimum=0)
        self.how = check_choice("aggregate", aggregate, ("sum", "mean", "max"))
        self.tie_weights, self.directed = tie_weights, directed
        self.return_sequence, self.master = return_sequence, made(master)
        message, update = made(message), made(update)
        given = units or getattr(update, "units", None)
        if given is None and update is None:
            given = getattr(message, "units", None) and message.units * (1 + directed)
        self.units = None if given is None else check_size("units", given)
        if aggregate == "max" and getattr(message, "only_sums", False):
            raise ValueError(f"`aggregate` must not be 'max' with a {type(message).__name__}.")
        rounds = 1 if tie_weights else max(1, self.num_steps)
        self.message_layers = self._copies("message", message, rounds * (1 + directed))
        self.update_layers = self._copies("update", update, rounds)
        self.supports_masking = True

    def _copies(self, name, layer, count):
        """Return a layer, and others like it with weights of their own."""
        if layer is None:
            return []
        if not isinstance(layer, keras.layers.Layer):
            raise ValueError(f"`{name}` must be a layer, or `None`. Received: {layer!r}")
        if getattr(type(self), name) is not getattr(MessagePassing, name):
            raise ValueError(f"`{name}` must not be given where its method is overridden.")
        return [layer] + [type(layer).from_config(layer.get_config()) for _ in range(count - 1)]

    def build(self, node_shape, edge_shape=None):
        check_nodes("node", node_shape)
        self.node_dim = node_shape[-1]
        width = self.units or self.node_dim
        if self.node_dim > width:
            raise ValueError(
                f"`node` must not have more features than states have units, {width}; map it by a "
                f"Dense layer before. Received shape: {tuple(node_shape)}"
            )
        state = (*node_shape[:-1], width)
        got = 0
        for layer in self.message_layers:
            layer.build(state, state, edge_shape)
            got = layer.compute_output_shape(state, state, edge_shape)[-1]
        got = (got or width) * (1 + self.directed)
        if self.master is not None:
            self.master.build(state)
            got += self.master.message_units
        for layer in self.update_layers:
            layer.build(state, (*node_shape[:-1], got))

    def call(
        self,
        node,
        edge=None,
        senders=None,
        receivers=None,
        edge_mask=None,
        node_mask=None,
        node_graph=None,
        num_graphs=None,
    ):
        layout = {"senders": senders, "receivers": receivers, "edge_mask": edge_mask}
        graphs = {"node_graph": node_graph, "num_graphs": num_graphs}
        states = self.history(node, edge, node_mask, **graphs, **layout)
        states = ops.stack(states, axis=-3) if self.return_sequence else states[-1]
        return self.readout(ops.cast(states, self.compute_dtype), node, node_mask)

    def history(self, node, edge=None, node_mask=None, node_graph=None, num_graphs=None, **layout):
        """Return the list of the states of nodes, from the first on; arguments as in the call."""
        check_nodes("node", node.shape, width=self.node_dim)
        node_mask = as_mask(node_mask, "node", node, len(node.shape) - 1, "node_mask")
        edges = edges_of(node, edge, node_mask=node_mask, **layout)
        node = blank(node, node_mask)
        edge = None if edge is None else blank(edge, edges.mask)
        states = [padded(node, self.units or self.node_dim, wide(self.compute_dtype))]
        prepared = self.prepare(edge, edges)
        if self.master is not None:
            master = self.master.start(states[0], node_graph, num_graphs)
        for index in range(self.num_steps):
            message = self.collect(states[-1], prepared, edges, index)
            if self.master is not None:
                heard, master = self.master(states[-1], master, node_mask, node_graph)
                message = ops.concatenate([message, heard], axis=-1)
            state = self.update(states[-1], message, node, index)
            states.append(blank(state, node_mask))
        return states

    def message(self, receiver, sender, edge, index=0):
        """Return the messages of all edges; to be overridden.

        Args:
            receiver: Tensor `(..., units)`.
            sender: Tensor `(..., units)`.
            edge: Tensor `(..., features)`, or `None`.
            index: Integer, the number of the step.
        """
        return sender

    def update(self, state, message, node, index=0):
        """Return the next states; to be overridden.

        Args:
            state: Tensor `(..., units)`.
            message: Tensor `(..., width)`.
            node: Tensor `(..., features)`, the nodes as they were given.
            index: Integer, the number of the step.
        """
        if not self.update_layers:
            return message
        return self.update_layers[0 if self.tie_weights else index](state, message)

    def aggregate(self, messages, edges):
        """Return what every node gets of the messages of all edges; to be overridden.

        Args:
            messages: Tensor `(..., width)`, in float32 under mixed precision.
            edges: The edges, with `sum`, `max` and `degree`.
        """
        return edges.max(messages) if self.how == "max" else edges.sum(messages)

    def readout(self, state, node, node_mask=None):
        """Return what the layer returns; to be overridden. By default, the states.

        Args:
            state: Tensor of the last states.
            node: The features of nodes.
            node_mask: Boolean tensor of the nodes, or `None`.
        """
        return state

    def collect(self, state, prepared, edges, index):
        """Return what every node gets at a step, in both directions if there are two.

        Args:
            state: Tensor of node states.
            prepared: What `prepare` returned.
            edges: The edges.
            index: Integer, the number of the step.
        """
        dtype, got = wide(self.compute_dtype), []
        for place, way in self._ways(edges, index):
            layer = self.message_layers[place] if self.message_layers else None
            if self._sums() and isinstance(layer, Message):
                total = layer.collect(state, prepared[place], way)
            else:
                say = self.message if layer is None else layer
                said = say(way.receivers(state), way.senders(state), prepared[place])
                total = self.aggregate(ops.cast(said, dtype), way)
            if self.how == "mean":
                total = total / ops.maximum(way.degree(dtype), 1)
            got.append(ops.cast(total, dtype))
        return ops.concatenate(got, axis=-1) if self.directed else got[0]

    def prepare(self, edge, edges):
        """Return what is known of the edges at all steps, a list by message layer and direction.

        Args:
            edge: Tensor of features, or `None`.
            edges: The edges.
        """
        rounds = 1 if self.tie_weights or not self.message_layers else self.num_steps
        found = []
        for index in range(rounds):
            for place, way in self._ways(edges, index):
                features = edge if way is edges else edges.reverse(edge)
                layer = self.message_layers[place] if self.message_layers else None
                if self._sums() and isinstance(layer, Message):
                    features = layer.prepare(features, way, self.num_steps // rounds)
                found.append(features)
        return found

    def _ways(self, edges, index):
        """Return the edges of every direction, with the place of what belongs to it at a step."""
        ways = [edges, edges.reversed()] if self.directed else [edges]
        tied = self.tie_weights or not self.message_layers
        return list(enumerate(ways, start=0 if tied else index * len(ways)))

    def _sums(self):
        """Whether messages are added up as they are, which a message may do on its own."""
        return self.how != "max" and type(self).aggregate is MessagePassing.aggregate

    def compute_output_shape(self, node_shape, *args, **kwargs):
        state = (*node_shape[:-1], self.units or node_shape[-1])
        if not self.return_sequence:
            return state
        return (*state[:-2], self.num_steps + 1, *state[-2:])

    def compute_mask(self, node, node_mask=None):
        return None

    def get_config(self):
        names = ("num_steps", "tie_weights", "directed", "units", "return_sequence")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            "aggregate": self.how,
            "message": as_config(self.message_layers),
            "update": as_config(self.update_layers),
            "master": as_config([] if self.master is None else [self.master]),
        }


def padded(node, units, dtype):
    """Return features of nodes with zeros behind them, `units` wide."""
    state = ops.cast(node, dtype)
    more = units - node.shape[-1]
    return ops.pad(state, [(0, 0)] * (len(node.shape) - 1) + [(0, more)]) if more else state


def made(layer):
    """Return a layer, of its serialized form if it is given as such."""
    return keras.saving.deserialize_keras_object(layer) if isinstance(layer, dict) else layer


def as_config(layers):
    """Return the serialized form of the first layer, `None` without one.

    It is not built: inputs of another width may come.
    """
    if not layers:
        return None
    config = keras.saving.serialize_keras_object(layers[0])
    config.pop("build_config", None)
    return config

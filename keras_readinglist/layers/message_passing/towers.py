"""Many narrow message functions in place of a wide one (Gilmer et al., 2017, section 5.3)."""

import keras
from keras import ops

from keras_readinglist.layers.masking import as_mask, blank
from keras_readinglist.layers.message_passing.edges import check_nodes, edges_of
from keras_readinglist.layers.message_passing.passing import MessagePassing, padded
from keras_readinglist.layers.precision import dense, wide
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class TowerMessagePassing(keras.layers.Layer):
    """Message passing in `k` towers of width `d / k`, mixed at every node after every step.

    Every tower has a message and an update function of its own; then one network, shared by all
    nodes, mixes what the towers made. A step costs `1 / k` of one of width `d`.

    Args:
        num_towers: Positive integer `k`.
        message: A layer as for `MessagePassing`, for states of width `units / num_towers`; every
            tower gets one like it, with weights of its own.
        update: The same.
        units: Positive integer `d`, the width of all towers together.
        mixing_units: Tuple of positive integers, the hidden layers of the mixing network, whose
            last layer is linear; an empty one leaves a matrix, `None` mixes nothing.
        num_steps: Non-negative integer. Defaults to 3.
        aggregate: As for `MessagePassing`.
        directed: As for `MessagePassing`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments: as for `MessagePassing`, without a master node.

    Input shape:
        `(batch, n, features)` or `(nodes, features)`.

    Output shape:
        `(batch, n, units)` or `(nodes, units)`.

    Raises:
        ValueError: If an argument is out of range, or `units` cannot be divided by `num_towers`.

    Example:
        >>> towers = TowerMessagePassing(2, MatrixMessage(2, 3), GatedUpdate(2), units=4)
        >>> towers(np.ones((1, 3, 4)), np.zeros((1, 3, 3), "int32")).shape
        (1, 3, 4)

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 5.3
    """

    def __init__(
        self,
        num_towers,
        message,
        update,
        units,
        mixing_units=(),
        num_steps=3,
        aggregate="sum",
        directed=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_towers = check_size("num_towers", num_towers)
        self.units = check_size("units", units)
        self.num_steps = check_size("num_steps", num_steps, minimum=0)
        if self.units % self.num_towers:
            raise ValueError(
                "`units` must be divisible by the number of towers. "
                f"Received: units={units}, num_towers={num_towers}"
            )
        self.mixing_units = None if mixing_units is None else tuple(mixing_units)
        options = {"dtype": self.dtype_policy, "trainable": self.trainable}
        narrow = {"num_steps": num_steps, "aggregate": aggregate, "directed": directed}
        narrow = {**narrow, "units": self.units // self.num_towers, **options}
        first = MessagePassing(message, update, **narrow)
        others = [MessagePassing.from_config(first.get_config()) for _ in range(num_towers - 1)]
        self.towers = [first, *others]
        self.mixing = []
        if mixing_units is not None:
            widths = [*((units, "relu") for units in self.mixing_units), (self.units, None)]
            self.mixing = [keras.layers.Dense(*width, **options) for width in widths]
        self.supports_masking = True

    def build(self, node_shape, edge_shape=None):
        self.node_dim = node_shape[-1]
        if self.node_dim > self.units:
            raise ValueError(
                f"`node` must not have more features than there are units, {self.units}. "
                f"Received shape: {tuple(node_shape)}"
            )
        for tower in self.towers:
            tower.build((*node_shape[:-1], self.units // self.num_towers), edge_shape)
        shape = (*node_shape[:-1], self.units)
        for layer in self.mixing:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def call(self, node, edge=None, senders=None, receivers=None, edge_mask=None, node_mask=None):
        layout = {"senders": senders, "receivers": receivers, "edge_mask": edge_mask}
        states = self.history(node, edge, node_mask, **layout)
        return ops.cast(states[-1], self.compute_dtype)

    def history(self, node, edge=None, node_mask=None, **layout):
        """Return the list of the states of nodes, from the first on; arguments as in the call."""
        check_nodes("node", node.shape, width=self.node_dim)
        node_mask = as_mask(node_mask, "node", node, len(node.shape) - 1, "node_mask")
        edges = edges_of(node, edge, node_mask=node_mask, **layout)
        edge = None if edge is None else blank(edge, edges.mask)
        prepared = [tower.prepare(edge, edges) for tower in self.towers]
        states = [padded(blank(node, node_mask), self.units, wide(self.compute_dtype))]
        for index in range(self.num_steps):
            parts = ops.split(states[-1], self.num_towers, axis=-1)
            parts = [
                tower.update(part, tower.collect(part, known, edges, index), node, index)
                for tower, part, known in zip(self.towers, parts, prepared, strict=True)
            ]
            states.append(blank(self._mixed(ops.concatenate(parts, axis=-1)), node_mask))
        return states

    def _mixed(self, state):
        mixed = ops.cast(state, self.compute_dtype)
        for layer in self.mixing:
            mixed = dense(layer, mixed)
        return ops.cast(mixed, state.dtype) if self.mixing else state

    def compute_output_shape(self, node_shape, *args, **kwargs):
        return (*node_shape[:-1], self.units)

    def compute_mask(self, node, node_mask=None):
        return None

    def get_config(self):
        inner = self.towers[0].get_config()
        names = ("num_towers", "units", "mixing_units", "num_steps")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            **{name: inner[name] for name in ("message", "update", "aggregate", "directed")},
        }

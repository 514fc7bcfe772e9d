"""One vector for a graph, from the states of its nodes; `Set2Set` is another."""

import keras
from keras import ops

from keras_readinglist.layers.masking import as_mask, blank
from keras_readinglist.layers.precision import dense, wide
from keras_readinglist.layers.segments import segment_sum
from keras_readinglist.layers.set2set.process import check_sets
from keras_readinglist.layers.validation import check_choice, check_same, check_size, check_sizes


@keras.saving.register_keras_serializable(package="keras_readinglist")
class GatedReadout(keras.layers.Layer):
    """A sum over nodes in which every node says how much it counts: that of gated graph networks.

    `sum_v sigmoid(i([h_v, x_v])) * j(h_v)`, with networks `i` and `j`. The sum is float32 under
    mixed precision, and so is what is returned.

    Args:
        units: Positive integer, the width of the answer.
        hidden_units: Tuple of positive integers, the hidden layers of both networks, which may be
            none. They are rectified.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        state: Float tensor `(batch, n, width)`, or `(nodes, width)` with `segment_ids`.
        node: Float tensor of the first axes of `state`, the features of nodes as they were given;
            `None` leaves them out.
        mask: Boolean tensor, `state` without its last axis: which nodes there are.
        segment_ids: Int tensor `(nodes,)`, the graph of every node.
        num_segments: Positive integer, the number of graphs.
        state_mask: The mask that Keras knows of `state`; used if there is no `mask`.

    Input shape:
        As above.

    Output shape:
        `(graphs, units)`; zeros for a graph without nodes.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> GatedReadout(4)(np.ones((2, 3, 5)), np.ones((2, 3, 2))).shape
        (2, 4)

    References:
        - [Li et al., 2016](https://arxiv.org/abs/1511.05493)
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 5.1
    """

    def __init__(self, units, hidden_units=(), **kwargs):
        super().__init__(**kwargs)
        self.units = check_size("units", units)
        self.hidden_units = check_sizes("hidden_units", hidden_units, empty=True)
        self.gate, self.answer = self._network(), self._network()
        self.supports_masking = True

    def _network(self):
        widths = [*((units, "relu") for units in self.hidden_units), (self.units, None)]
        options = {"dtype": self.dtype_policy, "trainable": self.trainable}
        return [keras.layers.Dense(*width, **options) for width in widths]

    def build(self, state_shape, node_shape=None):
        self.state_dim = state_shape[-1]
        more = 0 if node_shape is None else node_shape[-1]
        for network, width in ((self.gate, self.state_dim + more), (self.answer, self.state_dim)):
            for layer in network:
                layer.build((*state_shape[:-1], width))
                width = layer.units

    def call(
        self, state, node=None, mask=None, segment_ids=None, num_segments=None, state_mask=None
    ):
        # Keras hands the mask of one tensor among several to the argument of that name.
        mask = state_mask if mask is None else mask
        check_sets(state, self.state_dim, segment_ids, num_segments, name="state")
        mask = as_mask(mask, "state", state, axes=len(state.shape) - 1)
        state = blank(state, mask)
        asked = state
        if node is not None:
            check_same("node", node.shape, "state", state.shape, axes=len(state.shape) - 1)
            asked = ops.concatenate([state, ops.cast(blank(node, mask), state.dtype)], axis=-1)
        answer, dtype = _through(self.answer, state), wide(self.compute_dtype)
        gates = ops.sigmoid(ops.cast(_through(self.gate, asked), dtype))
        return _pool("sum", gates * ops.cast(answer, dtype), mask, segment_ids, num_segments)

    def compute_output_shape(self, state_shape, node_shape=None, num_segments=None):
        return (num_segments if len(state_shape) == 2 else state_shape[0], self.units)

    def compute_output_spec(self, state, node=None, num_segments=None, **kwargs):
        shape = self.compute_output_shape(state.shape, num_segments=num_segments)
        return keras.KerasTensor(shape, wide(self.compute_dtype))

    def compute_mask(self, state, mask=None):
        return None

    def get_config(self):
        names = ("units", "hidden_units")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class GraphPooling(keras.layers.Layer):
    """The sum, mean or largest of the states of a graph's nodes, by feature.

    Args:
        mode: `"sum"`, `"mean"` or `"max"`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments: as for `GatedReadout`, without `node`.

    Input shape:
        `(batch, n, width)` or `(nodes, width)`.

    Output shape:
        `(graphs, width)`, in float32 under mixed precision; zeros for a graph without nodes.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> nodes, graph = np.ones((5, 4)), np.array([0, 1, 0, 1, 1])
        >>> GraphPooling("mean")(nodes, segment_ids=graph, num_segments=2).shape
        (2, 4)

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 2
    """

    def __init__(self, mode="sum", **kwargs):
        super().__init__(**kwargs)
        self.mode = check_choice("mode", mode, ("sum", "mean", "max"))
        self.supports_masking = True

    def call(self, state, mask=None, segment_ids=None, num_segments=None, state_mask=None):
        mask = state_mask if mask is None else mask
        check_sets(state, None, segment_ids, num_segments, name="state")
        mask = as_mask(mask, "state", state, axes=len(state.shape) - 1)
        state = ops.cast(blank(state, mask), wide(self.compute_dtype))
        return _pool(self.mode, state, mask, segment_ids, num_segments)

    def compute_output_shape(self, state_shape, num_segments=None):
        return (num_segments if len(state_shape) == 2 else state_shape[0], state_shape[-1])

    def compute_output_spec(self, state, num_segments=None, **kwargs):
        shape = self.compute_output_shape(state.shape, num_segments)
        return keras.KerasTensor(shape, wide(self.compute_dtype))

    def compute_mask(self, state, mask=None):
        return None

    def get_config(self):
        return {**super().get_config(), "mode": self.mode}


def _through(network, x):
    for layer in network:
        x = dense(layer, x)
    return x


def _pool(mode, x, mask, segment_ids, num_segments):
    """Return the sum, mean or maximum over the nodes of every graph; zeros without nodes."""
    flat = segment_ids is not None
    there = ops.ones_like(x[..., 0]) if mask is None else ops.cast(mask, x.dtype)

    def total(values):
        return segment_sum(values, segment_ids, num_segments) if flat else ops.sum(values, axis=1)

    if mode == "sum":
        return total(blank(x, mask))
    count = total(there[..., None])
    if mode == "mean":
        return total(blank(x, mask)) / ops.maximum(count, 1)
    least = ops.where(there[..., None] > 0, x, ops.cast(-3e38, x.dtype))
    if flat:
        largest = ops.segment_max(least, segment_ids, num_segments)
    else:
        largest = ops.max(least, axis=1, initial=-3e38)
    return ops.where(count > 0, largest, ops.zeros_like(largest))

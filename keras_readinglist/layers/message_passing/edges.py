"""The two layouts of graphs, with one interface: what messages and read-outs need to know.

Dense: every ordered pair of the nodes of a graph has a place, `edge[b, v, w]` for the edge from w
to v. Flat: the nodes of all graphs stand below one another, and edges are pairs of their numbers.
Complete graphs are quickest dense, where a sum over senders is a matrix product; bonds, about two
an atom, flat.
"""

from keras import ops

from keras_readinglist.backend import value
from keras_readinglist.layers.masking import as_mask, blank
from keras_readinglist.layers.precision import matmul
from keras_readinglist.layers.segments import segment_sum, take_rows
from keras_readinglist.layers.validation import check_same, check_shape

NODES = ("(batch, nodes, features)", "(nodes, features)")


class DenseEdges:
    """The edges of graphs in the dense layout.

    Args:
        mask: Boolean tensor `(batch, n, n)`, receivers before senders; the batch may be 1.
    """

    def __init__(self, mask):
        self.mask = mask

    def receivers(self, x):
        """Return what belongs to the receiver of every edge, from `(batch, n, features)`."""
        return self._spread(x, 2)

    def senders(self, x):
        """Return what belongs to the sender of every edge."""
        return self._spread(x, 1)

    def _spread(self, x, axis):
        batch, n = ops.shape(x)[:2]
        return ops.broadcast_to(ops.expand_dims(x, axis), (batch, n, n, x.shape[-1]))

    def sum(self, messages):
        """Return the sum of the messages that every node gets."""
        return ops.sum(blank(messages, self.mask), axis=2)

    def max(self, messages):
        """Return the largest message that every node gets, by feature; 0 without any."""
        shown = self.mask[..., None]
        least = ops.cast(-3e4, messages.dtype)
        largest = ops.max(ops.where(shown, messages, least), axis=2)
        return ops.where(ops.any(shown, axis=2), largest, ops.zeros_like(largest))

    def degree(self, dtype):
        """Return how many messages every node gets, `(batch, n, 1)`."""
        return ops.sum(ops.cast(self.mask, dtype), axis=2)[..., None]

    def weigh(self, weights):
        """Return weights `(batch, n, n, k)` as `mixtures` takes them."""
        weights = ops.transpose(blank(weights, self.mask), (0, 1, 3, 2))
        batch, n, k = ops.shape(weights)[0], ops.shape(weights)[1], weights.shape[2]
        return ops.reshape(weights, (batch, n * k, n))

    def mixtures(self, weighed, x):
        """Return the sum of what was sent, once with each of `k` weights: `(batch, n, k * d)`."""
        batch, n = ops.shape(x)[:2]
        k = ops.shape(weighed)[1] // n
        return ops.reshape(matmul(weighed, x), (batch, n, k * x.shape[-1]))

    def reversed(self):
        """Return the edges with receivers and senders exchanged."""
        return DenseEdges(ops.swapaxes(self.mask, 1, 2))

    def reverse(self, edge):
        """Return the features of the reversed edges."""
        return None if edge is None else ops.swapaxes(edge, 1, 2)


class FlatEdges:
    """The edges of graphs in the flat layout.

    Args:
        senders: Int tensor `(edges,)`.
        receivers: Int tensor `(edges,)`.
        mask: Boolean tensor `(edges,)`.
        num_nodes: The number of nodes of all graphs.
    """

    def __init__(self, senders, receivers, mask, num_nodes):
        self.from_ids, self.to_ids, self.mask, self.num_nodes = senders, receivers, mask, num_nodes

    def receivers(self, x):
        """Return what belongs to the receiver of every edge, from `(nodes, features)`."""
        return take_rows(x, self.to_ids)

    def senders(self, x):
        """Return what belongs to the sender of every edge."""
        return take_rows(x, self.from_ids)

    def sum(self, messages):
        """Return the sum of the messages that every node gets."""
        return segment_sum(blank(messages, self.mask), self.to_ids, self.num_nodes)

    def max(self, messages):
        """Return the largest message that every node gets, by feature; 0 without any."""
        least = ops.cast(-3e4, messages.dtype)
        shown = ops.where(self.mask[:, None], messages, least)
        largest = ops.segment_max(shown, self.to_ids, self.num_nodes)
        return ops.where(self.degree("float32") > 0, largest, ops.zeros_like(largest))

    def degree(self, dtype):
        """Return how many messages every node gets, `(nodes, 1)`."""
        return segment_sum(ops.cast(self.mask, dtype)[:, None], self.to_ids, self.num_nodes)

    def reversed(self):
        """Return the edges with receivers and senders exchanged."""
        return FlatEdges(self.to_ids, self.from_ids, self.mask, self.num_nodes)

    def reverse(self, edge):
        """Return the features of the reversed edges: they stay in their order."""
        return edge


def edges_of(node, edge=None, senders=None, receivers=None, edge_mask=None, node_mask=None):
    """Return the edges of graphs in the layout that the arguments have.

    Args:
        node: Tensor `(batch, n, features)`, or `(nodes, features)` with `senders` and `receivers`.
        edge: Tensor `(batch, n, n, ...)` or `(edges, ...)`, or `None`.
        senders: Int tensor `(edges,)`, or `None`.
        receivers: Int tensor `(edges,)`, or `None`.
        edge_mask: Boolean tensor `(batch, n, n)` or `(edges,)`; `None` for all, which in the dense
            layout are the pairs of distinct nodes.
        node_mask: Boolean tensor of the nodes, already checked, or `None`. Edges of a node that is
            not there are not there.

    Raises:
        ValueError: If shapes or types do not fit, or a number of a node is out of range.
    """
    flat = senders is not None
    if flat != (receivers is not None) or len(node.shape) != (2 if flat else 3):
        raise ValueError(
            f"`node` must have the shape {NODES[0]}, or {NODES[1]} with `senders` and `receivers`. "
            f"Received: node of shape {tuple(node.shape)}, "
            f"senders {'given' if flat else 'not given'}, "
            f"receivers {'given' if receivers is not None else 'not given'}"
        )
    return (_flat if flat else _dense)(node, edge, senders, receivers, edge_mask, node_mask)


def _dense(node, edge, senders, receivers, edge_mask, node_mask):
    n = ops.shape(node)[1]
    square = (*node.shape[:2], node.shape[1])
    if edge is not None:
        check_same("edge", edge.shape, "node", square, axes=3)
    if edge_mask is None:
        mask = ops.logical_not(ops.eye(n, dtype="bool"))[None]
    else:
        check_same("edge_mask", edge_mask.shape, "node", square, axes=3)
        mask = ops.cast(edge_mask, "bool")
    if node_mask is not None:
        both = ops.logical_and(node_mask[:, :, None], node_mask[:, None])
        mask = ops.logical_and(mask, both)
    return DenseEdges(mask)


def _flat(node, edge, senders, receivers, edge_mask, node_mask):
    count, known = ops.shape(node)[0], node.shape[0]
    for name, ids in (("senders", senders), ("receivers", receivers)):
        if len(ids.shape) != 1 or "int" not in str(ids.dtype):
            raise ValueError(
                f"`{name}` must be integers of the shape (edges,). "
                f"Received: shape {tuple(ids.shape)}, {ids.dtype}"
            )
        _check_range(name, ids, known)
    check_same("receivers", receivers.shape, "senders", senders.shape)
    if edge is not None:
        check_same("edge", edge.shape, "senders", senders.shape)
    mask = as_mask(edge_mask, "senders", senders, axes=1, argument="edge_mask")
    # Inside a program numbers cannot be looked at: an edge to a node that is not there is none.
    there = ops.ones_like(senders, dtype="bool") if mask is None else mask
    for ids in (senders, receivers):
        there = ops.logical_and(there, ops.logical_and(ids >= 0, ids < count))
    senders, receivers = (ops.where(there, ids, 0) for ids in (senders, receivers))
    if node_mask is not None:
        for ids in (senders, receivers):
            there = ops.logical_and(there, take_rows(node_mask, ids))
    return FlatEdges(senders, receivers, there, count)


def _check_range(name, ids, count):
    found = value(ids)
    if found is None or not found.size or count is None:
        return
    if not 0 <= found.min() <= found.max() < count:
        raise ValueError(
            f"`{name}` must be at least 0 and less than the {count} nodes. "
            f"Received: from {found.min()} to {found.max()}"
        )


def check_nodes(name, shape, width=None):
    """Raise `ValueError` unless a shape is that of nodes in one of the layouts."""
    check_shape(name, shape, *NODES, width=width)

"""Edges between all nodes that have none."""

import keras
from keras import ops

from keras_readinglist.layers.masking import as_mask
from keras_readinglist.layers.validation import check_same


@keras.saving.register_keras_serializable(package="keras_readinglist")
class VirtualEdges(keras.layers.Layer):
    """Joins every pair of distinct nodes without an edge by one of a type of its own.

    The features of edges get one more, which is one for the new edges only, whose other features
    are zero. Dense layout.

    Args:
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        edge: Float tensor `(batch, n, n, features)`.
        edge_mask: Boolean tensor `(batch, n, n)`, the edges that there are. `None` for those with
            a feature that is not zero.

    Input shape:
        `(batch, n, n, features)`.

    Output shape:
        `(batch, n, n, features + 1)`. All pairs of distinct nodes are edges then: `MessagePassing`
        needs no `edge_mask`, but a `node_mask` where there is padding.

    Raises:
        ValueError: If the shapes do not fit.

    Example:
        >>> bonds = np.zeros((1, 3, 3, 2))
        >>> bonds[0, 0, 1] = bonds[0, 1, 0] = 1, 0
        >>> keras.ops.convert_to_numpy(VirtualEdges()(bonds))[0, 0].tolist()
        [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 5.2
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, edge, edge_mask=None):
        if len(edge.shape) != 4:
            raise ValueError(
                "`edge` must have the shape (batch, n, n, features). "
                f"Received shape: {tuple(edge.shape)}"
            )
        check_same("edge", (edge.shape[2],), "receivers", (edge.shape[1],))
        mask = as_mask(edge_mask, "edge", edge, 3, "edge_mask")
        there = ops.any(edge != 0, axis=-1) if mask is None else mask
        itself = ops.eye(ops.shape(edge)[1], dtype="bool")[None]
        new = ops.logical_not(ops.logical_or(there, itself))[..., None]
        edge = ops.where(there[..., None], edge, ops.zeros_like(edge))
        return ops.concatenate([edge, ops.cast(new, edge.dtype)], axis=-1)

    def compute_output_shape(self, edge_shape):
        return (*edge_shape[:-1], edge_shape[-1] + 1)

    def compute_mask(self, edge, edge_mask=None):
        return None

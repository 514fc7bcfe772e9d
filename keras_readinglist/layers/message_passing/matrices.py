"""Messages that are a matrix of the edge times the state of the sender.

The sum that a node gets is `sum_w A(e_vw) h_w`. Where `A` is a sum of a few matrices with weights
of the edge, `A(e) = sum_k a_k(e) W_k`, the sum can be taken first and the matrices applied after:
`sum_k W_k (sum_w a_k(e_vw) h_w)`. In the dense layout those are two products of matrices, and no
edge has a matrix of its own: for 21 atoms, 64 units and 128 hidden ones a training step is nine
times as fast as with one matrix an edge.
"""

import keras
from keras import ops

from keras_readinglist.backend import known
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.message_passing.edges import DenseEdges
from keras_readinglist.layers.message_passing.messages import Message, need_features
from keras_readinglist.layers.precision import exact, matmul, wide
from keras_readinglist.layers.validation import check_choice, check_size, check_sizes


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MatrixMessage(Message):
    """One matrix for every type of edge, `A_e h_w`: the message of gated graph networks.

    Args:
        units: Positive integer, the width of a message.
        num_edge_types: Positive integer.
        kernel_initializer: Initializer of the matrices.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        receiver: Float tensor `(..., width)`, the states of the receivers of edges; not used.
        sender: Float tensor `(..., width)`, the states of their senders.
        edge: Int tensor `(...)` of types, or float tensor `(..., num_edge_types)`, the weights of
            the types.

    Input shape:
        As above; the first axes are those of the edges.

    Output shape:
        `(..., units)`.

    Raises:
        ValueError: If an argument is out of range, or `edge` has another shape.

    Example:
        >>> message = MatrixMessage(units=4, num_edge_types=3)
        >>> message(np.ones((5, 2)), np.ones((5, 2)), np.array([0, 1, 2, 0, 1])).shape
        (5, 4)

    References:
        - [Li et al., 2016](https://arxiv.org/abs/1511.05493)
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 5.1
    """

    def __init__(self, units, num_edge_types, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.units = check_size("units", units)
        self.num_edge_types = check_size("num_edge_types", num_edge_types)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, receiver_shape, sender_shape=None, edge_shape=None):
        need_features("edge", edge_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.num_edge_types, receiver_shape[-1], self.units),
            initializer=fresh(self.kernel_initializer),
        )

    def call(self, receiver, sender, edge=None):
        sent = _by_all(ops.cast(sender, self.compute_dtype), self._matrices())
        return _weighted(self._weights(edge), sent)

    def prepare(self, edge, edges, steps):
        weights = self._weights(edge)
        return edges.weigh(weights) if isinstance(edges, DenseEdges) else weights

    def collect(self, state, prepared, edges):
        state, matrices = ops.cast(state, self.compute_dtype), self._matrices()
        if isinstance(edges, DenseEdges):
            return _after_the_sum(edges.mixtures(prepared, state), matrices)
        # There are more edges than nodes: all matrices times all nodes, then what edges take.
        sent = edges.senders(_by_all(state, matrices))
        return edges.sum(ops.cast(_weighted(prepared, sent), wide(self.compute_dtype)))

    def _matrices(self):
        return ops.cast(self.kernel, self.compute_dtype)

    def _weights(self, edge):
        need_features("edge", edge)
        if "int" in str(edge.dtype):
            return ops.one_hot(edge, self.num_edge_types, dtype=self.compute_dtype)
        if edge.shape[-1] != self.num_edge_types:
            raise ValueError(
                f"`edge` must be integers, or have a last axis of {self.num_edge_types}. "
                f"Received shape: {tuple(edge.shape)}"
            )
        return ops.cast(edge, self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "num_edge_types": self.num_edge_types,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable(package="keras_readinglist")
class EdgeNetworkMessage(Message):
    """A matrix that a network makes of the edge, `A(e_vw) h_w`: the message of enn-s2s.

    Dense layers make `a(e)` of the features of an edge, and the last of them, which is linear, the
    matrix `A(e) = sum_k a_k(e) W_k + W_0`.

    Args:
        units: Positive integer, the width of a message.
        hidden_units: Tuple of positive integers, the widths of the dense layers. The last is the
            number of matrices that are mixed: keep it small.
        activation: Activation of the dense layers.
        factorized: `True` sums over the senders before the matrices are applied, `False` makes a
            matrix for every edge, once for all steps. `"auto"`, the default, does what needs fewer
            products: the former in the dense layout, and in the flat one mostly the latter.
        use_bias: Boolean, whether there is a `W_0`, and a bias in the dense layers.
        kernel_initializer: Initializer of all matrices.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        receiver: Float tensor `(..., width)`, the states of the receivers of edges; not used.
        sender: Float tensor `(..., width)`, the states of their senders.
        edge: Float tensor `(..., features)`.

    Input shape:
        As above; the first axes are those of the edges.

    Output shape:
        `(..., units)`.

    Raises:
        ValueError: If an argument is out of range, or edges have no features.

    Example:
        >>> message = EdgeNetworkMessage(units=4, hidden_units=(8,))
        >>> message(np.ones((5, 2)), np.ones((5, 2)), np.ones((5, 3))).shape
        (5, 4)

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 5.1
    """

    def __init__(
        self,
        units,
        hidden_units=(50,),
        activation="relu",
        factorized="auto",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units, self.use_bias = check_size("units", units), use_bias
        self.hidden_units = check_sizes("hidden_units", hidden_units)
        self.factorized = check_choice("factorized", factorized, ("auto", True, False))
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, receiver_shape, sender_shape=None, edge_shape=None):
        need_features("edge", edge_shape)
        self.edge_dim, width = edge_shape[-1], edge_shape[-1]
        self.hidden = []
        for index, units in enumerate(self.hidden_units):
            kernel = self._kernel(f"hidden_kernel_{index}", (width, units))
            self.hidden.append((kernel, self._bias(f"hidden_bias_{index}", (units,))))
            width = units
        shape = (receiver_shape[-1], self.units)
        self.kernel = self._kernel("kernel", (width, *shape))
        self.bias = self._bias("bias", shape)

    def _kernel(self, name, shape):
        return self.add_weight(name=name, shape=shape, initializer=fresh(self.kernel_initializer))

    def _bias(self, name, shape):
        return (
            self.add_weight(name=name, shape=shape, initializer="zeros") if self.use_bias else None
        )

    def call(self, receiver, sender, edge=None):
        return _apply(self._matrix_of_edges(edge), ops.cast(sender, self.compute_dtype))

    def prepare(self, edge, edges, steps):
        if not self._sums_first(edges, steps):
            return self._matrix_of_edges(edge)
        weights = self._features(edge)
        return edges.weigh(weights) if isinstance(edges, DenseEdges) else weights

    def collect(self, state, prepared, edges):
        state, matrices = ops.cast(state, self.compute_dtype), self._matrices()
        if isinstance(edges, DenseEdges) and len(prepared.shape) == 3:
            return _after_the_sum(edges.mixtures(prepared, state), matrices)
        if isinstance(edges, DenseEdges) or len(prepared.shape) == 3:
            said = _apply(prepared, edges.senders(state))
        else:
            said = _weighted(prepared, edges.senders(_by_all(state, matrices)))
        return edges.sum(ops.cast(said, wide(self.compute_dtype)))

    def _sums_first(self, edges, steps):
        """Whether fewer products are needed without a matrix for every edge.

        By node, with `u` matrices of `d x d` and `n` edges: `steps (n u d + u d^2)` against
        `n u d^2 + steps n d^2`. Flat graphs are taken for bonds, two by node, and dense ones of
        unknown size for complete ones of ten nodes.
        """
        if self.factorized != "auto":
            return self.factorized
        u, d = self.hidden_units[-1], self.kernel.shape[1]
        n = known(edges.mask.shape[1]) or 10 if isinstance(edges, DenseEdges) else 2
        return steps * (n * u * d + u * d * d) < n * u * d * d + steps * n * d * d

    def _features(self, edge):
        """Return what the hidden layers make of edges, with a one for the bias behind it."""
        need_features("edge", edge)
        if edge.shape[-1] != self.edge_dim:
            raise ValueError(
                f"`edge` must have a last axis of {self.edge_dim}, as when the layer was built. "
                f"Received shape: {tuple(edge.shape)}"
            )
        x = ops.cast(edge, self.compute_dtype)
        for kernel, bias in self.hidden:
            x = matmul(x, ops.cast(kernel, self.compute_dtype))
            x = x if bias is None else x + ops.cast(bias, self.compute_dtype)
            x = exact(self.activation)(x)
        return ops.concatenate([x, ops.ones_like(x[..., :1])], axis=-1) if self.use_bias else x

    def _matrices(self):
        """Return all matrices that are mixed: `(k, width, units)`."""
        parts = [self.kernel, self.bias[None]] if self.use_bias else [self.kernel]
        parts = [ops.cast(part, self.compute_dtype) for part in parts]
        return ops.concatenate(parts, axis=0) if self.use_bias else parts[0]

    def _matrix_of_edges(self, edge):
        """Return a matrix for every edge, `(..., width, units)`."""
        matrices, x = self._matrices(), self._features(edge)
        k, width, units = matrices.shape
        made = matmul(x, ops.reshape(matrices, (k, width * units)))
        return ops.reshape(made, (*ops.shape(x)[:-1], width, units))

    def get_config(self):
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in ("units", "hidden_units", "factorized")},
            "use_bias": self.use_bias,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _after_the_sum(mixtures, matrices):
    """Apply matrices `(k, d, m)` to sums `(batch, n, k * d)` with the weights of each."""
    k, d, m = matrices.shape
    return matmul(mixtures, ops.reshape(matrices, (k * d, m)))


def _by_all(x, matrices):
    """Return `x` times every matrix, `(..., k * m)`, the matrices one after the other."""
    k, d, m = matrices.shape
    return matmul(x, ops.reshape(ops.transpose(matrices, (1, 0, 2)), (d, k * m)))


def _weighted(weights, products):
    """Return the sum of products `(..., k * m)` with weights `(..., k)`."""
    k = weights.shape[-1]
    products = ops.reshape(products, (*ops.shape(products)[:-1], k, products.shape[-1] // k))
    return ops.sum(weights[..., None] * products, axis=-2)


def _apply(matrices, x):
    """Return row vectors `(..., d)` times matrices `(..., d, m)`."""
    # As products of matrices: with sums a training step took 1.8 times as long on JAX.
    return matmul(x[..., None, :], matrices)[..., 0, :]

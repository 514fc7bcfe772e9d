"""Attention whose weights are the output (Vinyals, Fortunato, Jaitly, 2015)."""

import keras
from keras import ops

from keras_readinglist.backend import known, on_jax_cpu
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.masking import REFUSED, as_mask, blank, masked_softmax, refuse
from keras_readinglist.layers.precision import matmul, tanh, wide
from keras_readinglist.layers.validation import (
    check_positive,
    check_same,
    check_shape,
    check_size,
)

_QUERY, _MEMORY = "(batch, queries, features)", "(batch, length, features)"


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PointerAttention(keras.layers.Layer):
    """Scores every element of a memory for every query: the softmax of the scores points.

    `u_ij = v . tanh(W1 e_j + W2 d_i)` (Eq. 3). Scores are float32 under mixed precision.

    Before pointing, a query may glimpse at the memory: `d <- sum_j softmax(u)_j e_j W_g`, with
    weights of its own for every glimpse.

    Args:
        units: Positive integer, width of the hidden layer of the scorer.
        use_bias: Boolean, whether the hidden layer has a bias. The paper has none, the default.
        glimpses: Non-negative integer, how often a query looks before it points. Defaults to 0.
        logit_clip: Positive float `C`, which makes the scores `C tanh(u)`, or `None`.
        temperature: Positive float that divides the scores. Defaults to 1.
        kernel_initializer: Initializer of all matrices.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        query: Float tensor `(batch, queries, query_dim)`.
        memory: Float tensor `(batch, length, memory_dim)`.
        memory_mask: Boolean tensor `(batch, length)` or `(batch, queries, length)`; elements that
            are `False` get a score of -1e9, hence probability 0. What no query sees may be
            anything, even NaN; to see nothing is to glimpse at zeros.
        projected_memory: What `project_memory` returned, to be computed only once.

    Input shape:
        `(batch, queries, query_dim)` and `(batch, length, memory_dim)`.

    Output shape:
        `(batch, queries, length)`, scores before the softmax.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> layer = PointerAttention(units=8)
        >>> layer(np.ones((2, 3, 4)), np.ones((2, 5, 6))).shape
        (2, 3, 5)

    References:
        - [Vinyals et al., 2015, Pointer Networks](https://arxiv.org/abs/1506.03134), section 2.3
        - [Bello et al., 2016](https://arxiv.org/abs/1611.09940), glimpses and clipping
    """

    def __init__(
        self,
        units,
        use_bias=False,
        glimpses=0,
        logit_clip=None,
        temperature=1.0,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units, self.use_bias = check_size("units", units), use_bias
        self.glimpses = check_size("glimpses", glimpses, minimum=0)
        clip = None if logit_clip is None else check_positive("logit_clip", logit_clip)
        self.logit_clip, self.temperature = clip, check_positive("temperature", temperature)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_shape, memory_shape):
        check_shape("query", query_shape, _QUERY)
        check_shape("memory", memory_shape, _MEMORY)
        self.query_dim, self.memory_dim = query_dim, memory_dim = query_shape[-1], memory_shape[-1]
        self.scorers = [
            self._scorer(f"glimpse_{i}" if i < self.glimpses else "pointer", query_dim, memory_dim)
            for i in range(self.glimpses + 1)
        ]
        self.glimpse_kernels = [
            self._kernel(f"glimpse_{i}_value", (memory_dim, query_dim))
            for i in range(self.glimpses)
        ]

    def _kernel(self, name, shape):
        initializer = fresh(self.kernel_initializer)
        return self.add_weight(name=name, shape=shape, initializer=initializer)

    def _scorer(self, name, query_dim, memory_dim):
        scorer = {
            "memory": self._kernel(f"{name}_memory", (memory_dim, self.units)),
            "query": self._kernel(f"{name}_query", (query_dim, self.units)),
            "vector": self._kernel(f"{name}_vector", (self.units, 1)),
        }
        if self.use_bias:
            scorer["bias"] = self.add_weight(
                name=f"{name}_bias", shape=(self.units,), initializer="zeros"
            )
        return scorer

    def project_memory(self, memory, memory_mask=None):
        """Return `W1 e_j` for every element and every scorer, a list.

        Args:
            memory: As in the call.
            memory_mask: Boolean tensor `(batch, length)` or `None`; elements that are `False` may
                be anything.
        """
        memory = blank(ops.cast(memory, self.compute_dtype), as_mask(memory_mask, "memory", memory))
        return [matmul(memory, self._computed(scorer["memory"])) for scorer in self.scorers]

    def _computed(self, weight):
        """Return a weight in the compute type, also outside of a call."""
        return ops.cast(weight, self.compute_dtype)

    def call(self, query, memory, memory_mask=None, projected_memory=None):
        self._check_call(query, memory, memory_mask)
        if memory_mask is not None:
            memory_mask = ops.cast(memory_mask, "bool")
            memory_mask = memory_mask[:, None] if len(memory_mask.shape) == 2 else memory_mask
            # What is masked may be NaN: it must not reach even the gradient of a product.
            memory = blank(memory, ops.any(memory_mask, axis=1))
        if projected_memory is None:
            projected_memory = self.project_memory(memory)
        for i in range(self.glimpses):
            scores = self._scores(i, query, projected_memory[i])
            weights = ops.cast(masked_softmax(scores, memory_mask), memory.dtype)
            query = matmul(matmul(weights, memory), self._computed(self.glimpse_kernels[i]))
        scores = self._scores(self.glimpses, query, projected_memory[-1])
        if self.logit_clip is not None:
            scores = self.logit_clip * tanh(scores)
        return refuse(scores / self.temperature, memory_mask)

    def _scores(self, index, query, projected):
        scorer = self.scorers[index]
        query = matmul(query, self._computed(scorer["query"]))
        if self.use_bias:
            query = query + self._computed(scorer["bias"])
        return additive_scores(query, projected, self._computed(scorer["vector"]))

    def _check_call(self, query, memory, memory_mask):
        check_shape("query", query.shape, _QUERY, width=self.query_dim)
        check_shape("memory", memory.shape, _MEMORY, width=self.memory_dim)
        if {known(query.shape[0]), known(memory.shape[0])}.isdisjoint((None, 1)):
            check_same("query", query.shape, "memory", memory.shape)
        if memory_mask is None:
            return
        sizes = memory_mask.shape
        fits = len(sizes) == 2 or len(sizes) == 3 and sizes[1] in (None, query.shape[1])
        if not fits or known(memory.shape[1]) not in (None, known(sizes[-1]) or memory.shape[1]):
            raise ValueError(
                "`memory_mask` must have the shape (batch, length) or (batch, queries, length) of "
                f"`memory`. Received shapes: {tuple(sizes)} and {tuple(memory.shape)}"
            )

    def compute_output_shape(self, query_shape, memory_shape, **kwargs):
        return (*query_shape[:-1], memory_shape[-2])

    def compute_output_spec(self, query, memory, memory_mask=None, projected_memory=None):
        self._check_call(query, memory, memory_mask)
        shape = self.compute_output_shape(query.shape, memory.shape)
        return keras.KerasTensor(shape, wide(self.compute_dtype))

    def get_config(self):
        names = ("units", "use_bias", "glimpses", "logit_clip", "temperature")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def additive_scores(queries, keys, vector):
    """Return `v . tanh(k_j + q_i)` for every pair of a query and a key.

    Args:
        queries: Float tensor `(batch, queries, units)`.
        keys: Float tensor `(batch, length, units)`.
        vector: Float tensor `(units, 1)`.

    Returns:
        Tensor `(batch, queries, length)`, float32 for half precision.
    """
    if known(queries.shape[1]) != 1 and on_jax_cpu():
        return _one_query_at_a_time(queries, keys, vector)
    return _all_queries_at_once(queries, keys, vector)


def _all_queries_at_once(queries, keys, vector):
    hidden = tanh(queries[:, :, None] + keys[:, None])
    dtype = wide(keras.backend.standardize_dtype(hidden.dtype))
    return matmul(ops.cast(hidden, dtype), ops.cast(vector, dtype))[..., 0]


def _one_query_at_a_time(queries, keys, vector):
    """Never hold the tanh of all pairs: it is computed again in the backward pass.

    At 21 queries, 21 keys, 256 units and a batch of 128 its gradient takes a CPU one seventh of
    the time, because one query's share fits into the cache.
    """

    def body(carry, query):
        return carry, _all_queries_at_once(query[:, None], keys, vector)[:, 0]

    _, scores = ops.scan(keras.remat(body), (), ops.swapaxes(queries, 0, 1))
    return ops.swapaxes(scores, 0, 1)


def log_probabilities(scores):
    """Return the log-softmax of pointer scores; refused elements get exactly `-inf`.

    Args:
        scores: Tensor `(..., length)`, as `PointerAttention` returns.

    Returns:
        Tensor of the same shape, float32 for half precision; a row with nothing to point at is
        `-inf` throughout.
    """
    scores = ops.cast(scores, wide(keras.backend.standardize_dtype(scores.dtype)))
    return ops.where(scores > REFUSED / 2, ops.log_softmax(scores), -float("inf"))

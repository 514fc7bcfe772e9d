"""Attention by a small network of query and key (Bahdanau, Cho, Bengio, 2014)."""

import keras
from keras import ops

from keras_readinglist.backend import known, on_jax_cpu
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.masking import as_mask, blank, masked_softmax
from keras_readinglist.layers.precision import matmul, project, tanh, wide
from keras_readinglist.layers.validation import (
    check_rate,
    check_same,
    check_shape,
    check_size,
)

NARROW = keras.initializers.RandomNormal(stddev=0.001)  # of the alignment, in the paper
_QUERY, _MEMORY = "(batch, queries, features)", "(batch, length, features)"


class AdditiveScorer(keras.layers.Layer):
    """Base of layers that score every element of a memory for every query by a small network.

    Args:
        units: Positive integer, width of the hidden layer of the scorer.
        use_bias: Boolean, whether the hidden layer has a bias.
        kernel_initializer: Initializer of the matrices.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.
    """

    memory_name = "memory"  # what the call names the memory

    def __init__(self, units, use_bias, kernel_initializer, **kwargs):
        super().__init__(**kwargs)
        self.units, self.use_bias = check_size("units", units), use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_shape, memory_shape):
        check_shape("query", query_shape, _QUERY)
        check_shape(self.memory_name, memory_shape, _MEMORY)
        self.query_dim, self.memory_dim = query_shape[-1], memory_shape[-1]

    def _kernel(self, name, shape, initializer=None):
        initializer = fresh(self.kernel_initializer if initializer is None else initializer)
        return self.add_weight(name=name, shape=shape, initializer=initializer)

    def _scorer(self, name, memory_dim, vector_initializer=None):
        """Create the weights of one scorer; their names begin with `name`."""
        scorer = {
            "memory": self._kernel(f"{name}_memory", (memory_dim, self.units)),
            "query": self._kernel(f"{name}_query", (self.query_dim, self.units)),
            "vector": self._kernel(f"{name}_vector", (self.units, 1), vector_initializer),
        }
        if self.use_bias:
            scorer["bias"] = self.add_weight(
                name=f"{name}_bias", shape=(self.units,), initializer="zeros"
            )
        return scorer

    def _computed(self, weight):
        """Return a weight in the compute type, also outside of a call."""
        return ops.cast(weight, self.compute_dtype)

    def _scores(self, scorer, query, projected):
        query = matmul(query, self._computed(scorer["query"]))
        if self.use_bias:
            query = query + self._computed(scorer["bias"])
        return additive_scores(query, projected, self._computed(scorer["vector"]))

    def _check_call(self, query, memory, memory_mask):
        name = self.memory_name
        check_shape("query", query.shape, _QUERY, width=self.query_dim)
        check_shape(name, memory.shape, _MEMORY, width=self.memory_dim)
        if {known(query.shape[0]), known(memory.shape[0])}.isdisjoint((None, 1)):
            check_same("query", query.shape, name, memory.shape)
        if memory_mask is None:
            return
        sizes = memory_mask.shape
        fits = len(sizes) == 2 or len(sizes) == 3 and sizes[1] in (None, query.shape[1])
        if not fits or known(memory.shape[1]) not in (None, known(sizes[-1]) or memory.shape[1]):
            raise ValueError(
                f"`{name}_mask` must have the shape (batch, length) or (batch, queries, length) of "
                f"`{name}`. Received shapes: {tuple(sizes)} and {tuple(memory.shape)}"
            )

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable(package="keras_readinglist")
class AdditiveAttention(AdditiveScorer):
    """Blends the elements of a memory for every query; a small network weighs them.

    `e_ij = v . tanh(W q_i + U k_j)`, `a_i = softmax(e_i)`, and the output is `sum_j a_ij v_j`.
    Unlike `keras.layers.AdditiveAttention` it has the matrices `W` and `U`, so queries and keys
    may have any widths. Scores and softmax are float32 under mixed precision.

    Args:
        units: Positive integer, width of the hidden layer of the scorer.
        use_bias: Boolean, whether the hidden layer has a bias. The paper prints none, the default.
        dropout: Float in [0, 1), the share of attention weights that is dropped in training.
        kernel_initializer: Initializer of `W` and `U`. Defaults to the paper's `N(0, 0.001^2)`.
        score_initializer: Initializer of `v`. Defaults to `"zeros"`, as in the paper: attention
            begins uniform, and `W` and `U` learn from the second step on.
        return_attention_scores: Boolean, whether to return the attention weights too.
        seed: Integer seed of the dropout, or `None`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        query: Float tensor `(batch, queries, query_dim)`.
        value: Float tensor `(batch, length, value_dim)`.
        key: Float tensor `(batch, length, key_dim)`; `value` if it is `None`.
        query_mask: Boolean tensor `(batch, queries)`; the output of a query that is `False` is 0.
        value_mask: Boolean tensor `(batch, length)` or `(batch, queries, length)`; elements that
            are `False` get weight 0. What no query sees may be anything, even NaN, and a query
            that sees nothing gets zeros.
        use_causal_mask: Boolean, whether query `i` sees the elements up to `i` alone.
        projected_key: What `project_key` returned, to be computed only once.
        training: Boolean, whether dropout is active.

    Input shape:
        `(batch, queries, query_dim)` and `(batch, length, value_dim)`.

    Output shape:
        `(batch, queries, value_dim)`, and the weights `(batch, queries, length)` if asked for.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> layer = AdditiveAttention(units=8, return_attention_scores=True)
        >>> context, weights = layer(np.ones((2, 3, 4)), np.ones((2, 5, 6)))
        >>> context.shape, weights.shape
        ((2, 3, 6), (2, 3, 5))

    References:
        - [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473), section 3.1 and A.1.2
    """

    memory_name = "value"

    def __init__(
        self,
        units,
        use_bias=False,
        dropout=0.0,
        kernel_initializer=NARROW,
        score_initializer="zeros",
        return_attention_scores=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(units, use_bias, kernel_initializer, **kwargs)
        self.dropout = check_rate("dropout", dropout)
        self.score_initializer = keras.initializers.get(score_initializer)
        self.return_attention_scores, self.seed = return_attention_scores, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, query_shape, value_shape, key_shape=None):
        super().build(query_shape, value_shape)
        self.key_dim = (key_shape or value_shape)[-1]
        self.scorer = self._scorer("scorer", self.key_dim, self.score_initializer)

    def project_key(self, key):
        """Return `U k_j` for every element, `(batch, length, units)`."""
        return project(ops.cast(key, self.compute_dtype), self._computed(self.scorer["memory"]))

    def weigh(self, query, projected_key, mask=None):
        """Return the attention weights `(batch, queries, length)`, float32 for half precision.

        Args:
            query: As in the call.
            projected_key: What `project_key` returned.
            mask: Boolean tensor that broadcasts to the weights, or `None`.
        """
        scores = self._scores(self.scorer, ops.cast(query, self.compute_dtype), projected_key)
        return masked_softmax(scores, mask)

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        use_causal_mask=False,
        projected_key=None,
        training=False,
    ):
        self._check_call(query, value, value_mask)
        query_mask = as_mask(query_mask, "query", query, argument="query_mask")
        query, seen = blank(query, query_mask), None
        if value_mask is not None:
            seen = ops.cast(value_mask, "bool")
            seen = seen[:, None] if len(seen.shape) == 2 else seen
            # What is masked may be NaN: it must not reach even the gradient of a product.
            shown = ops.any(seen, axis=1)
            value, key = (None if x is None else blank(x, shown) for x in (value, key))
        if projected_key is None:
            projected_key = self.project_key(value if key is None else key)
        if use_causal_mask:
            places = (ops.arange(ops.shape(x)[1]) for x in (query, value))
            past = next(places)[:, None] >= next(places)[None]
            seen = past[None] if seen is None else ops.logical_and(seen, past[None])
        weights = self.weigh(query, projected_key, seen)
        weights = blank(weights, query_mask)
        used = weights
        if training and self.dropout:
            used = keras.random.dropout(weights, self.dropout, seed=self.seed_generator)
        output = matmul(ops.cast(used, value.dtype), value)
        return (output, weights) if self.return_attention_scores else output

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        output = (*query_shape[:2], value_shape[-1])
        weights = (*query_shape[:2], value_shape[1])
        return (output, weights) if self.return_attention_scores else output

    def compute_output_spec(self, query, value, key=None, value_mask=None, **kwargs):
        self._check_call(query, value, value_mask)
        shapes = self.compute_output_shape(query.shape, value.shape)
        if not self.return_attention_scores:
            return keras.KerasTensor(shapes, self.compute_dtype)
        types = self.compute_dtype, wide(self.compute_dtype)
        return tuple(map(keras.KerasTensor, shapes, types))

    def compute_mask(self, query, value=None, mask=None, previous_mask=None):
        """Return the mask of the queries: the output has their time axis."""
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        return (mask, None) if self.return_attention_scores else mask

    def get_config(self):
        return {
            **super().get_config(),
            "dropout": self.dropout,
            "score_initializer": keras.initializers.serialize(self.score_initializer),
            "return_attention_scores": self.return_attention_scores,
            "seed": self.seed,
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

"""Attention whose weights are the output (Vinyals, Fortunato, Jaitly, 2015)."""

import keras
from keras import ops

from keras_readinglist.layers.masking import REFUSED, refuse
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PointerAttention(keras.layers.Layer):
    """Scores every element of a memory for every query: the softmax of the scores points.

    `u_ij = v . tanh(W1 e_j + W2 d_i)` (Eq. 3). Scores are computed and returned in float32.

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
            are `False` get a score of -1e9, hence probability 0.
        projected_memory: What `project_memory(memory)` returned, to be computed only once.

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
        check_size("units", units)
        if not isinstance(glimpses, int) or glimpses < 0:
            raise ValueError(f"`glimpses` must be an integer of at least 0. Received: {glimpses}")
        for name, value in (("logit_clip", logit_clip), ("temperature", temperature)):
            if value is not None and not value > 0:
                raise ValueError(f"`{name}` must be positive. Received: {name}={value}")
        self.units, self.use_bias, self.glimpses = units, use_bias, glimpses
        self.logit_clip, self.temperature = logit_clip, temperature
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_shape, memory_shape):
        query_dim, memory_dim = query_shape[-1], memory_shape[-1]
        self.scorers = [
            self._scorer(f"glimpse_{i}" if i < self.glimpses else "pointer", query_dim, memory_dim)
            for i in range(self.glimpses + 1)
        ]
        self.glimpse_kernels = [
            self._kernel(f"glimpse_{i}_value", (memory_dim, query_dim))
            for i in range(self.glimpses)
        ]

    def _kernel(self, name, shape):
        # A copy: one initializer would draw the same numbers for query and memory.
        initializer = self.kernel_initializer.clone()
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

    def project_memory(self, memory):
        """Return `W1 e_j` for every element and every scorer, a list."""
        return [ops.matmul(memory, scorer["memory"]) for scorer in self.scorers]

    def call(self, query, memory, memory_mask=None, projected_memory=None):
        if memory_mask is not None and len(memory_mask.shape) == 2:
            memory_mask = memory_mask[:, None]
        if projected_memory is None:
            projected_memory = self.project_memory(memory)
        for i in range(self.glimpses):
            scores = refuse(self._scores(i, query, projected_memory[i]), memory_mask)
            weights = ops.cast(ops.softmax(scores), memory.dtype)
            query = ops.matmul(ops.matmul(weights, memory), self.glimpse_kernels[i])
        scores = self._scores(self.glimpses, query, projected_memory[-1])
        if self.logit_clip is not None:
            scores = self.logit_clip * ops.tanh(scores)
        return refuse(scores / self.temperature, memory_mask)

    def _scores(self, index, query, projected):
        scorer = self.scorers[index]
        query = ops.matmul(query, scorer["query"])
        if self.use_bias:
            query = query + scorer["bias"]
        return additive_scores(query, projected, scorer["vector"])

    def compute_output_shape(self, query_shape, memory_shape, **kwargs):
        return (*query_shape[:-1], memory_shape[-2])

    def compute_output_spec(self, query, memory, memory_mask=None, projected_memory=None):
        return keras.KerasTensor(self.compute_output_shape(query.shape, memory.shape), "float32")

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
        Float32 tensor `(batch, queries, length)`.
    """
    if queries.shape[1] != 1 and _on_jax_cpu():
        return _one_query_at_a_time(queries, keys, vector)
    return _all_queries_at_once(queries, keys, vector)


def _all_queries_at_once(queries, keys, vector):
    hidden = ops.tanh(queries[:, :, None] + keys[:, None])
    hidden, vector = ops.cast(hidden, "float32"), ops.cast(vector, "float32")
    return ops.matmul(hidden, vector)[..., 0]


def _one_query_at_a_time(queries, keys, vector):
    """Never hold the tanh of all pairs: it is computed again in the backward pass.

    At 21 queries, 21 keys, 256 units and a batch of 128 its gradient takes a CPU one seventh of
    the time, because one query's share fits into the cache.
    """

    def body(carry, query):
        return carry, _all_queries_at_once(query[:, None], keys, vector)[:, 0]

    _, scores = ops.scan(keras.remat(body), (), ops.swapaxes(queries, 0, 1))
    return ops.swapaxes(scores, 0, 1)


def _on_jax_cpu():
    if keras.config.backend() != "jax":
        return False
    import jax

    return jax.default_backend() == "cpu"


def log_probabilities(scores):
    """Return the log-softmax of pointer scores; refused elements get exactly `-inf`.

    Args:
        scores: Tensor `(..., length)`, as `PointerAttention` returns.

    Returns:
        Float32 tensor of the same shape; a row with nothing to point at is `-inf` throughout.
    """
    scores = ops.cast(scores, "float32")
    return ops.where(scores > REFUSED / 2, ops.log_softmax(scores), -float("inf"))

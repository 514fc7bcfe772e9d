"""Many heads of scaled dot-product attention, with projections that can be kept and a cache."""

import keras
from keras import ops

from keras_readinglist.backend import known, on_jax_cpu
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.key_value_cache import empty_cache, write
from keras_readinglist.layers.masking import as_mask, blank, causal_mask, masked_softmax
from keras_readinglist.layers.precision import matmul, project, wide
from keras_readinglist.layers.validation import check_rate, check_same, check_shape, check_size

_LAYOUT = "(batch, length, features)"


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MultiHeadAttention(keras.layers.Layer):
    """Multi-head attention, `concat(softmax(Q_i K_i^T / sqrt(d)) V_i) W^O`.

    Weights are those of `keras.layers.MultiHeadAttention`, reshaped to matrices and in the same
    order; see `conversion.from_keras_attention`. Differences: the fused kernel of the backend
    computes whatever needs neither scores nor dropout at that call, also at inference of a model
    that was trained with dropout; a query that sees nothing reads zeros, not a mean; what is
    masked may be NaN; keys and values can be projected once, or written into a cache.

    Args:
        num_heads: Positive integer, the number of heads of queries.
        key_dim: Positive integer, the width of a head's queries and keys.
        value_dim: Positive integer, the width of a head's values. Defaults to `key_dim`.
        num_key_value_heads: Positive integer that divides `num_heads`: so many heads of keys and
            values are shared by groups of heads of queries. Defaults to `num_heads`.
        dropout: Float in [0, 1), the share of attention weights that training drops.
        use_bias: Boolean, whether the four projections have biases. The paper prints none.
        output_dim: Positive integer, the width of the output. Defaults to that of the query.
        kernel_initializer: Initializer of the four matrices.
        seed: Integer for dropout, or `None`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        query: Float tensor `(batch, queries, query_dim)`.
        value: Float tensor `(batch, length, value_dim)`; `None` with `projected_key_value`.
        key: Float tensor `(batch, length, key_dim)`. Defaults to `value`.
        query_mask: Boolean tensor `(batch, queries)`; the outputs of others are zeros.
        value_mask: Boolean tensor `(batch, length)`; others are not seen.
        key_mask: Boolean tensor `(batch, length)`, as `value_mask`.
        attention_mask: Boolean tensor `(batch, queries, length)` of who may see what; the batch
            axis may be 1.
        use_causal_mask: Boolean, whether query `i` sees no further than element `i`.
        return_attention_scores: Boolean, whether to return the weights too.
        projected_key_value: What `project_key_value` returned.
        training: Boolean, whether to drop.

    Input shape:
        `(batch, queries, query_dim)` and `(batch, length, value_dim)`.

    Output shape:
        `(batch, queries, output_dim)`; with `return_attention_scores` also the weights
        `(batch, num_heads, queries, length)`, before dropout.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> layer = MultiHeadAttention(num_heads=2, key_dim=4)
        >>> x = np.ones((3, 5, 8), "float32")
        >>> layer(x, x, use_causal_mask=True).shape
        (3, 5, 8)
        >>> layer(x, x, return_attention_scores=True)[1].shape
        (3, 2, 5, 5)

    References:
        - [Vaswani et al., 2017, Attention Is All You Need](https://arxiv.org/abs/1706.03762),
          section 3.2
        - [Ainslie et al., 2023](https://arxiv.org/abs/2305.13245), shared keys and values
    """

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        num_key_value_heads=None,
        dropout=0.0,
        use_bias=True,
        output_dim=None,
        kernel_initializer="glorot_uniform",
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_heads = check_size("num_heads", num_heads)
        self.key_dim = check_size("key_dim", key_dim)
        self.value_dim = self.key_dim if value_dim is None else check_size("value_dim", value_dim)
        groups = num_heads if num_key_value_heads is None else num_key_value_heads
        if check_size("num_key_value_heads", groups) and num_heads % groups:
            raise ValueError(
                "`num_key_value_heads` must divide `num_heads`. Received: "
                f"num_key_value_heads={groups}, num_heads={num_heads}"
            )
        self.num_key_value_heads = groups
        self.dropout, self.use_bias, self.seed = check_rate("dropout", dropout), use_bias, seed
        self.output_dim = None if output_dim is None else check_size("output_dim", output_dim)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.seed_generator = keras.random.SeedGenerator(seed) if dropout else None

    def build(self, query_shape, value_shape=None, key_shape=None):
        value_shape = query_shape if value_shape is None else value_shape
        key_shape = value_shape if key_shape is None else key_shape
        for name, shape in (("query", query_shape), ("value", value_shape), ("key", key_shape)):
            check_shape(name, shape, _LAYOUT)
        self.widths = query_shape[-1], value_shape[-1], key_shape[-1]
        query, value, key = self.widths
        groups, output = self.num_key_value_heads, self.output_dim or query
        self._projection("query", query, self.num_heads * self.key_dim)
        self._projection("key", key, groups * self.key_dim)
        self._projection("value", value, groups * self.value_dim)
        self._projection("output", self.num_heads * self.value_dim, output)

    def _projection(self, name, before, after):
        kernel = self.add_weight(
            name=f"{name}_kernel", shape=(before, after), initializer=fresh(self.kernel_initializer)
        )
        setattr(self, f"{name}_kernel", kernel)
        if self.use_bias:
            bias = self.add_weight(name=f"{name}_bias", shape=(after,), initializer="zeros")
            setattr(self, f"{name}_bias", bias)

    def _project(self, name, x, heads=None):
        """Return `x W + b` of one projection, cut into heads `(batch, length, heads, width)`."""
        dtype = self.compute_dtype
        kernel = ops.cast(getattr(self, f"{name}_kernel"), dtype)
        bias = ops.cast(getattr(self, f"{name}_bias"), dtype) if self.use_bias else None
        x = project(ops.cast(x, dtype), kernel, bias)
        if heads is None:
            return x
        batch, length = ops.shape(x)[:2]
        return ops.reshape(x, (batch, length, heads, x.shape[-1] // heads))

    def project_key_value(self, value, key=None, mask=None):
        """Return keys and values of all heads, for a memory that many queries read.

        Args:
            value: As in the call.
            key: As in the call.
            mask: Boolean tensor `(batch, length)` of the elements that are there, or `None`.

        Returns:
            Pair of tensors `(batch, length, num_key_value_heads, width)`.
        """
        mask = as_mask(mask, "value", value)
        key = value if key is None else key
        groups = self.num_key_value_heads
        return (
            self._project("key", blank(key, mask), groups),
            self._project("value", blank(value, mask), groups),
        )

    def call(
        self,
        query,
        value=None,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        use_causal_mask=False,
        return_attention_scores=False,
        projected_key_value=None,
        training=False,
    ):
        self._check_call(query, value, key, projected_key_value)
        memory = value if projected_key_value is None else projected_key_value[0]
        query_mask = as_mask(query_mask, "query", query, argument="query_mask")
        seen = _both(
            as_mask(value_mask, "value", memory, argument="value_mask"),
            as_mask(key_mask, "key", memory, argument="key_mask"),
        )
        if projected_key_value is None:
            projected_key_value = self.project_key_value(value, key, seen)
        queries = self._project("query", blank(query, query_mask), self.num_heads)
        mask = None if seen is None else seen[:, None]
        if attention_mask is not None:
            check_shape("attention_mask", attention_mask.shape, "(batch, queries, length)")
            mask = _both(mask, ops.cast(attention_mask, "bool"))
        read, scores = self._attend(
            queries, projected_key_value, mask, use_causal_mask, return_attention_scores, training
        )
        output = self._output(read, query_mask)
        return (output, scores) if return_attention_scores else output

    def _output(self, read, query_mask):
        batch, length = ops.shape(read)[:2]
        read = ops.reshape(read, (batch, length, self.num_heads * self.value_dim))
        return blank(self._project("output", read), query_mask)

    def empty_cache(self, batch_size, max_length):
        """Return the cache of keys and values before the first step, a pair of zeros.

        Args:
            batch_size: Integer or scalar tensor.
            max_length: Positive integer, how many steps it holds.
        """
        sizes = (self.key_dim, self.value_dim)
        groups, dtype = self.num_key_value_heads, self.compute_dtype
        return tuple(empty_cache(batch_size, max_length, groups, size, dtype) for size in sizes)

    def step(self, query, cache, index, return_attention_scores=False):
        """Attend from new elements to all before them, which stand in a cache, and to themselves.

        Args:
            query: Float tensor `(batch, new, query_dim)`.
            cache: What `empty_cache` or the step before returned.
            index: Integer or scalar tensor, how many elements stand in the cache.
            return_attention_scores: Boolean.

        Returns:
            Output `(batch, new, output_dim)` and the new cache; with `return_attention_scores` also
            the weights `(batch, num_heads, new, max_length)`.
        """
        cache = tuple(
            write(kept, new, index)
            for kept, new in zip(cache, self.project_key_value(query), strict=True)
        )
        queries = self._project("query", query, self.num_heads)
        new, length = queries.shape[1], cache[0].shape[1]
        last = index + ops.arange(new, dtype="int32")[:, None]
        mask = (ops.arange(length, dtype="int32")[None] <= last)[None]
        read, scores = self._attend(queries, cache, mask, False, return_attention_scores, False)
        output = self._output(read, None)
        return (output, cache, scores) if return_attention_scores else (output, cache)

    def _attend(self, queries, key_value, mask, causal, wants_scores, training):
        """Return what the heads read, `(batch, queries, heads, width)`, and weights or `None`."""
        share = self.num_heads // self.num_key_value_heads
        keys, values = (ops.repeat(x, share, axis=2) if share > 1 else x for x in key_value)
        drops = self.dropout and training
        # JAX's kernel wants keys and values of one width, and computes float64 in float32. Its CPUs
        # have no kernel: the same steps, with a gradient that takes 1.7 times as long.
        by_hand = on_jax_cpu() or self.key_dim != self.value_dim or self.compute_dtype == "float64"
        if wants_scores or drops or by_hand:
            return self._attend_by_hand(queries, keys, values, mask, causal, drops)
        if mask is None:
            return ops.dot_product_attention(queries, keys, values, is_causal=causal), None
        if causal:
            mask = ops.logical_and(mask, _causal(queries, keys, axis=1))
        # A query that sees nothing: NaN on torch, the mean of all elsewhere.
        sees = ops.any(mask, axis=-1, keepdims=True)
        mask = ops.logical_or(mask, ops.logical_not(sees))[:, None]
        shape = (ops.shape(queries)[0], 1, ops.shape(queries)[1], ops.shape(keys)[1])
        read = ops.dot_product_attention(queries, keys, values, mask=ops.broadcast_to(mask, shape))
        return blank(read, ops.broadcast_to(sees[..., 0], ops.shape(read)[:2])), None

    def _attend_by_hand(self, queries, keys, values, mask, causal, drops):
        dtype = wide(self.compute_dtype)
        queries, keys, values = (ops.swapaxes(x, 1, 2) for x in (queries, keys, values))
        scores = matmul(queries * self.key_dim**-0.5, ops.swapaxes(keys, 2, 3))
        if causal:
            mask = _both(mask, _causal(queries, keys, axis=2))
        if mask is not None:
            mask = ops.broadcast_to(mask[:, None], ops.shape(scores))
        weights = masked_softmax(ops.cast(scores, dtype), mask)
        kept = weights
        if drops:
            kept = keras.random.dropout(weights, self.dropout, seed=self.seed_generator)
        read = matmul(ops.cast(kept, values.dtype), values)
        return ops.swapaxes(read, 1, 2), weights

    def _check_call(self, query, value, key, projected):
        if (value is None) == (projected is None):
            raise ValueError("Give either `value` or `projected_key_value`.")
        named = (("query", query), ("value", value), ("key", key))
        for (name, x), width in zip(named, self.widths, strict=True):
            if x is not None:
                check_shape(name, x.shape, _LAYOUT, width=width)
                check_same(name, x.shape, "query", query.shape)
        if key is not None:
            check_same("key", key.shape, "value", value.shape, axes=2)

    def compute_output_shape(self, query_shape, value_shape=None, key_shape=None):
        return (*query_shape[:-1], self.output_dim or query_shape[-1])

    def compute_output_spec(
        self, query, value=None, key=None, return_attention_scores=False, **kwargs
    ):
        projected = kwargs.get("projected_key_value")
        self._check_call(query, value, key, projected)
        output = keras.KerasTensor(self.compute_output_shape(query.shape), self.compute_dtype)
        if not return_attention_scores:
            return output
        length = (projected[0] if value is None else value).shape[1]
        shape = (query.shape[0], self.num_heads, query.shape[1], known(length))
        return output, keras.KerasTensor(shape, wide(self.compute_dtype))

    def get_config(self):
        names = ("num_heads", "key_dim", "value_dim", "num_key_value_heads", "dropout", "use_bias")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in (*names, "output_dim", "seed")},
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _both(one, other):
    """Return where two masks are both true; either may be `None`."""
    if one is None or other is None:
        return other if one is None else one
    return ops.logical_and(one, other)


def _causal(queries, keys, axis):
    """Return who comes not later than whom, `(1, queries, length)`; `axis` is that of time."""
    return causal_mask(ops.shape(queries)[axis], ops.shape(keys)[axis])

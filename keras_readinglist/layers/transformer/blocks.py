"""The two blocks of a Transformer: of its encoder and of its decoder."""

import keras
from keras import ops

from keras_readinglist.layers.multi_head_attention import MultiHeadAttention
from keras_readinglist.layers.precision import normalized
from keras_readinglist.layers.transformer.feed_forward import FeedForward
from keras_readinglist.layers.validation import check_rate, check_shape, check_size

_LAYOUT = "(batch, length, features)"


class _Block(keras.layers.Layer):
    """Sublayers, each with dropout, a residual connection and a layer normalization."""

    _sublayers = 2

    def __init__(
        self,
        num_heads,
        intermediate_dim,
        norm_first=False,
        dropout=0.0,
        attention_dropout=0.0,
        ffn_dropout=0.0,
        activation="relu",
        use_bias=True,
        epsilon=1e-6,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_heads = check_size("num_heads", num_heads)
        self.intermediate_dim = check_size("intermediate_dim", intermediate_dim)
        self.norm_first, self.use_bias, self.epsilon = norm_first, use_bias, epsilon
        self.dropout = check_rate("dropout", dropout)
        self.attention_dropout = check_rate("attention_dropout", attention_dropout)
        self.ffn_dropout = check_rate("ffn_dropout", ffn_dropout)
        self.activation = keras.activations.get(activation)
        policy = self.dtype_policy
        self.norms = [
            keras.layers.LayerNormalization(epsilon=epsilon, dtype=policy)
            for _ in range(self._sublayers)
        ]
        self.dropouts = [
            keras.layers.Dropout(dropout, dtype=policy) for _ in range(self._sublayers)
        ]
        self.feed_forward = FeedForward(
            intermediate_dim, activation=activation, dropout=ffn_dropout, dtype=policy
        )

    def _attention(self, width):
        if width % self.num_heads:
            raise ValueError(
                "`num_heads` must divide the width of the inputs. "
                f"Received: num_heads={self.num_heads}, width={width}"
            )
        return MultiHeadAttention(
            self.num_heads,
            width // self.num_heads,
            dropout=self.attention_dropout,
            use_bias=self.use_bias,
            dtype=self.dtype_policy,
        )

    def _build_common(self, inputs_shape):
        check_shape("inputs", inputs_shape, _LAYOUT)
        for norm in self.norms:
            norm.build(inputs_shape)
        self.feed_forward.build(inputs_shape)

    def _around(self, index, x, sublayer, training=False):
        """Return `x` after a sublayer, which gives its output and something else."""
        before = normalized(self.norms[index], x) if self.norm_first else x
        change, other = sublayer(before)
        x = x + self.dropouts[index](change, training=training)
        return (x if self.norm_first else normalized(self.norms[index], x)), other

    def _feed(self, x, training=False):
        last = self._sublayers - 1
        return self._around(
            last, x, lambda y: (self.feed_forward(y, training=training), None), training
        )[0]

    def get_config(self):
        names = (
            "num_heads",
            "intermediate_dim",
            "norm_first",
            "dropout",
            "attention_dropout",
            "ffn_dropout",
            "use_bias",
            "epsilon",
        )
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            "activation": keras.activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable(package="keras_readinglist")
class TransformerEncoderBlock(_Block):
    """Self-attention and a feed-forward network, each in a residual connection.

    Args:
        num_heads: Positive integer that divides the width of the inputs.
        intermediate_dim: Positive integer, the width between the two dense layers.
        norm_first: Boolean: `x + dropout(sublayer(norm(x)))`; else, as the paper prints,
            `norm(x + dropout(sublayer(x)))`.
        dropout: Float in [0, 1), of what a sublayer gives.
        attention_dropout: Float in [0, 1), of the attention weights.
        ffn_dropout: Float in [0, 1), between the two dense layers.
        activation: Activation between the two dense layers. Defaults to `"relu"`.
        use_bias: Boolean, whether the projections of the attention have biases.
        epsilon: Positive float of the normalization, added to the variance.
        causal: Boolean, whether an element sees only those before it and itself, as in a language
            model. Defaults to `False`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, length, features)`.
        mask: Boolean tensor `(batch, length)` of the elements that are there.
        return_attention_scores: Boolean, whether to return the attention too.
        training: Boolean.

    Input shape:
        `(batch, length, features)`.

    Output shape:
        `(batch, length, features)`; with `return_attention_scores` also
        `(batch, num_heads, length, length)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> TransformerEncoderBlock(num_heads=2, intermediate_dim=8)(np.ones((3, 5, 4))).shape
        (3, 5, 4)

    References:
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.1
    """

    def __init__(self, num_heads, intermediate_dim, causal=False, **kwargs):
        super().__init__(num_heads, intermediate_dim, **kwargs)
        self.causal = causal

    def build(self, inputs_shape):
        self._build_common(inputs_shape)
        self.self_attention = self._attention(inputs_shape[-1])
        self.self_attention.build(inputs_shape)

    def call(self, inputs, mask=None, return_attention_scores=False, training=False):
        def attend(x):
            options = {
                "value_mask": mask,
                "use_causal_mask": self.causal,
                "training": training,
            }
            if return_attention_scores:
                return self.self_attention(x, x, return_attention_scores=True, **options)
            return self.self_attention(x, x, **options), None

        x, scores = self._around(0, ops.cast(inputs, self.compute_dtype), attend, training)
        x = self._feed(x, training)
        return (x, scores) if return_attention_scores else x

    def empty_cache(self, batch_size, max_length):
        """Return the cache before the first step; arguments as for `MultiHeadAttention`."""
        return self.self_attention.empty_cache(batch_size, max_length)

    def step(self, inputs, cache, index):
        """Return the outputs of new elements `(batch, new, features)`, and the new cache.

        They see what stands in the cache before `index` and one another, as with `causal`.

        Args:
            inputs: Float tensor `(batch, new, features)`.
            cache: What `empty_cache` or the step before returned.
            index: Integer or scalar tensor, how many elements were before.
        """

        def attend(x):
            return self.self_attention.step(x, cache, index)

        x, cache = self._around(0, ops.cast(inputs, self.compute_dtype), attend)
        return self._feed(x), cache

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)

    def get_config(self):
        return {**super().get_config(), "causal": self.causal}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class TransformerDecoderBlock(_Block):
    """Causal self-attention, attention to a memory, and a feed-forward network.

    Args:
        num_heads: Positive integer that divides the width of the inputs.
        intermediate_dim: Positive integer, the width between the two dense layers.
        norm_first: Boolean: `x + dropout(sublayer(norm(x)))`; else, as the paper prints,
            `norm(x + dropout(sublayer(x)))`.
        dropout: Float in [0, 1), of what a sublayer gives.
        attention_dropout: Float in [0, 1), of the attention weights.
        ffn_dropout: Float in [0, 1), between the two dense layers.
        activation: Activation between the two dense layers. Defaults to `"relu"`.
        use_bias: Boolean, whether the projections of the attention have biases.
        epsilon: Positive float of the normalization, added to the variance.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, length, features)`.
        memory: Float tensor `(batch, memory_length, memory_features)`; `None` with
            `projected_memory`.
        mask: Boolean tensor `(batch, length)` of the elements that are there.
        memory_mask: Boolean tensor `(batch, memory_length)`.
        projected_memory: What `project_memory` returned.
        return_attention_scores: Boolean, whether to return the attention too.
        training: Boolean.

    Input shape:
        `(batch, length, features)` and `(batch, memory_length, memory_features)`.

    Output shape:
        `(batch, length, features)`; with `return_attention_scores` also
        `(batch, num_heads, length, length)` and `(batch, num_heads, length, memory_length)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> layer = TransformerDecoderBlock(num_heads=2, intermediate_dim=8)
        >>> layer(np.ones((3, 5, 4)), np.ones((3, 6, 4))).shape
        (3, 5, 4)

    References:
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.1
    """

    _sublayers = 3

    def build(self, inputs_shape, memory_shape):
        self._build_common(inputs_shape)
        check_shape("memory", memory_shape, _LAYOUT)
        self.self_attention = self._attention(inputs_shape[-1])
        self.self_attention.build(inputs_shape)
        self.cross_attention = self._attention(inputs_shape[-1])
        self.cross_attention.build(inputs_shape, memory_shape)

    def project_memory(self, memory, memory_mask=None):
        """Return keys and values of a memory, for many steps; arguments as in the call."""
        return self.cross_attention.project_key_value(memory, mask=memory_mask)

    def call(
        self,
        inputs,
        memory=None,
        mask=None,
        memory_mask=None,
        projected_memory=None,
        return_attention_scores=False,
        training=False,
    ):
        if projected_memory is None:
            projected_memory = self.project_memory(memory, memory_mask)
        wanted = {"return_attention_scores": True} if return_attention_scores else {}

        def attend(x):
            options = {"value_mask": mask, "training": training, **wanted}
            found = self.self_attention(x, x, use_causal_mask=True, **options)
            return found if wanted else (found, None)

        def look(x):
            options = {"value_mask": memory_mask, "training": training, **wanted}
            found = self.cross_attention(x, projected_key_value=projected_memory, **options)
            return found if wanted else (found, None)

        x, own = self._around(0, ops.cast(inputs, self.compute_dtype), attend, training)
        x, cross = self._around(1, x, look, training)
        x = self._feed(x, training)
        return (x, own, cross) if return_attention_scores else x

    def empty_cache(self, batch_size, max_length):
        """Return the cache before the first step; arguments as for `MultiHeadAttention`."""
        return self.self_attention.empty_cache(batch_size, max_length)

    def step(self, inputs, cache, index, projected_memory, memory_mask=None):
        """Return the outputs of new elements, from a cache of those before them.

        Args:
            inputs: Float tensor `(rows, new, features)`. There may be several rows, one after the
                other, for each example of the memory: beams share it.
            cache: What `empty_cache` or the step before returned.
            index: Integer or scalar tensor, how many elements were before.
            projected_memory: What `project_memory` returned.
            memory_mask: Boolean tensor `(batch, memory_length)`.

        Returns:
            Outputs `(rows, new, features)`, the new cache, and the attention to the memory
            `(rows, num_heads, new, memory_length)`.
        """
        new, width = inputs.shape[1:]
        examples, rows = ops.shape(projected_memory[0])[0], ops.shape(inputs)[0]

        def attend(x):
            return self.self_attention.step(x, cache, index)

        def look(x):
            x = ops.reshape(x, (examples, -1, width))
            x, scores = self.cross_attention(
                x,
                projected_key_value=projected_memory,
                value_mask=memory_mask,
                return_attention_scores=True,
            )
            heads, length = scores.shape[1], ops.shape(scores)[3]
            scores = ops.reshape(scores, (examples, heads, -1, new, length))
            scores = ops.reshape(ops.swapaxes(scores, 1, 2), (rows, heads, new, length))
            return ops.reshape(x, (rows, new, width)), scores

        x, cache = self._around(0, ops.cast(inputs, self.compute_dtype), attend)
        x, scores = self._around(1, x, look)
        return self._feed(x), cache, scores

    def compute_output_shape(self, inputs_shape, memory_shape=None):
        return tuple(inputs_shape)

    def compute_output_spec(self, inputs, memory=None, return_attention_scores=False, **kwargs):
        output = keras.KerasTensor(inputs.shape, self.compute_dtype)
        if not return_attention_scores:
            return output
        projected = kwargs.get("projected_memory")
        length = (projected[0] if memory is None else memory).shape[1]
        shapes = [
            (*inputs.shape[:1], self.num_heads, inputs.shape[1], n)
            for n in (inputs.shape[1], length)
        ]
        return output, *(keras.KerasTensor(shape, "float32") for shape in shapes)

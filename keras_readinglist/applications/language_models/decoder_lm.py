"""A language model of attention alone, as its scaling laws were measured on."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.decoding.sampling import check_sampling, gumbel_noise, sample
from keras_readinglist.layers.precision import normalized, wide
from keras_readinglist.layers.transformer import TiedEmbedding, TransformerEncoderBlock
from keras_readinglist.layers.validation import (
    check_ids,
    check_positive,
    check_rate,
    check_size,
)
from keras_readinglist.presets import PresetMixin


@keras.saving.register_keras_serializable(package="keras_readinglist")
class DecoderLM(PresetMixin, keras.Model):
    """Predict the next token by causal self-attention.

    Blocks with the normalization first, learned positions, and one matrix that embeds tokens and
    gives the logits. Without embeddings, biases and normalizations it has
    `non_embedding_params = 2 d_model num_layers (2 d_model + d_ff)` parameters.

    The paper reports that the loss of such models falls as `(8.8e13 / N) ** 0.076` nats per token
    in the non-embedding parameters, from 768 to 1.5e9 of them.

    Args:
        vocab_size: Positive integer, the number of tokens.
        num_layers: Positive integer, the blocks.
        d_model: Positive integer, the width.
        d_ff: Positive integer, the width between the dense layers, or `None` for `4 * d_model`.
        num_heads: Positive integer that divides `d_model`.
        context: Positive integer, the most tokens that are read at once.
        dropout: Float in [0, 1), after every sublayer and on the embeddings.
        activation: Activation between the dense layers. Defaults to `"gelu"`.
        **kwargs: Base model keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Int tensor `(batch, time)` of at most `context` tokens.
        training: Boolean, whether dropout is active.

    Input shape:
        `(batch, time)`.

    Output shape:
        `(batch, time, vocab_size)`, logits of the next token.

    Raises:
        ValueError: If an argument is out of range, or a token is (where tokens are known).

    Example:
        >>> model = DecoderLM(10, num_layers=1, d_model=8, num_heads=2, context=6)
        >>> model(np.array([[1, 2, 3]])).shape
        (1, 3, 10)
        >>> model.generate(np.array([[1, 2, 3]]), length=2).shape
        (1, 2)
        >>> model.non_embedding_params
        768

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), section 2
    """

    def __init__(
        self,
        vocab_size,
        num_layers=2,
        d_model=64,
        d_ff=None,
        num_heads=4,
        context=64,
        dropout=0.0,
        activation="gelu",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocab_size = check_size("vocab_size", vocab_size)
        self.num_layers = check_size("num_layers", num_layers)
        self.d_model = check_size("d_model", d_model)
        self.d_ff = check_size("d_ff", 4 * d_model if d_ff is None else d_ff)
        self.num_heads, self.context = num_heads, check_size("context", context)
        self.dropout = check_rate("dropout", dropout)
        self.activation = keras.activations.get(activation)
        policy = self.dtype_policy
        self.embedding = TiedEmbedding(vocab_size, d_model, dtype=policy)
        self.first_dropout = keras.layers.Dropout(dropout, dtype=policy)
        self.blocks = [
            TransformerEncoderBlock(
                num_heads,
                self.d_ff,
                causal=True,
                norm_first=True,
                dropout=dropout,
                activation=activation,
                dtype=policy,
            )
            for _ in range(num_layers)
        ]
        self.last_norm = keras.layers.LayerNormalization(epsilon=1e-6, dtype=policy)
        self.build()

    @classmethod
    def from_params(cls, vocab_size, params, aspect_ratio=32, num_heads=4, **kwargs):
        """Return a model of about so many non-embedding parameters.

        Args:
            vocab_size: Positive integer.
            params: Positive number, the parameters wanted.
            aspect_ratio: Positive number, `d_model / num_layers`, met as far as whole layers and
                heads allow; the loss hardly depends on it.
            num_heads: Positive integer.
            **kwargs: As for the constructor.
        """
        check_positive("params", params)
        check_positive("aspect_ratio", aspect_ratio)
        layers = max(1, round((params / (12 * aspect_ratio**2)) ** (1 / 3)))
        width = max(1, round((params / (12 * layers)) ** 0.5 / num_heads)) * num_heads
        return cls(vocab_size, layers, width, num_heads=num_heads, **kwargs)

    def build(self, inputs_shape=None):
        shape = (None, None, self.d_model)
        self.embedding.build()
        self.position_embeddings = self.add_weight(
            name="position_embeddings",
            shape=(self.context, self.d_model),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
        )
        for block in self.blocks:
            block.build(shape)
        self.last_norm.build(shape)

    @property
    def non_embedding_params(self):
        """The parameters that the scaling laws count."""
        return 2 * self.d_model * self.num_layers * (2 * self.d_model + self.d_ff)

    def call(self, inputs, training=False):
        if len(inputs.shape) != 2:
            raise ValueError(
                f"`inputs` must have the shape (batch, time). Received shape: {tuple(inputs.shape)}"
            )
        self._check_length("inputs", inputs.shape[1])
        x = self.first_dropout(self._embed(inputs), training=training)
        for block in self.blocks:
            x = block(x, training=training)
        return self._logits(x)

    def _check_length(self, name, length):
        if length is not None and length > self.context:
            raise ValueError(
                f"`{name}` must have at most `context` tokens. "
                f"Received: {length}, context={self.context}"
            )

    def _embed(self, ids, start=0):
        places = start + ops.arange(ops.shape(ids)[1])
        x = self.embedding(ids)
        return x + ops.cast(ops.take(self.position_embeddings, places, axis=0), x.dtype)

    def _logits(self, x):
        return self.embedding(normalized(self.last_norm, x), reverse=True)

    def generate(self, prompts, length, temperature=1.0, top_k=None, top_p=None, seed=None):
        """Write what goes on from prompts, from a cache of keys and values.

        Args:
            prompts: Int array `(batch, time)` of at least one token each.
            length: Positive integer, the tokens to write; all must fit into `context`.
            temperature: Non-negative float; 0 takes the likeliest token.
            top_k: Positive integer or `None`: choose among the `k` likeliest.
            top_p: Float in (0, 1] or `None`: choose among the likeliest that hold mass `p`.
            seed: Integer, or `None` for a new text every time.

        Returns:
            Int array `(batch, length)`.

        Raises:
            ValueError: If an argument is out of range.
        """
        prompts = np.asarray(prompts)
        if prompts.ndim != 2 or prompts.shape[1] < 1:
            raise ValueError(
                f"`prompts` must have the shape (batch, time). Received shape: {prompts.shape}"
            )
        check_ids("prompts", prompts, self.vocab_size)
        check_sampling(temperature, top_k, top_p)
        batch, before = prompts.shape
        self._check_length("prompts` and `length", before + check_size("length", length))
        settings = {
            "temperature": np.array([temperature], "float32"),
            "top_k": np.array([min(top_k or self.vocab_size, self.vocab_size)], "int32"),
            "top_p": np.array([top_p or 1.0], "float32"),
        }
        # Padded to the context, prompts of all lengths share one program; what is written later
        # overwrites the padding in the cache before anything may see it.
        padded = np.pad(prompts.astype("int32"), ((0, 0), (0, self.context - before)))
        noise = gumbel_noise((batch, length, self.vocab_size), seed)
        last, before = prompts[:, -1].astype("int32"), np.array([before], "int32")
        return self._sample(
            prompts=padded, last=last, before=before, noise=noise, length=length, **settings
        )

    @compiled(static=("length",))  # TensorFlow forgets a size that varies
    def _sample(self, prompts, last, before, noise, temperature, top_k, top_p, length):
        batch = ops.shape(prompts)[0]
        noise = ops.reshape(noise, (batch, length, self.vocab_size))
        caches = [block.empty_cache(batch, self.context) for block in self.blocks]
        _, caches = self._read(prompts, caches, 0)

        def step(tokens, caches, t):
            logits, caches = self._read(tokens[:, None], caches, before[0] - 1 + t)
            return ops.log_softmax(ops.cast(logits[:, 0], wide(self.compute_dtype))), caches

        settings = temperature[0], top_k[0], top_p[0]
        return sample(step, caches, last, noise, *settings, dtype=wide(self.compute_dtype))[0]

    def _read(self, ids, caches, start):
        """Return the logits after new tokens, and the caches with them."""
        x, after = self._embed(ids, start), []
        for block, cache in zip(self.blocks, caches, strict=True):
            x, cache = block.step(x, cache, start)
            after.append(cache)
        return self._logits(x), after

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape, self.vocab_size)

    def get_config(self):
        names = ("vocab_size", "num_layers", "d_model", "d_ff", "num_heads", "context", "dropout")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            "activation": keras.activations.serialize(self.activation),
        }

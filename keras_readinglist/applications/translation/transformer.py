"""The Transformer: an encoder and a decoder of attention alone."""

import keras
from keras import ops

from keras_readinglist.applications.translation.translator import PADDING, Translator
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.masking import padding_mask
from keras_readinglist.layers.precision import normalized, project
from keras_readinglist.layers.transformer import (
    SinusoidalPositionEmbedding,
    TiedEmbedding,
    TransformerDecoderBlock,
    TransformerEncoderBlock,
)
from keras_readinglist.layers.validation import check_choice, check_rate, check_size

_POSITIONS = ("sinusoidal", "learned", "none")


@keras.saving.register_keras_serializable(package="keras_readinglist")
class Transformer(Translator):
    """Translate with self-attention, attention between sentences, and small dense networks.

    The paper reports 27.3 BLEU from English to German and 38.1 to French for the base model, 28.4
    and 41.8 for the big one, at 3.3e18 and 2.3e19 operations of training, against 26.3 and 41.29
    of the best ensembles before.

    Args:
        vocab_size: Positive integer, the tokens of the source; 0 is padding, 1 begins and 2 ends a
            sentence, 3 stands for what is unknown.
        target_vocab_size: Positive integer, the tokens of the target, or `None` for one joint
            vocabulary, whose one matrix embeds source and target and gives the logits.
        num_layers: Positive integer, the blocks of the encoder, and of the decoder.
        d_model: Positive integer, the width.
        d_ff: Positive integer, the width between the two dense layers of a block.
        num_heads: Positive integer that divides `d_model`.
        dropout: Float in [0, 1), after every sublayer and on the embeddings.
        attention_dropout: Float in [0, 1), of the attention weights.
        ffn_dropout: Float in [0, 1), between the two dense layers of a block.
        norm_first: Boolean, whether the normalization comes before a sublayer.
        tied: Boolean, whether the target's embedding gives the logits; else a dense layer does.
        positions: `"sinusoidal"`, `"learned"` or `"none"`.
        max_length: Positive integer, the most tokens of a sentence.
        tokenizer: A tokenizer of the joint vocabulary, or `None`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Dictionary of int tensors: `"source"` `(batch, source_length)`, and `"target"`
            `(batch, target_length)`, which begins with 1.
        training: Boolean, whether dropout is active.

    Input shape:
        As above.

    Output shape:
        `(batch, target_length, target_vocab_size)`, logits of the next token.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = Transformer(20, num_layers=1, d_model=8, d_ff=16, num_heads=2)
        >>> source, target = np.array([[5, 6, 2, 0]]), np.array([[1, 7, 8]])
        >>> model({"source": source, "target": target}).shape
        (1, 3, 20)
        >>> model.generate(source, max_steps=4, beam_size=2)[0].shape
        (1, 2, 4)

    References:
        - [Vaswani et al., 2017, Attention Is All You Need](https://arxiv.org/abs/1706.03762)
    """

    def __init__(
        self,
        vocab_size,
        target_vocab_size=None,
        num_layers=6,
        d_model=512,
        d_ff=2048,
        num_heads=8,
        dropout=0.1,
        attention_dropout=0.0,
        ffn_dropout=0.0,
        norm_first=False,
        tied=True,
        positions="sinusoidal",
        max_length=256,
        tokenizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.source_vocab_size = check_size("vocab_size", vocab_size)
        self.target_vocab_size = target_vocab_size
        if target_vocab_size is not None:
            check_size("target_vocab_size", target_vocab_size)
        self.num_layers = check_size("num_layers", num_layers)
        self.d_model, self.d_ff = check_size("d_model", d_model), check_size("d_ff", d_ff)
        self.num_heads = check_size("num_heads", num_heads)
        self.dropout = check_rate("dropout", dropout)
        self.attention_dropout, self.ffn_dropout = attention_dropout, ffn_dropout
        self.norm_first, self.tied = norm_first, tied
        self.positions = check_choice("positions", positions, _POSITIONS)
        self.max_length = check_size("max_length", max_length)
        self.tokenizer = tokenizer
        self._create()
        self.build()

    def _create(self):
        policy = self.dtype_policy
        self.embedding = TiedEmbedding(self.source_vocab_size, self.d_model, dtype=policy)
        self.target_embedding = self.embedding
        if self.target_vocab_size is not None:
            self.target_embedding = TiedEmbedding(self.vocab_size, self.d_model, dtype=policy)
        options = {
            "num_heads": self.num_heads,
            "intermediate_dim": self.d_ff,
            "norm_first": self.norm_first,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "ffn_dropout": self.ffn_dropout,
            "dtype": policy,
        }
        self.encoder = [TransformerEncoderBlock(**options) for _ in range(self.num_layers)]
        self.decoder = [TransformerDecoderBlock(**options) for _ in range(self.num_layers)]
        self.sinusoids = SinusoidalPositionEmbedding(dtype=policy)
        self.dropouts = [keras.layers.Dropout(self.dropout, dtype=policy) for _ in range(2)]
        # A last normalization per stack: only where blocks do not end with one.
        self.last_norms = [
            keras.layers.LayerNormalization(epsilon=1e-6, dtype=policy)
            for _ in range(2 * self.norm_first)
        ]

    @classmethod
    def base(cls, vocab_size, **kwargs):
        """Return the base model of the paper, 65 million parameters with 37,000 tokens."""
        return cls(vocab_size, **kwargs)

    @classmethod
    def big(cls, vocab_size, **kwargs):
        """Return the big model of the paper, 213 million parameters with 37,000 tokens."""
        options = {"d_model": 1024, "d_ff": 4096, "num_heads": 16, "dropout": 0.3}
        return cls(vocab_size, **{**options, **kwargs})

    def build(self, inputs_shape=None):
        shape = (None, None, self.d_model)
        self.embedding.build()
        if self.target_vocab_size is not None:
            self.target_embedding.build()
        if self.positions == "learned":
            self.position_embeddings = self.add_weight(
                name="position_embeddings",
                shape=(self.max_length, self.d_model),
                initializer=keras.initializers.RandomNormal(stddev=0.02),
            )
        for block in self.encoder:
            block.build(shape)
        for block in self.decoder:
            block.build(shape, shape)
        for norm in self.last_norms:
            norm.build(shape)
        if not self.tied:
            self.generator_kernel = self.add_weight(
                name="generator_kernel", shape=(self.d_model, self.vocab_size)
            )
            self.generator_bias = self.add_weight(
                name="generator_bias", shape=(self.vocab_size,), initializer="zeros"
            )

    @property
    def vocab_size(self):
        """The number of tokens of the target."""
        return self.target_vocab_size or self.source_vocab_size

    def call(self, inputs, training=False):
        memory, mask, _ = self._encode(inputs["source"], training=training)
        return self._decode(inputs["target"], memory, mask, training=training)[0]

    def _encode(self, source, training=False, scores=False):
        """Return the memory, its mask, and the attention of every block, if wanted."""
        source = ops.cast(source, "int32")
        mask, kept = padding_mask(source, PADDING), []
        x = self._embed(0, self.embedding, source, training=training)
        for block in self.encoder:
            x = block(x, mask=mask, return_attention_scores=scores, training=training)
            if scores:
                x, attention = x
                kept.append(attention)
        return self._last_norm(0, x), mask, kept

    def _decode(self, target, memory, memory_mask, training=False, scores=False):
        """Return logits, and both attentions of every block, if wanted."""
        target = ops.cast(target, "int32")
        mask, kept = padding_mask(target, PADDING), []
        x = self._embed(1, self.target_embedding, target, training=training)
        for block in self.decoder:
            x = block(
                x,
                memory,
                mask=mask,
                memory_mask=memory_mask,
                return_attention_scores=scores,
                training=training,
            )
            if scores:
                x, *attention = x
                kept.append(attention)
        return self._logits(x), kept

    def _embed(self, index, embedding, ids, start=0, training=False):
        length = ids.shape[1]
        if length is not None and length > self.max_length:
            name = ("source", "target")[index]
            raise ValueError(
                f"`{name}` must have at most `max_length` tokens. "
                f"Received: {length}, max_length={self.max_length}"
            )
        x = embedding(ids)
        if self.positions == "sinusoidal":
            x = x + self.sinusoids(x, start_index=start)
        elif self.positions == "learned":
            places = start + ops.arange(ops.shape(ids)[1])
            x = x + ops.cast(ops.take(self.position_embeddings, places, axis=0), x.dtype)
        return self.dropouts[index](x, training=training)

    def _last_norm(self, index, x):
        return normalized(self.last_norms[index], x) if self.norm_first else x

    def _logits(self, x):
        x = self._last_norm(1, x)
        if self.tied:
            return self.target_embedding(x, reverse=True)
        dtype = self.compute_dtype
        kernel, bias = self.generator_kernel, self.generator_bias
        return project(ops.cast(x, dtype), ops.cast(kernel, dtype), ops.cast(bias, dtype))

    def read(self, source):
        """Return the memory of sources for `write_step`."""
        memory, mask, _ = self._encode(source)
        pairs = [block.project_memory(memory, mask) for block in self.decoder]
        return {"mask": mask, "projected": pairs}

    def first_state(self, memory, beam_size, max_steps):
        """Return the empty caches of all blocks."""
        if max_steps > self.max_length:
            raise ValueError(
                f"`max_steps` must be at most `max_length`. Received: max_steps={max_steps}, "
                f"max_length={self.max_length}"
            )
        rows = ops.shape(memory["mask"])[0] * beam_size
        return [block.empty_cache(rows, max_steps) for block in self.decoder]

    def write_step(self, tokens, state, t, memory):
        """Return logits, new caches, and the last block's attention, the mean of its heads."""
        x = self._embed(1, self.target_embedding, tokens[:, None], start=t)
        caches = []
        for block, cache, projected in zip(self.decoder, state, memory["projected"], strict=True):
            x, cache, scores = block.step(x, cache, t, projected, memory["mask"])
            caches.append(cache)
        attention = ops.sum(scores[:, :, 0], axis=1) / self.num_heads  # `mean` rounds float64
        return self._logits(x)[:, 0], caches, attention

    def attention_maps(self, source, target):
        """Return the attention of every block and head.

        Args:
            source: Int array `(batch, source_length)`, padded with 0.
            target: Int array `(batch, target_length)` as it is fed, beginning with 1.

        Returns:
            Dictionary of float arrays `(batch, num_layers, num_heads, queries, length)`:
            `"encoder"`, `"decoder"` and `"cross"`.
        """
        return self._maps(source=self._ids("source", source), target=self._ids("target", target))

    @compiled
    def _maps(self, source, target):
        memory, mask, encoder = self._encode(source, scores=True)
        _, decoder = self._decode(target, memory, mask, scores=True)
        own, cross = zip(*decoder, strict=True)
        found = {"encoder": encoder, "decoder": own, "cross": cross}
        return {name: ops.stack(list(scores), axis=1) for name, scores in found.items()}

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape["target"], self.vocab_size)

    def get_config(self):
        names = (
            "target_vocab_size",
            "num_layers",
            "d_model",
            "d_ff",
            "num_heads",
            "dropout",
            "attention_dropout",
            "ffn_dropout",
            "norm_first",
            "tied",
            "positions",
            "max_length",
        )
        return {
            **super().get_config(),
            "vocab_size": self.source_vocab_size,
            **{name: getattr(self, name) for name in names},
        }

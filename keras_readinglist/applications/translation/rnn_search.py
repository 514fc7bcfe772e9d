"""RNNsearch: a recurrent translator that looks back at the source at every word."""

import keras
from keras import ops

from keras_readinglist.applications.translation.translator import PADDING, Translator
from keras_readinglist.layers.additive_attention import NARROW
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.precision import dense
from keras_readinglist.layers.rnn_search import RNNSearchDecoder, RNNSearchEncoder
from keras_readinglist.layers.transformer import TiedEmbedding
from keras_readinglist.layers.validation import (
    check_choice,
    check_rate,
    check_same,
    check_size,
)

_ATTENTION = ("additive", None)
_PAPER = keras.initializers.RandomNormal(stddev=0.01)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RNNSearch(Translator):
    """Translate with a recurrent network that learns where to look.

    A bidirectional gated recurrent unit annotates every word of the source (`RNNSearchEncoder`);
    another one writes, and before every word blends the annotations anew by an additive attention,
    `e_ij = v . tanh(W s_{i-1} + U h_j)` (`RNNSearchDecoder`). A maxout layer and a softmax give the
    word. The weights are a soft alignment, which `align` returns. With `attention=None` it is the
    encoder-decoder that the paper compares with: one vector, the last state of a forward reader,
    is the context of every word.

    The paper reports from English to French 26.75 BLEU, 28.45 after longer training, against 17.82
    of the encoder-decoder and 33.30 of Moses; on sentences without unknown words 34.16 and 36.15,
    26.71, and 35.63.

    The defaults are the paper's sizes and initial values. They learn slowly: small models want
    wider ones, such as `kernel_initializer`, `attention_initializer` and `score_initializer` of
    `"glorot_uniform"`.

    Args:
        vocab_size: Positive integer, the tokens of both languages; 0 is padding, 1 begins and 2
            ends a sentence, 3 stands for what is unknown.
        embedding_dim: Positive integer, the width of a word.
        units: Positive integer, the width of every recurrent state.
        attention_units: Positive integer, the width of the hidden layer of the attention.
        maxout_units: Positive integer, the width of the layer before the softmax.
        attention: `"additive"`, or `None` for one fixed vector.
        readout_state: `"previous"` or `"current"`, see `RNNSearchDecoder`.
        dropout: Float in [0, 1), on the embeddings and on the layer before the softmax.
        tied: Boolean, whether one matrix embeds source and target and gives the logits; then
            `maxout_units` is `embedding_dim`.
        kernel_initializer: Initializer of the weights; recurrent ones are orthogonal.
        attention_initializer: Initializer of the matrices of the attention.
        score_initializer: Initializer of its vector.
        tokenizer: A tokenizer of the joint vocabulary, or `None`.
        seed: Integer seed of the dropout, or `None`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Dictionary of int tensors: `"source"` `(batch, source_length)`, and `"target"`
            `(batch, target_length)`, which begins with 1.
        training: Boolean, whether dropout is active.

    Input shape:
        As above.

    Output shape:
        `(batch, target_length, vocab_size)`, logits of the next token.

    Raises:
        ValueError: If an argument is out of range, or a token is (where tokens are known).

    Example:
        >>> model = RNNSearch(20, embedding_dim=8, units=6, attention_units=5, maxout_units=7)
        >>> source, target = np.array([[5, 6, 2, 0]]), np.array([[1, 7, 8]])
        >>> model({"source": source, "target": target}).shape
        (1, 3, 20)
        >>> tokens, log_p = model.generate(source, max_steps=4, beam_size=2)
        >>> attention, log_p = model.align(source, tokens[:, 0])
        >>> tokens.shape, attention.shape
        ((1, 2, 4), (1, 4, 4))

    References:
        - [Bahdanau, Cho, Bengio, 2014](https://arxiv.org/abs/1409.0473)
        - [Cho et al., 2014](https://arxiv.org/abs/1406.1078), the encoder-decoder
    """

    def __init__(
        self,
        vocab_size,
        embedding_dim=620,
        units=1000,
        attention_units=1000,
        maxout_units=500,
        attention="additive",
        readout_state="previous",
        dropout=0.0,
        tied=False,
        kernel_initializer=_PAPER,
        attention_initializer=NARROW,
        score_initializer="zeros",
        tokenizer=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocab_size = check_size("vocab_size", vocab_size)
        self.embedding_dim = check_size("embedding_dim", embedding_dim)
        self.units = check_size("units", units)
        self.attention_units = check_size("attention_units", attention_units)
        self.maxout_units = check_size("maxout_units", maxout_units)
        self.attention = check_choice("attention", attention, _ATTENTION)
        self.readout_state, self.dropout = readout_state, check_rate("dropout", dropout)
        if tied and maxout_units != embedding_dim:
            raise ValueError(
                "`maxout_units` must be `embedding_dim` where `tied` is set. "
                f"Received: maxout_units={maxout_units}, embedding_dim={embedding_dim}"
            )
        self.tied, self.tokenizer, self.seed = tied, tokenizer, seed
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.attention_initializer = keras.initializers.get(attention_initializer)
        self.score_initializer = keras.initializers.get(score_initializer)
        self._create()
        self.build()

    def _create(self):
        policy, drawn = self.dtype_policy, lambda: fresh(self.kernel_initializer)
        self.source_embedding = self._embedding()
        self.target_embedding = self.source_embedding if self.tied else self._embedding()
        self.encoder = RNNSearchEncoder(
            self.units,
            bidirectional=self.attention is not None,
            kernel_initializer=drawn(),
            dtype=policy,
        )
        self.decoder = RNNSearchDecoder(
            self.units,
            None if self.attention is None else self.attention_units,
            self.maxout_units,
            readout_state=self.readout_state,
            dropout=self.dropout,
            kernel_initializer=drawn(),
            attention_initializer=self.attention_initializer,
            score_initializer=self.score_initializer,
            seed=self.seed,
            dtype=policy,
        )
        seeds = [None if self.seed is None else self.seed + 1 + i for i in range(2)]
        self.dropouts = [keras.layers.Dropout(self.dropout, seed=s, dtype=policy) for s in seeds]
        if not self.tied:
            self.head = keras.layers.Dense(
                self.vocab_size, kernel_initializer=drawn(), dtype=policy
            )

    def _embedding(self):
        # A tied matrix also gives logits, so its entries are small.
        return TiedEmbedding(
            self.vocab_size,
            self.embedding_dim,
            scale=self.tied,
            initializer=fresh(self.kernel_initializer),
            dtype=self.dtype_policy,
        )

    def build(self, inputs_shape=None):
        words = (None, None, self.embedding_dim)
        self.source_embedding.build()
        if not self.tied:
            self.target_embedding.build()
        self.encoder.build(words)
        annotations, last = self.encoder.compute_output_shape(words)
        memory = annotations if self.attention else (None, 1, self.units)
        self.decoder.build(words, memory, last)
        if not self.tied:
            self.head.build((None, None, self.maxout_units))
        else:
            self.head_bias = self.add_weight(
                name="head_bias", shape=(self.vocab_size,), initializer="zeros"
            )

    def call(self, inputs, training=False):
        for name in ("source", "target"):
            if len(inputs[name].shape) != 2:
                raise ValueError(
                    f"`{name}` must have the shape (batch, length). "
                    f"Received shape: {tuple(inputs[name].shape)}"
                )
        check_same("target", inputs["target"].shape, "source", inputs["source"].shape)
        memory, last, mask = self._encode(inputs["source"], training)
        words = self._embed(1, self.target_embedding, inputs["target"], training)
        seen = mask if self.attention else None
        outputs, _ = self.decoder(words, memory, last, memory_mask=seen, training=training)
        return self._logits(outputs)

    def _encode(self, source, training=False):
        """Return the memory of the decoder, what its first state is made of, and the mask."""
        mask = ops.not_equal(source, PADDING)
        words = self._embed(0, self.source_embedding, source, training)
        annotations, last = self.encoder(words, mask=mask)
        memory = annotations if self.attention else ops.cast(last, annotations.dtype)[:, None]
        return memory, last, mask

    def _embed(self, index, embedding, ids, training):
        return self.dropouts[index](embedding(ids), training=training)

    def _logits(self, outputs):
        if not self.tied:
            return dense(self.head, outputs)
        logits = self.target_embedding(outputs, reverse=True)
        return logits + ops.cast(self.head_bias, logits.dtype)

    def read(self, source):
        """Return the memory of sources for `write_step`."""
        memory, last, mask = self._encode(source)
        seen = mask if self.attention else None
        return {**self.decoder.read(memory, last, seen), "mask": mask}

    def first_state(self, memory, beam_size, max_steps):
        """Return the states before the first word."""
        return ops.repeat(memory["first"], beam_size, axis=0)

    def write_step(self, tokens, state, t, memory):
        """Return logits, the new states, and the attention."""
        words = self._embed(1, self.target_embedding, tokens, False)
        outputs, state, attention = self.decoder.decode_step(words, state, memory)
        return self._logits(outputs), state, attention if self.attention else None

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape["target"], self.vocab_size)

    def get_config(self):
        names = (
            "vocab_size",
            "embedding_dim",
            "units",
            "attention_units",
            "maxout_units",
            "attention",
            "readout_state",
            "dropout",
            "tied",
            "seed",
        )
        initializers = ("kernel_initializer", "attention_initializer", "score_initializer")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            **{n: keras.initializers.serialize(getattr(self, n)) for n in initializers},
        }

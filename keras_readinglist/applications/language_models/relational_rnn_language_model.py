"""Language model with a relational memory (Santoro et al., 2018)."""

import keras

from keras_readinglist.applications.language_models.recurrent_language_model import (
    RecurrentLanguageModel,
    embedding,
    tied_logits,
)
from keras_readinglist.layers.precision import dense
from keras_readinglist.layers.validation import check_rate, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RelationalRNNLanguageModel(RecurrentLanguageModel):
    """Predicts the next token from a recurrent core that carries its state on.

    `x_t = E[id_t]`, `h_t = core(dropout(x_t), state)`, `logits_t = dropout(h_t W) E^T + b` with
    tied weights, `dropout(h_t) W + b` without. Train it on streams with `TruncatedBPTT`.

    The paper's figures, test perplexity of the relational memory: WikiText-103 31.6, GigaWord 38.3;
    34.3 and 43.7 for an LSTM with a Hebbian softmax.

    Args:
        vocab_size: Positive integer, the number of tokens.
        core: A recurrent layer with `return_sequences` and `return_state`, such as
            `RelationalMemory` or `LSTM`.
        embedding_dim: Positive integer, the width of the embedding. Defaults to 64.
        dropout: Float in [0, 1), on the embedding and before the softmax.
        tie_weights: Boolean, whether the softmax uses the embedding matrix, after a projection of
            the output of the core to its width. Defaults to `True`.
        seed: Integer seed of the dropout masks, or `None`.
        **kwargs: Base model keyword arguments.

    Call arguments, Input shape and Output shape: as for `CharRNN`; `states` are those of the core.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.layers import RelationalMemory
        >>> core = RelationalMemory(2, 4, return_sequences=True, return_state=True)
        >>> model = RelationalRNNLanguageModel(10, core, embedding_dim=6)
        >>> model(np.array([[1, 2, 3]])).shape
        (1, 3, 10)
        >>> model.score([1, 2, 3, 4]).shape
        (3,)

    References:
        - [Santoro et al., 2018](https://arxiv.org/abs/1806.01822), sections 4.4 and 5.4
    """

    def __init__(
        self,
        vocab_size,
        core,
        embedding_dim=64,
        dropout=0.0,
        tie_weights=True,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_size("vocab_size", vocab_size)
        check_size("embedding_dim", embedding_dim)
        if not (getattr(core, "return_sequences", False) and getattr(core, "return_state", False)):
            raise ValueError(
                "`core` must be a layer with `return_sequences` and `return_state`. "
                f"Received: {core!r}"
            )
        check_rate("dropout", dropout)
        self.vocab_size, self.core, self.embedding_dim = vocab_size, core, embedding_dim
        self.dropout, self.tie_weights, self.seed = dropout, tie_weights, seed
        self.supports_jit = getattr(core, "supports_jit", True)
        self.supports_masking = True
        dtype = self.dtype_policy
        self.embedding = embedding(vocab_size, embedding_dim, tie_weights, dtype)
        seeds = [None, None] if seed is None else [seed, seed + 1]
        self.dropouts = [keras.layers.Dropout(dropout, seed=s, dtype=dtype) for s in seeds]
        self.head = keras.layers.Dense(embedding_dim if tie_weights else vocab_size, dtype=dtype)
        self.build((None, None))

    def build(self, ids_shape):
        self.embedding.build(ids_shape)
        if not self.core.built:  # it is, when it comes out of a file
            self.core.build((None, None, self.embedding_dim))
        self.head.build((None, None, self.core.cell.output_size))
        if self.tie_weights:
            self.head_bias = self.add_weight(
                name="head_bias", shape=(self.vocab_size,), initializer="zeros"
            )

    def call(self, ids, states=None, mask=None, training=False, return_state=False):
        states = self._check_call(ids, states)
        x = self.dropouts[0](self.embedding(ids), training=training)
        x, *states = self.core(x, initial_state=states, mask=mask)
        if self.tie_weights:
            x = self.dropouts[1](dense(self.head, x), training=training)
            logits = tied_logits(self.embedding, x, self.head_bias)
        else:
            logits = dense(self.head, self.dropouts[1](x, training=training))
        return (logits, states) if return_state else logits

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, self.vocab_size)

    def initial_state(self, batch_size):
        """Return the initial states of the core, a list of tensors."""
        cell = self.core.cell
        return getattr(cell, "initial_states", cell.get_initial_state)(batch_size)

    @property
    def _state_sizes(self):
        return list(self.core.cell.state_size)

    def score(self, ids):
        """Return the surprisal of every token but the first, in nats.

        Args:
            ids: Integer array `(time,)` of at least 2 tokens.

        Returns:
            Float array `(time - 1,)`; the exponential of its mean is the perplexity.

        Raises:
            ValueError: If there are less than 2 tokens or one is unknown.
        """
        ids = self._encode(ids)
        if len(ids) < 2:
            raise ValueError(f"`ids` must be at least 2 integers. Received: {ids.tolist()}")
        return self._surprisals(ids)

    def get_config(self):
        names = ("vocab_size", "embedding_dim", "dropout", "tie_weights", "seed")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            "core": keras.saving.serialize_keras_object(self.core),
        }

    @classmethod
    def from_config(cls, config):
        core = keras.saving.deserialize_keras_object(config.pop("core"))
        return cls(core=core, **config)

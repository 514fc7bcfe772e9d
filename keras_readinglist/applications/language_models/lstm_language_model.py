"""Word-level LSTM language model with dropout between its layers (Zaremba et al., 2014)."""

import keras

from keras_readinglist.applications.language_models.recurrent_language_model import (
    RecurrentLanguageModel,
    embedding,
    tied_logits,
)
from keras_readinglist.layers import RecurrentStack
from keras_readinglist.layers.precision import dense
from keras_readinglist.layers.validation import check_choice, check_positive, check_size
from keras_readinglist.tokenizers import WordTokenizer
from keras_readinglist.tokenizers.words import END

# The models of the paper, for a vocabulary of 10,000 words: 4.7, 19.8 and 66.0 million parameters.
SIZES = {
    "small": {"units": 200, "init_scale": 0.1, "dropout": 0.0},
    "medium": {"units": 650, "init_scale": 0.05, "dropout": 0.5},
    "large": {"units": 1500, "init_scale": 0.04, "dropout": 0.65},
}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class LSTMLanguageModel(RecurrentLanguageModel):
    """Predicts the next word with a stack of LSTMs that is dropped out between its layers.

    `x_t = E[id_t]`, `h^l_t = LSTM(D(h^{l-1}_t), h^l_{t-1})`, `logits_t = D(h^L_t) W + b`, where `D`
    is dropout. All widths are `units`, and all parameters, biases among them, are drawn from
    `U(-init_scale, init_scale)`.

    Train it on streams with `TruncatedBPTT`. The paper sums the loss over the steps of a chunk and
    averages it over streams: with the mean of Keras, `loss_weights` is the length of a chunk.

    The paper's perplexities on Penn Treebank, validation and test: small, without dropout, 120.7
    and 114.5; medium 86.2 and 82.7; large 82.2 and 78.4.

    Args:
        vocabulary: Sequence of words, as `WordTokenizer.from_text(text, eos=True).vocabulary`; or
            a positive integer: then the model reads and writes integers below it.
        units: Positive integer, the width of embedding and layers. Defaults to 200.
        num_layers: Positive integer. Defaults to 2.
        dropout: Float in [0, 1), the share dropped. Defaults to 0.
        dropout_mode: Where, as in `RecurrentStack`. Defaults to `"non_recurrent"`.
        recurrent_dropout: Float in [0, 1), the share dropped in the recurrence by the modes that
            do so, or `None` for that of `dropout`.
        tie_weights: Boolean, whether the softmax uses the embedding matrix. Defaults to `False`.
        init_scale: Positive float. Defaults to 0.1.
        seed: Integer seed of the dropout masks, or `None`.
        **kwargs: Base model keyword arguments, such as `name` and `dtype`.

    Call arguments:
        ids: Integer tensor `(batch, time)`.
        states: List of state tensors `(batch, units)`, as `initial_state` gives; `None` for zeros.
        mask: Boolean tensor `(batch, time)`; where it is `False` the state is carried on.
        training: Boolean, whether dropout is active.
        return_state: Boolean, whether to return the new states too.

    Input shape:
        `(batch, time)`.

    Output shape:
        `(batch, time, vocab_size)`, logits; with `return_state` also the list of states.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = LSTMLanguageModel(["<unk>", "<eos>", "to", "be", "or", "not"], units=8)
        >>> model(np.array([[2, 3, 4]])).shape
        (1, 3, 6)
        >>> len(model.generate("to be or", length=3, seed=0, top_k=1).split())
        3

    References:
        - [Zaremba, Sutskever, Vinyals, 2014](https://arxiv.org/abs/1409.2329)
        - [Press, Wolf, 2016](https://arxiv.org/abs/1608.05859), for tied weights
    """

    def __init__(
        self,
        vocabulary,
        units=200,
        num_layers=2,
        dropout=0.0,
        dropout_mode="non_recurrent",
        recurrent_dropout=None,
        tie_weights=False,
        init_scale=0.1,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if isinstance(vocabulary, (list, tuple)):
            self.tokenizer = WordTokenizer(vocabulary)
            self.vocab_size = len(self.tokenizer)
        else:
            self.vocab_size = check_size("vocabulary", vocabulary)
        self.tie_weights, self.seed = tie_weights, seed
        self.init_scale = check_positive("init_scale", init_scale)
        self.supports_masking = True
        dtype = self.dtype_policy
        self.stack = RecurrentStack(
            units,
            num_layers,
            dropout=dropout,
            dropout_mode=dropout_mode,
            recurrent_dropout=recurrent_dropout,
            return_state=True,
            seed=seed,
            kernel_initializer=self._uniform(),
            recurrent_initializer=self._uniform(),
            bias_initializer=self._uniform(),
            unit_forget_bias=False,
            dtype=dtype,
        )
        self.embedding = embedding(self.vocab_size, units, tie_weights, dtype, self._uniform())
        if not tie_weights:
            self.head = keras.layers.Dense(
                self.vocab_size,
                kernel_initializer=self._uniform(),
                bias_initializer=self._uniform(),
                dtype=dtype,
            )
        self.build((None, None))

    @classmethod
    def from_size(cls, size, vocabulary, **kwargs):
        """Return an untrained model of the paper.

        Args:
            size: `"small"`, without dropout, `"medium"` or `"large"`.
            vocabulary: As for the class.
            **kwargs: Other arguments of the class; they go before those of the size.

        Example:
            >>> LSTMLanguageModel.from_size("small", 100).count_params()
            681700
        """
        check_choice("size", size, tuple(SIZES))
        return cls(vocabulary, **{**SIZES[size], **kwargs})

    def _uniform(self):
        return keras.initializers.RandomUniform(-self.init_scale, self.init_scale)

    def build(self, ids_shape):
        self.embedding.build(ids_shape)
        self.stack.build((None, None, self.stack.units))
        if self.tie_weights:
            self.head_bias = self.add_weight(
                name="head_bias", shape=(self.vocab_size,), initializer=self._uniform()
            )
        else:
            self.head.build((None, None, self.stack.units))

    def call(self, ids, states=None, mask=None, training=False, return_state=False):
        states = self._check_call(ids, states)
        x = self.embedding(ids)
        x, *states = self.stack(x, initial_state=states, mask=mask, training=training)
        if self.tie_weights:
            logits = tied_logits(self.embedding, x, self.head_bias)
        else:
            logits = dense(self.head, x)
        return (logits, states) if return_state else logits

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, self.vocab_size)

    @property
    def start(self):
        """The integer of the end of a line, which stands before every text, or `None`."""
        words = self.tokenizer.vocabulary if self.tokenizer else []
        return words.index(END) if END in words else None

    def initial_state(self, batch_size):
        """Return the zero states of all layers, a list of tensors `(batch_size, units)`."""
        return self.stack.initial_states(batch_size)

    @property
    def _state_sizes(self):
        return self.stack.state_size

    def get_config(self):
        stack = ("units", "num_layers", "dropout", "dropout_mode", "recurrent_dropout")
        return {
            **super().get_config(),
            "vocabulary": self.tokenizer.vocabulary if self.tokenizer else self.vocab_size,
            **{name: getattr(self.stack, name) for name in stack},
            **{name: getattr(self, name) for name in ("tie_weights", "init_scale", "seed")},
        }

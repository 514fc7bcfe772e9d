"""Relation network that answers questions about a story (Santoro et al., 2017)."""

import keras
from keras import ops

from keras_readinglist.applications.relation_networks.contributions import contributions
from keras_readinglist.applications.relation_networks.story_questions import StoryQuestions
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.recurrent import LSTM
from keras_readinglist.layers.relation_network import RelationNetwork
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RelationNetworkBabi(StoryQuestions):
    """Answers a question about a story of up to 20 sentences.

    An LSTM reads every sentence by itself; its last state and the position of the sentence,
    counted from the end, are an object. Another LSTM reads the question, which is the condition.

    The paper's figures: 18 of the 20 bAbI tasks above 95 % from 10,000 stories each, jointly
    trained; two supporting facts 91.9 %, three 83.5 %.

    Args:
        vocab_size: Positive integer, the number of words and one, for the padding 0.
        num_answers: Positive integer, the number of answers; 159 in the paper.
        max_sentences: Positive integer. Defaults to 20.
        units: Positive integer, the width of both LSTMs. Defaults to 32.
        g_units: Tuple of positive integers.
        f_units: Tuple of positive integers.
        f_dropout: Float in [0, 1), unconfirmed 0.5 in the paper.
        vocabulary: Sequence of words, or `None`; `ask` needs it, and the answers.
        answers: Sequence of answers, or `None`.
        kernel_initializer: Initializer of the kernels of `g` and `f`.
        seed: Integer seed of the dropout, or `None`.
        **kwargs: Base model keyword arguments.

    Call arguments:
        inputs: Dictionary of `"stories"`, token ids `(batch, sentences, words)`, and
            `"questions"`, token ids `(batch, words)`; 0 pads words and sentences.
        training: Boolean, whether dropout is active.

    Input shape:
        As above.

    Output shape:
        `(batch, num_answers)`, scores before the softmax.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.datasets import babi_stories, read_babi
        >>> from keras_readinglist.datasets.babi import vocabulary_of
        >>> words, answers = vocabulary_of(read_babi(babi_stories("yes_no", 50, rng=0)))
        >>> model = RelationNetworkBabi(
        ...     len(words) + 1, 2, g_units=(8,), f_units=(8,), vocabulary=words, answers=answers
        ... )
        >>> answer, probabilities = model.ask(["Anna went to the hall."], "Is Anna in the hall?")
        >>> answer in ("yes", "no")
        True

    References:
        - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427), section 5.3
    """

    def __init__(
        self,
        vocab_size,
        num_answers,
        max_sentences=20,
        units=32,
        g_units=(256, 256, 256, 256),
        f_units=(256, 512),
        f_dropout=0.5,
        vocabulary=None,
        answers=None,
        kernel_initializer="he_uniform",
        seed=None,
        **kwargs,
    ):
        super().__init__(vocab_size, num_answers, max_sentences, vocabulary, answers, **kwargs)
        check_size("units", units)
        self.units, self.f_dropout, self.seed = units, f_dropout, seed
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        options = {"dtype": self.dtype_policy}
        self.embedding = self._embedding(units)
        self.sentence_reader = LSTM(units, **options)
        self.question_reader = LSTM(units, **options)
        self.relate = RelationNetwork(
            g_units,
            f_units,
            num_answers,
            f_dropout,
            kernel_initializer=self.kernel_initializer,
            seed=seed,
            name="relation_network",
            **options,
        )
        self.build()

    def build(self, inputs_shape=None):
        self.embedding.build((None, None))
        for reader in (self.sentence_reader, self.question_reader):
            reader.build((None, None, self.units))
        self.relate.build((None, None, self.units + 1), (None, self.units))

    def call(self, inputs, training=False):
        stories, questions = self._tokens(inputs)
        objects, mask = self._sentences(stories)
        question = self._read(self.question_reader, questions)
        return self.relate(objects, condition=question, mask=mask, training=training)

    def _read(self, reader, tokens):
        return reader(self.embedding(tokens), mask=tokens != 0)

    def _sentences(self, stories):
        """Return the objects of a story, and which of them there are."""
        batch, count, words = ops.shape(stories)
        encoded = self._read(self.sentence_reader, ops.reshape(stories, (-1, words)))
        encoded = ops.reshape(encoded, (batch, count, self.units))
        mask = ops.any(stories != 0, axis=-1)
        there = ops.cast(mask, wide(self.compute_dtype))
        before_the_end = ops.cumsum(there, axis=1) - ops.sum(there, axis=1, keepdims=True)
        position = ops.cast(before_the_end / self.max_sentences, encoded.dtype)
        return ops.concatenate([encoded, position[..., None]], axis=-1), mask

    def relations(self, story, question):
        """Tell how much every ordered pair of sentences speaks for the answer.

        It is measured as by `RelationNetworkVQA.relations`, in nats.

        Args:
            story: As in `ask`.
            question: As in `ask`.

        Returns:
            Float array `(n, n)` for the `n` sentences that are read.

        Raises:
            ValueError: As in `ask`.
        """
        count = min(len(story), self.max_sentences)
        heard = self._read_out(self._contributions, story, question)
        return heard[:count, :count]

    @compiled
    def _contributions(self, stories, questions):
        objects, mask = self._sentences(ops.cast(stories, "int32"))
        question = self._read(self.question_reader, ops.cast(questions, "int32"))
        return contributions(self.relate, objects, question, mask)

    def get_config(self):
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in ("units", "f_dropout", "seed")},
            "g_units": self.relate.relation.units,
            "f_units": self.relate.f_units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

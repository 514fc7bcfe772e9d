"""An LSTM that reads a whole story, without relations."""

import keras
from keras import ops

from keras_readinglist.applications.relation_networks.story_questions import StoryQuestions
from keras_readinglist.layers.precision import dense
from keras_readinglist.layers.recurrent import LSTM
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class StoryLSTMBaseline(StoryQuestions):
    """An LSTM that reads the whole story word by word, then the question, and answers.

    Args:
        vocab_size: Positive integer, the number of words and one, for the padding 0.
        num_answers: Positive integer, the number of answers.
        max_sentences: Positive integer. Defaults to 20.
        embedding_dim: Positive integer. Defaults to 32.
        units: Positive integer, the width of the LSTM. Defaults to 128.
        vocabulary: Sequence of words, or `None`; `ask` needs it, and the answers.
        answers: Sequence of answers, or `None`.
        **kwargs: Base model keyword arguments.

    Call arguments: as for `RelationNetworkBabi`.

    Input shape:
        As for `RelationNetworkBabi`.

    Output shape:
        `(batch, num_answers)`, scores before the softmax.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.datasets.babi import story_words
        >>> words, answers = story_words()
        >>> model = StoryLSTMBaseline(52, 17, units=8, vocabulary=words, answers=answers)
        >>> model.ask(["Anna went to the hall."], "Where is Anna?")[0] in answers
        True

    References:
        - [Weston et al., 2015](https://arxiv.org/abs/1502.05698), the LSTM baseline
    """

    def __init__(
        self,
        vocab_size,
        num_answers,
        max_sentences=20,
        embedding_dim=32,
        units=128,
        vocabulary=None,
        answers=None,
        **kwargs,
    ):
        super().__init__(vocab_size, num_answers, max_sentences, vocabulary, answers, **kwargs)
        check_size("embedding_dim", embedding_dim)
        check_size("units", units)
        self.embedding_dim, self.units = embedding_dim, units
        options = {"dtype": self.dtype_policy}
        self.embedding = self._embedding(embedding_dim)
        self.reader = LSTM(units, **options)
        self.out = keras.layers.Dense(num_answers, name="output", **options)
        self.build()

    def build(self, inputs_shape=None):
        self.embedding.build((None, None))
        self.reader.build((None, None, self.embedding_dim))
        self.out.build((None, self.units))

    def call(self, inputs, training=False):
        stories, questions = self._tokens(inputs)
        batch, sentences, words = ops.shape(stories)
        tokens = ops.reshape(stories, (batch, sentences * words))
        tokens = ops.concatenate([tokens, questions], axis=1)
        return dense(self.out, self.reader(self.embedding(tokens), mask=tokens != 0))

    def get_config(self):
        names = ("embedding_dim", "units")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

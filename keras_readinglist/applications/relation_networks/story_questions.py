"""A relation network over the sentences of a story (Santoro et al., 2017, section 5.3)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.datasets.babi import Example, encode_stories
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_ids, check_size
from keras_readinglist.presets import PresetMixin


class StoryQuestions(PresetMixin, keras.Model):
    """Answers questions about stories, as token ids or in words.

    The base of `RelationNetworkBabi` and of its comparison model.
    """

    def __init__(
        self,
        vocab_size,
        num_answers,
        max_sentences=20,
        vocabulary=None,
        answers=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, value in (
            ("vocab_size", vocab_size),
            ("num_answers", num_answers),
            ("max_sentences", max_sentences),
        ):
            check_size(name, value)
        for name, given, count in (
            ("vocabulary", vocabulary, vocab_size - 1),
            ("answers", answers, num_answers),
        ):
            if given is not None and len(given) != count:
                raise ValueError(f"`{name}` must hold {count} words. Received: {len(given)}")
        self.vocab_size, self.num_answers = vocab_size, num_answers
        self.max_sentences = max_sentences
        self.vocabulary = None if vocabulary is None else tuple(vocabulary)
        self.answers = None if answers is None else tuple(answers)

    def _embedding(self, width):
        # Keras would draw within 0.05: to the LSTM all words would be nearly the same for long.
        initializer = keras.initializers.RandomNormal(stddev=1.0)
        return keras.layers.Embedding(
            self.vocab_size, width, initializer, dtype=self.dtype_policy, name="embedding"
        )

    def _tokens(self, inputs):
        """Return stories and questions as integers that the model knows."""
        for name in ("stories", "questions"):
            check_ids(name, inputs[name], self.vocab_size)
        return [ops.cast(inputs[name], "int32") for name in ("stories", "questions")]

    def ask(self, story, question):
        """Answer a question in words.

        Args:
            story: List of sentences; of more than `max_sentences` the last are read.
            question: String.

        Returns:
            Pair: the answer, and a dictionary from every answer to its probability.

        Raises:
            ValueError: If the model has no vocabulary, a word is unknown, or a text is empty.
        """
        probabilities = self._read_out(self._probabilities, story, question)
        best = self.answers[int(np.argmax(probabilities))]
        return best, dict(zip(self.answers, probabilities.tolist(), strict=True))

    @compiled
    def _probabilities(self, stories, questions):
        scores = self({"stories": stories, "questions": questions})
        return ops.softmax(ops.cast(scores, wide(self.compute_dtype)))

    def _read_out(self, function, story, question):
        """Run a compiled method on a story and a question in words."""
        if self.vocabulary is None or self.answers is None:
            raise ValueError("`vocabulary` and `answers` must be known to answer in words.")
        if not story or not question.strip():
            raise ValueError("`story` must have a sentence, and `question` a word.")
        example = Example(tuple(story), question, "", ())
        stories, questions = encode_stories([example], self.vocabulary, self.max_sentences)
        return function(stories=stories, questions=questions)[0]

    def get_config(self):
        names = ("vocab_size", "num_answers", "max_sentences", "vocabulary", "answers")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

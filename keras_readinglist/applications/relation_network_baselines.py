"""The models without relations that relation networks are compared with."""

import keras
from keras import ops

from keras_readinglist.applications.relation_network import SceneQuestions
from keras_readinglist.applications.relation_network_babi import StoryQuestions
from keras_readinglist.layers.recurrent import LSTM
from keras_readinglist.layers.validation import check_size, check_sizes


class _FlatScene(SceneQuestions):
    """A multilayer perceptron that sees the whole scene and the question as one vector."""

    def __init__(self, image_shape, num_answers, units, **kwargs):
        super().__init__(image_shape, num_answers, **kwargs)
        self.units = check_sizes("units", units)
        self.hidden = [self._dense(u, "relu", f"hidden_{k}") for k, u in enumerate(self.units)]
        self.out = self._dense(num_answers, None, "output")
        self.build()

    def _dense(self, units, activation, name):
        return keras.layers.Dense(
            units,
            activation,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name=name,
        )

    def _build_answers(self, scene_shape, question_shape):
        self.scene_width = 1
        for size in scene_shape[1:]:
            self.scene_width *= size
        shape = (*question_shape[:-1], self.scene_width + question_shape[-1])
        for layer in [*self.hidden, self.out]:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def _answer(self, scenes, questions, training):
        scenes = ops.reshape(scenes, (-1, self.scene_width))
        if len(questions.shape) == 3:
            shape = (*ops.shape(questions)[:2], self.scene_width)
            scenes = ops.broadcast_to(scenes[:, None], shape)
        outputs = ops.concatenate([scenes, questions], axis=-1)
        for layer in [*self.hidden, self.out]:
            outputs = layer(outputs)
        return outputs

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class CNNMLPBaseline(_FlatScene):
    """The convolutions of a relation network with a multilayer perceptron in its place.

    Args:
        image_shape: Tuple `(height, width, channels)`.
        num_answers: Positive integer.
        units: Tuple of positive integers, the hidden widths of the perceptron.
        **kwargs: `question_dim`, `vocab_size`, `question_units`, `filters` and
            `kernel_initializer` as in `RelationNetworkVQA`; base model keyword arguments.

    Call arguments: as for `RelationNetworkVQA`.

    Input shape:
        As for `RelationNetworkVQA`.

    Output shape:
        `(batch, num_answers)` or `(batch, questions, num_answers)`.

    Example:
        >>> model = CNNMLPBaseline((75, 75, 3), 10, question_dim=11, filters=(4,) * 4, units=(8,))
        >>> model.answer(np.zeros((2, 75, 75, 3)), np.zeros((2, 11)))[0].shape
        (2,)

    References:
        - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427), section 5.2
    """

    def __init__(self, image_shape, num_answers, units=(512, 512, 512), **kwargs):
        super().__init__(image_shape, num_answers, units, **kwargs)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MLPBaseline(_FlatScene):
    """A multilayer perceptron on the flattened description of all objects.

    Args:
        image_shape: Tuple `(n, features)` of the objects.
        num_answers: Positive integer.
        units: Tuple of positive integers, the hidden widths.
        **kwargs: `question_dim`, `vocab_size`, `question_units` and `kernel_initializer` as in
            `RelationNetworkVQA`; base model keyword arguments.

    Call arguments: as for `RelationNetworkVQA`.

    Input shape:
        As for `RelationNetworkVQA`.

    Output shape:
        `(batch, num_answers)` or `(batch, questions, num_answers)`.

    Example:
        >>> model = MLPBaseline((6, 10), 10, question_dim=11, units=(8,))
        >>> model.answer(np.zeros((2, 6, 10)), np.zeros((2, 5, 11)))[0].shape
        (2, 5)

    References:
        - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427), section 5.2
    """

    def __init__(self, image_shape, num_answers, units=(512, 512, 512), **kwargs):
        super().__init__(image_shape, num_answers, units, **{**kwargs, "filters": ()})


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
        stories, questions = (ops.cast(inputs[k], "int32") for k in ("stories", "questions"))
        batch, sentences, words = ops.shape(stories)
        tokens = ops.reshape(stories, (batch, sentences * words))
        tokens = ops.concatenate([tokens, questions], axis=1)
        return self.out(self.reader(self.embedding(tokens), mask=tokens != 0))

    def get_config(self):
        names = ("embedding_dim", "units")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

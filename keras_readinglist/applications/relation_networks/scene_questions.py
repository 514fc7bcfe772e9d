"""Relation networks that answer questions about a scene (Santoro et al., 2017)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.backend import known
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.precision import normalized, wide
from keras_readinglist.layers.recurrent import LSTM
from keras_readinglist.layers.validation import check_ids
from keras_readinglist.presets import PresetMixin
from keras_readinglist.softmax import softmax

# The sizes of the paper. Its dropout in `f` is 50 % for CLEVR and 2 % for state descriptions.
EMBEDDING_DIM = 32


class SceneQuestions(PresetMixin, keras.Model):
    """Reads a scene once, and answers questions about it.

    The base of `RelationNetworkVQA` and of its comparison models, which differ in how they combine
    the scene with a question.
    """

    def __init__(
        self,
        image_shape,
        num_answers,
        question_dim=None,
        vocab_size=None,
        question_units=128,
        filters=(24, 24, 24, 24),
        kernel_initializer="he_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if (question_dim is None) == (vocab_size is None):
            raise ValueError(
                "Give either `question_dim` or `vocab_size`. "
                f"Received: question_dim={question_dim}, vocab_size={vocab_size}"
            )
        self.image_shape, self.filters = tuple(image_shape), tuple(filters)
        if len(self.image_shape) != (3 if self.filters else 2):
            raise ValueError(
                "`image_shape` must be (height, width, channels), or (n, features) for a model "
                f"of state descriptions. Received: image_shape={image_shape}"
            )
        self.num_answers, self.question_dim = num_answers, question_dim
        self.vocab_size, self.question_units = vocab_size, question_units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.convolutions, self.normalizations = [], []
        for index, count in enumerate(self.filters):
            self.convolutions.append(self._convolution(count, index))
            self.normalizations.append(
                # The sum over pairs multiplies what lags behind: the averages must be recent.
                keras.layers.BatchNormalization(
                    momentum=0.9, epsilon=1e-5, dtype=self.dtype_policy, name=f"norm_{index}"
                )
            )
        if vocab_size is not None:
            options = {"dtype": self.dtype_policy}
            self.embedding = keras.layers.Embedding(vocab_size, EMBEDDING_DIM, **options)
            self.reader = LSTM(question_units, **options)

    def _convolution(self, count, index):
        return keras.layers.Conv2D(
            count,
            3,
            strides=2,
            padding="same",
            use_bias=False,  # the normalization that follows has one
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name=f"convolution_{index}",
        )

    def build(self, inputs_shape=None):
        shape = (None, *self.image_shape)
        for convolution, normalization in zip(self.convolutions, self.normalizations, strict=True):
            convolution.build(shape)
            shape = convolution.compute_output_shape(shape)
            normalization.build(shape)
        question = (None, None, self.question_dim)
        if self.vocab_size is not None:
            self.embedding.build((None, None))
            self.reader.build((None, None, EMBEDDING_DIM))
            question = (None, None, self.question_units)
        self._build_answers(shape, question)

    def call(self, inputs, training=False):
        scenes = self.encode(inputs["scenes"], training)
        questions = self._encode_questions(inputs["questions"])
        return self._answer(scenes, questions, training)

    def encode(self, scenes, training=False):
        """Return the feature map of images of values 0 to 255, or descriptions as they are."""
        scenes = ops.cast(scenes, self.compute_dtype)
        if not self.filters:
            return scenes
        # White is zero, as the padding is: else the edge of a white picture is its largest signal,
        # and one that moves with every step.
        scenes = 1 - scenes / 255
        for convolution, normalization in zip(self.convolutions, self.normalizations, strict=True):
            scenes = _convolved(convolution, scenes)
            scenes = ops.relu(normalized(normalization, scenes, training))
        return scenes

    def _encode_questions(self, questions):
        if self.vocab_size is None:
            return ops.cast(questions, self.compute_dtype)
        check_ids("questions", questions, self.vocab_size)
        shape = ops.shape(questions)
        tokens = ops.reshape(ops.cast(questions, "int32"), (-1, shape[-1]))
        encoded = self.reader(self.embedding(tokens), mask=tokens != 0)
        return ops.reshape(encoded, (*shape[:-1], self.question_units))

    def answer(self, scenes, questions):
        """Answer questions.

        Args:
            scenes: Array `(batch, *image_shape)`, images of values 0 to 255 or descriptions of
                objects.
            questions: Array `(batch, question_dim)`, or `(batch, q, question_dim)` for several
                questions about the same scene; token ids, padded with 0, if the model has a
                vocabulary.

        Returns:
            Pair: int32 indices of the answers, `(batch,)` or `(batch, q)`; the probabilities of
            all answers, with one more axis.

        Raises:
            ValueError: If the shapes do not fit.
        """
        scores = self._ask(self._scores, scenes, questions).astype(wide(self.compute_dtype))
        return scores.argmax(axis=-1).astype("int32"), softmax(scores)

    @compiled
    def _scores(self, scenes, questions):
        return self({"scenes": scenes, "questions": questions})

    def _ask(self, function, scenes, questions):
        """Run a compiled method on scenes and questions that fit the model."""
        scenes, questions = np.asarray(scenes), np.asarray(questions)
        rank = 1 + len(self.image_shape)
        fits = scenes.ndim == rank and all(
            size in (None, here)
            for size, here in zip(self.image_shape, scenes.shape[1:], strict=True)
        )
        if not fits:
            raise ValueError(
                f"`scenes` must have the shape (batch, {', '.join(map(str, self.image_shape))}). "
                f"Received shape: {scenes.shape}"
            )
        width = questions.shape[-1] if self.question_dim is None else self.question_dim
        if questions.ndim not in (2, 3) or questions.shape[-1] != width:
            raise ValueError(
                "`questions` must have the shape (batch, features) or (batch, questions, "
                f"features), with {width} features. Received shape: {questions.shape}"
            )
        if len(scenes) != len(questions):
            raise ValueError(
                "`scenes` and `questions` must have the same batch size. "
                f"Received: {len(scenes)} and {len(questions)}"
            )
        if self.vocab_size is not None:
            check_ids("questions", questions, self.vocab_size)
        return function(scenes=scenes, questions=questions)

    def get_config(self):
        names = ("image_shape", "num_answers", "question_dim", "vocab_size", "question_units")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in (*names, "filters")},
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _convolved(convolution, pictures):
    """Return what a convolution makes of pictures, also of none.

    TensorFlow with oneDNN gives no pictures the channels of its input, not those of its filters.
    """
    if known(pictures.shape[0]) == 0:
        shape = convolution.compute_output_shape(tuple(pictures.shape))
        return ops.zeros(shape, dtype=convolution.compute_dtype)
    return convolution(pictures)

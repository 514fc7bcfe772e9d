"""Evaluating programs character by character with a recurrent core (Santoro et al., 2018)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.applications.relational_rnns.core_and_classifier import CoreAndClassifier
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_ids, check_size
from keras_readinglist.tokenizers import CharTokenizer

END = 0  # the class after the last character; class k + 1 is character k of the vocabulary


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RelationalRNNSeq2Seq(CoreAndClassifier):
    """A recurrent core reads a program, and then writes its result, fed with zeros.

    There is no teacher forcing: what the core wrote is known to it through its memory alone. After
    every step a network of ReLU layers names a character or the end.

    The paper's figures, per character at nesting 2 and literals of 5 digits, relational memory
    against LSTM: addition 99.9 % and 99.8 %†, control 99.6 % and 97.4 %†, program 79.0 % and
    66.1 %† († not confirmed against a copy of the paper).

    Args:
        core: A recurrent layer with `return_sequences`, such as `RelationalMemory` or `LSTM`.
        vocabulary: String of distinct characters.
        input_length: Positive integer, the most characters of a program.
        output_length: Positive integer, the most characters of a result.
        mlp: Sequence of positive integers, the widths of the hidden layers.
        **kwargs: Base model keyword arguments.

    Call arguments:
        ids: Integer tensor `(batch, length)`, as `encode` gives.
        training: Boolean, passed on to the core.

    Input shape:
        `(batch, length)`.

    Output shape:
        `(batch, output_length + 1, len(vocabulary) + 1)`, logits; class 0 ends.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.layers import RelationalMemory
        >>> core = RelationalMemory(2, 8, return_sequences=True)
        >>> model = RelationalRNNSeq2Seq(core, "'0123456789", input_length=6, output_length=4)
        >>> x, y, weights = model.training_batch(["'12'", "'345'"], ["12", "345"])
        >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> model.compile("adam", loss=loss, weighted_metrics=["accuracy"])
        >>> history = model.fit(x, y, sample_weight=weights, verbose=0)
        >>> len(model.execute(["'12'"]))
        1

    References:
        - [Santoro et al., 2018](https://arxiv.org/abs/1806.01822), sections 4.2 and 5.2
    """

    def __init__(
        self, core, vocabulary, input_length, output_length, mlp=(256, 256, 256, 256), **kwargs
    ):
        if not getattr(core, "return_sequences", False):
            raise ValueError(f"`core` must be a layer with `return_sequences`. Received: {core!r}")
        super().__init__(core, len(vocabulary) + 1, mlp, **kwargs)
        self.tokenizer = CharTokenizer(vocabulary)
        self.input_length = check_size("input_length", input_length)
        self.output_length = check_size("output_length", output_length)
        self.build((None, None))

    def build(self, ids_shape):
        super().build((None, None, len(self.tokenizer)))

    def call(self, ids, training=False):
        check_ids("ids", ids, len(self.tokenizer) + 1)
        read = ids > 0
        characters = ops.one_hot(ops.maximum(ids - 1, 0), len(self.tokenizer))
        characters = ops.where(read[..., None], characters, 0.0)
        steps = self.output_length + 1
        x = ops.pad(characters, ((0, 0), (0, steps), (0, 0)))
        mask = ops.pad(ops.cast(read, "int32"), ((0, 0), (0, steps)), constant_values=1)
        x = self.core(ops.cast(x, self.compute_dtype), mask=ops.cast(mask, "bool"))[:, -steps:]
        return self._classify(x)

    def compute_output_shape(self, ids_shape):
        return (ids_shape[0], self.output_length + 1, len(self.tokenizer) + 1)

    def encode(self, programs):
        """Return programs as integers `(batch, input_length)`, padded with 0 on the right.

        Raises:
            ValueError: If a program is empty, too long, or has unknown characters.
        """
        return self._encode(programs, self.input_length, "programs")

    def _encode(self, texts, length, name):
        ids = np.zeros((len(texts), length), "int32")
        for row, text in zip(ids, texts, strict=True):
            if not 0 < len(text) <= length:
                raise ValueError(f"`{name}` must have 1 to {length} characters. Received: {text!r}")
            row[: len(text)] = self.tokenizer.encode(text) + 1
        return ids

    def training_batch(self, programs, results):
        """Return `(x, y, sample_weight)` for `fit`; the end counts as a character."""
        y = self._encode(results, self.output_length + 1, "results")
        lengths = (y > 0).sum(axis=1, keepdims=True)
        weights = (np.arange(y.shape[1])[None] <= lengths).astype("float32")
        return self.encode(programs), y, weights

    def probabilities(self, programs):
        """Return the distribution of every written character, `(batch, steps, classes)`."""
        return self._probabilities(ids=self.encode(programs))

    @compiled
    def _probabilities(self, ids):
        return ops.softmax(ops.cast(self(ids), wide(self.compute_dtype)))

    def execute(self, programs):
        """Return the results that the model writes for programs.

        Args:
            programs: Sequence of strings.

        Returns:
            List of strings.

        Raises:
            ValueError: If a program is empty, too long, or has unknown characters.
        """
        classes = self.probabilities(programs).argmax(axis=-1)
        ends = np.where((classes == END).any(axis=1), (classes == END).argmax(axis=1), None)
        return [
            self.tokenizer.decode(row[:end] - 1) for row, end in zip(classes, ends, strict=True)
        ]

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": self.tokenizer.vocabulary,
            "input_length": self.input_length,
            "output_length": self.output_length,
        }

"""Recurrent classifiers with a relational memory (Santoro et al., 2018)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.applications.relational_rnns.core_and_classifier import CoreAndClassifier
from keras_readinglist.datasets.nth_farthest import encode_questions
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RelationalRNNClassifier(CoreAndClassifier):
    """A recurrent core reads a sequence; a network of ReLU layers classifies its last output.

    The paper's figures: "nth farthest" with 8 vectors of 16 numbers is answered rightly in 91 % of
    the cases by the relational memory, in less than 30 % by LSTM and DNC.

    Args:
        num_classes: Positive integer.
        core: A recurrent layer that returns its last output: `RelationalMemory`, `LSTM`, `NTM`.
        mlp: Sequence of positive integers, the widths of the hidden layers of the classifier.
        **kwargs: Base model keyword arguments.

    Call arguments:
        sequences: Float tensor `(batch, time, features)`.
        mask: Boolean tensor `(batch, time)` or `None`.

    Input shape:
        `(batch, time, features)`.

    Output shape:
        `(batch, num_classes)`, logits.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.datasets import nth_farthest
        >>> from keras_readinglist.layers import RelationalMemory
        >>> model = RelationalRNNClassifier(4, RelationalMemory(4, 8), mlp=(16,))
        >>> inputs, labels = nth_farthest(8, num_objects=4, dim=2, rng=0)
        >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> model.compile("adam", loss=loss, metrics=["accuracy"])
        >>> history = model.fit(inputs, labels, verbose=0)
        >>> square = np.array([[0, 0], [0, 1], [1, 0], [0.1, 0.1]])
        >>> model.farthest(square, labels=[0, 1, 2, 3], n=0, reference=3).shape
        (4,)

    References:
        - [Santoro et al., 2018, Relational recurrent neural
          networks](https://arxiv.org/abs/1806.01822), sections 4.1 and 5.1
    """

    def __init__(self, num_classes, core, mlp=(256, 256, 256, 256), **kwargs):
        check_size("num_classes", num_classes)
        if not isinstance(core, keras.layers.Layer):
            raise ValueError(f"`core` must be a Keras layer. Received: core={core!r}")
        super().__init__(core, num_classes, mlp, **kwargs)
        self.num_classes = num_classes

    def call(self, sequences, mask=None, training=False):
        return self._classify(self.core(sequences, mask=mask, training=training))

    def compute_output_shape(self, sequences_shape):
        return (sequences_shape[0], self.num_classes)

    def farthest(self, vectors, labels, n, reference):
        """Answer which of several vectors is the n-th farthest from another one.

        Args:
            vectors: Float array `(objects, dim)`, numbers in [-1, 1], in order of reading.
            labels: Integers, a permutation of 0 to `objects - 1`.
            n: Integer, the rank asked for; 0 is the farthest.
            reference: Integer, the label of the vector to measure from.

        Returns:
            Float array `(num_classes,)`, the probability of every label.

        Raises:
            ValueError: If the question does not fit the model.
        """
        return self.trace(encode_question(vectors, labels, n, reference))["probabilities"][0]

    def trace(self, sequences):
        """Return the answers, and everything that happens inside the core.

        Args:
            sequences: Float array `(batch, time, features)`.

        Returns:
            Dictionary of `"probabilities"` `(batch, num_classes)`, and what the `trace` of the core
            keeps: `"attention"` and gates of a `RelationalMemory`, gates of an `LSTM`.

        Raises:
            ValueError: If the sequences do not fit the model.
        """
        sequences = np.asarray(sequences, wide(self.compute_dtype))
        expected = (self.num_classes, self.features)
        if sequences.ndim != 3 or sequences.shape[1:] != expected:
            raise ValueError(
                f"`sequences` must have the shape {(None, *expected)}. "
                f"Received shape: {sequences.shape}"
            )
        return self._trace(sequences=sequences)

    @compiled
    def _trace(self, sequences):
        outputs, _, tracks = self.core.trace(sequences)
        return {**tracks, "probabilities": self._softmax(outputs[:, -1])}

    def _softmax(self, x):
        return ops.softmax(ops.cast(self._classify(x), wide(self.compute_dtype)))

    @property
    def features(self):
        """The number of features of the inputs."""
        return self.get_build_config()["input_shape"][-1]

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


def encode_question(vectors, labels, n, reference):
    """Return the rows `(1, objects, features)` of one question; arguments as for `farthest`."""
    vectors, labels = np.asarray(vectors, "float64"), np.asarray(labels)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ValueError(
            f"`vectors` must be finite, (objects, dim). Received shape: {vectors.shape}"
        )
    count = len(vectors)
    if sorted(labels.tolist()) != list(range(count)):
        raise ValueError(
            f"`labels` must be a permutation of 0 to {count - 1}. Received: {labels.tolist()}"
        )
    for name, value in (("n", n), ("reference", reference)):
        if value not in range(count):
            raise ValueError(f"`{name}` must lie in 0 to {count - 1}. Received: {value}")
    return encode_questions(vectors[None], labels[None], np.array([n]), np.array([reference]))

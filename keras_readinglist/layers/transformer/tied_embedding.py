"""One matrix that turns tokens into vectors, and vectors into scores of tokens."""

import keras
from keras import ops

from keras_readinglist.layers.precision import project
from keras_readinglist.layers.validation import check_ids, check_shape, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class TiedEmbedding(keras.layers.Layer):
    """An embedding whose transpose gives the logits.

    With entries of variance `1 / dim` an embedding multiplied by `sqrt(dim)` has unit variance, and
    the logits of normalized vectors stay tame.

    Args:
        vocab_size: Positive integer, the number of tokens.
        dim: Positive integer, the width of a vector.
        scale: Boolean, whether vectors are multiplied by `sqrt(dim)`. Logits are not.
        initializer: Initializer of the matrix. Defaults to a normal one of variance `1 / dim`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Int tensor of tokens; with `reverse` a float tensor `(batch, ..., dim)`.
        reverse: Boolean, whether to give logits.

    Input shape:
        `(batch, ...)`, tokens; with `reverse` `(batch, ..., dim)`.

    Output shape:
        `(batch, ..., dim)`; with `reverse` `(batch, ..., vocab_size)`.

    Raises:
        ValueError: If an argument is out of range, or a token is (where tokens are known).

    Example:
        >>> layer = TiedEmbedding(vocab_size=10, dim=4)
        >>> vectors = layer(np.array([[1, 2, 3]]))
        >>> layer(vectors, reverse=True).shape
        (1, 3, 10)

    References:
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.4
        - [Press, Wolf, 2017](https://arxiv.org/abs/1608.05859)
    """

    def __init__(self, vocab_size, dim, scale=True, initializer=None, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.vocab_size = check_size("vocab_size", vocab_size)
        self.dim, self.scale = check_size("dim", dim), scale
        default = keras.initializers.RandomNormal(stddev=dim**-0.5)
        self.initializer = default if initializer is None else keras.initializers.get(initializer)

    def build(self, inputs_shape=None):
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.vocab_size, self.dim), initializer=self.initializer
        )

    def call(self, inputs, reverse=False):
        matrix = ops.cast(self.embeddings, self.compute_dtype)
        if reverse:
            layout = f"({', '.join('_' * len(inputs.shape))})"
            check_shape("inputs", inputs.shape, layout, width=self.dim)
            return project(ops.cast(inputs, self.compute_dtype), ops.transpose(matrix))
        check_ids("inputs", inputs, self.vocab_size)
        vectors = ops.take(matrix, ops.cast(inputs, "int32"), axis=0)
        return vectors * self.dim**0.5 if self.scale else vectors

    def compute_output_shape(self, inputs_shape, reverse=False):
        if reverse:
            return (*inputs_shape[:-1], self.vocab_size)
        return (*inputs_shape, self.dim)

    def compute_output_spec(self, inputs, reverse=False):
        shape = self.compute_output_shape(inputs.shape, reverse)
        return keras.KerasTensor(shape, self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "vocab_size": self.vocab_size,
            "dim": self.dim,
            "scale": self.scale,
            "initializer": keras.initializers.serialize(self.initializer),
        }

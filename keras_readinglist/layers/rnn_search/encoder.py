"""The reader: a gated recurrent unit in both directions."""

import keras
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.recurrent import GRU
from keras_readinglist.layers.validation import check_shape, check_size

_WORDS = "(batch, length, features)"


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RNNSearchEncoder(keras.layers.Layer):
    """Annotates every word of a sentence with what stands before and behind it.

    A gated recurrent unit reads forwards, another backwards, and the annotation of a word is
    `h_j = [h_j forwards; h_j backwards]`. The reset gate multiplies the state before the product,
    and the update gate the new state, as printed.

    Args:
        units: Positive integer, the width of each direction.
        bidirectional: Boolean; `False` for the forward direction alone, as in the encoder-decoder
            without attention. Defaults to `True`.
        kernel_initializer: Initializer of the input weights; recurrent ones are orthogonal.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        words: Float tensor `(batch, length, features)`.
        mask: Boolean tensor `(batch, length)`; words that are `False` are left out in both
            directions, may be anything, even NaN, and get an annotation of zeros.

    Input shape:
        `(batch, length, features)`.

    Output shape:
        The annotations `(batch, length, 2 * units)`, and the last state `(batch, units)` of the
        direction that ends last: backwards, at the first word, if there are both.

    Raises:
        ValueError: If an argument is out of range or a shape does not fit.

    Example:
        >>> annotations, last = RNNSearchEncoder(4)(np.ones((2, 5, 3)))
        >>> annotations.shape, last.shape
        ((2, 5, 8), (2, 4))

    References:
        - [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473), section 3.2 and A.2.1
    """

    def __init__(self, units, bidirectional=True, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.units, self.bidirectional = check_size("units", units), bidirectional
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.forward_layer = self._direction(False)
        self.backward_layer = self._direction(True) if bidirectional else None
        self.supports_masking, self.supports_jit = True, self.forward_layer.supports_jit

    def _direction(self, backwards):
        return GRU(
            self.units,
            reset_after=False,
            update_convention="olah",
            go_backwards=backwards,
            return_sequences=True,
            return_state=True,
            zero_output_for_mask=True,
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
            dtype=self.dtype_policy,
            name="backward" if backwards else "forward",
        )

    def build(self, words_shape):
        check_shape("words", words_shape, _WORDS)
        self.forward_layer.build(words_shape)
        if self.bidirectional:
            self.backward_layer.build(words_shape)

    def call(self, words, mask=None):
        annotations, last = self.forward_layer(words, mask=mask)
        if self.bidirectional:
            read_last, last = self.backward_layer(words, mask=mask)
            annotations = ops.concatenate([annotations, ops.flip(read_last, axis=1)], axis=-1)
        return annotations, last

    def compute_output_shape(self, words_shape):
        width = self.units * (2 if self.bidirectional else 1)
        return (*words_shape[:2], width), (words_shape[0], self.units)

    def compute_output_spec(self, words, mask=None):
        check_shape("words", words.shape, _WORDS)
        types = self.compute_dtype, wide(self.compute_dtype)
        return tuple(map(keras.KerasTensor, self.compute_output_shape(words.shape), types))

    def compute_mask(self, words, mask=None):
        return mask, None

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "bidirectional": self.bidirectional,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

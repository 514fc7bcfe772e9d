"""Dropout of sequences: the factors of one draw, and the same units for a whole sequence."""

import keras
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_rate, check_shape


def keep_factors(shape, rate, seed, dtype):
    """Draw what is multiplied: 0 with probability `rate`, and else `1 / (1 - rate)`."""
    return keras.random.dropout(ops.ones(shape, dtype=dtype), rate, seed=seed)


def drop(x, rate, seed, locked=False):
    """Drop values of a sequence in one operation for all steps.

    The factors are float32 or better, whatever the type of `x`: 1 / 0.35 is no bfloat16.

    Args:
        x: Float tensor `(batch, time, features)`.
        rate: Float in [0, 1).
        seed: `keras.random.SeedGenerator`.
        locked: Boolean, whether all steps of a sequence lose the same features.
    """
    if not rate:
        return x
    batch, time, features = ops.shape(x)
    dtype = wide(keras.backend.standardize_dtype(x.dtype))
    factors = keep_factors((batch, 1 if locked else time, features), rate, seed, dtype)
    return ops.cast(ops.cast(x, dtype) * factors, x.dtype)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class LockedDropout(keras.layers.Layer):
    """Dropout of the same features at all steps of a sequence.

    What is kept is scaled by `1 / (1 - rate)`, in float32 also under mixed precision.

    Args:
        rate: Float in [0, 1), the share of features dropped.
        seed: Integer seed of the masks, or `None`.
        **kwargs: Base layer arguments.

    Call arguments:
        inputs: Float tensor `(batch, time, features)`.
        training: Boolean, whether anything is dropped.

    Input shape:
        `(batch, time, features)`.

    Output shape:
        As the input.

    Raises:
        ValueError: If the rate is out of range or the input has no time axis.

    Example:
        >>> dropped = LockedDropout(0.5, seed=0)(np.ones((1, 3, 8)), training=True)
        >>> bool((dropped[:, 0] == dropped[:, 2]).all())
        True

    References:
        - [Gal, Ghahramani, 2016](https://arxiv.org/abs/1512.05287)
        - [Merity, Keskar, Socher, 2017](https://arxiv.org/abs/1708.02182), section 4.2
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate, self.seed = check_rate("rate", rate), seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, "(batch, time, features)")

    def call(self, inputs, training=False):
        return drop(inputs, self.rate, self.seed_generator, locked=True) if training else inputs

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}

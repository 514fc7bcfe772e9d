"""Spectrograms with pieces of time and of frequency left out, in training (Park et al., 2019)."""

import keras
from keras import ops

from keras_readinglist.layers import masking
from keras_readinglist.layers.validation import check_shape, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class SpecAugment(keras.layers.Layer):
    """SpecAugment: bands of frequencies and stretches of time become zero, in training alone.

    Every clip draws its own. A band is `f ~ U{0 .. frequency_width}` bins wide; a stretch is
    `t ~ U{0 .. time_width}` steps long, at most `time_share` of its clip, and lies within it. They
    may overlap. Zero is the mean of a normalized spectrogram. Time is not warped.

    Args:
        frequency_width: Integer of at least 0, `F`. Defaults to 15.
        frequency_masks: Integer of at least 0, `m_F`, how many bands. Defaults to 2.
        time_width: Integer of at least 0, `T`. Defaults to 70.
        time_masks: Integer of at least 0, `m_T`, how many stretches. Defaults to 2.
        time_share: Float in [0, 1], `p`, the most of a clip that one stretch takes. Defaults to
            0.2.
        seed: Integer or `None`.
        **kwargs: Base layer keyword arguments.

    Call arguments:
        inputs: Float tensor `(batch, time, frequencies)`.
        mask: Boolean tensor `(batch, time)`, `False` behind the end of a clip.
        training: Boolean. Without training the output is the input.

    Input shape:
        `(batch, time, frequencies)`.

    Output shape:
        That of the input.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> layer = SpecAugment(frequency_width=3, time_width=10, seed=0)
        >>> layer(np.ones((2, 50, 8)), training=True).shape
        (2, 50, 8)

    References:
        - [Park et al., 2019](https://arxiv.org/abs/1904.08779), section 2
    """

    def __init__(
        self,
        frequency_width=15,
        frequency_masks=2,
        time_width=70,
        time_masks=2,
        time_share=0.2,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.frequency_width = check_size("frequency_width", frequency_width, 0)
        self.frequency_masks = check_size("frequency_masks", frequency_masks, 0)
        self.time_width = check_size("time_width", time_width, 0)
        self.time_masks = check_size("time_masks", time_masks, 0)
        if not 0 <= time_share <= 1:
            raise ValueError(f"`time_share` must lie in [0, 1]. Received: time_share={time_share}")
        self.time_share, self.seed = time_share, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, "(batch, time, frequencies)")

    def call(self, inputs, mask=None, training=False):
        mask = masking.as_mask(mask, "inputs", inputs)
        if not training:
            return inputs
        batch, time = ops.shape(inputs)[0], ops.shape(inputs)[1]
        bins = inputs.shape[2]
        if mask is None:
            steps = ops.zeros((batch, 1), "float32") + ops.cast(time, "float32")
        else:
            steps = ops.sum(ops.cast(mask, "float32"), axis=1, keepdims=True)
        all_bins = ops.zeros((batch, 1), "float32") + bins
        longest = ops.minimum(float(self.time_width), ops.floor(self.time_share * steps))
        widest = ops.minimum(float(self.frequency_width), all_bins)
        band = self._pieces(self.frequency_masks, all_bins, widest, bins)
        stretch = self._pieces(self.time_masks, steps, longest, time)
        left_out = ops.logical_or(stretch[:, :, None], band[:, None, :])
        return ops.where(left_out, ops.zeros_like(inputs), inputs)

    def _pieces(self, count, lengths, widest, size):
        """Return where pieces of axes lie, Boolean `(batch, size)`.

        Args:
            count: Integer, how many pieces.
            lengths: Float tensor `(batch, 1)`, how much of the axis there is.
            widest: Float tensor `(batch, 1)`, the most that a piece takes.
            size: Integer or scalar tensor, the length of the axis.
        """
        # In float32 whatever the policy: half precision cannot count the steps of a long clip.
        draws = keras.random.uniform(
            (2, ops.shape(lengths)[0], count), dtype="float32", seed=self.seed_generator
        )
        width = ops.minimum(ops.floor(draws[0] * (widest + 1)), widest)
        room = lengths - width
        start = ops.minimum(ops.floor(draws[1] * (room + 1)), room)
        at = ops.cast(ops.arange(size), "float32")[None, None]
        inside = ops.logical_and(at >= start[..., None], at < (start + width)[..., None])
        return ops.any(inside, axis=1)

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "frequency_width": self.frequency_width,
            "frequency_masks": self.frequency_masks,
            "time_width": self.time_width,
            "time_masks": self.time_masks,
            "time_share": self.time_share,
            "seed": self.seed,
        }

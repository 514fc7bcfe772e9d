"""The front end: power of short windows of sound, by frequency, on a logarithmic scale."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.backend import known
from keras_readinglist.layers import masking
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import (
    check_choice,
    check_positive,
    check_shape,
    check_size,
)

NORMALIZATIONS = ("global", "utterance", "none")
LOUDNESS = 0.05  # root mean square that `power_normalize` gives a clip
SILENCE = 1e-4  # and the least it divides by
SMALLEST = 1e-3  # the smallest standard deviation that is divided by


@keras.saving.register_keras_serializable(package="keras_readinglist")
class LogSpectrogram(keras.layers.Layer):
    """Log-spectrogram, `log(|rfft(window * frame)|^2 / sum(window^2) + log_offset)`.

    Frames are not centred and nothing is padded: a frame knows nothing of samples behind it, so
    that sound which arrives in pieces gives the same frames. `n` samples have
    `1 + (n - frame_length) // frame_step` of them, none if they do not fill one window.

    Args:
        sample_rate: Positive integer, samples per second. Defaults to 8000.
        frame_length_ms: Positive integer, the window. Defaults to 20.
        frame_step_ms: Positive integer, from one window to the next. Defaults to 10.
        log_offset: Positive float, relative to the power of full scale. Defaults to 1e-10.
        power_normalize: Boolean, whether every clip gets the same loudness first. Needs the whole
            clip, so it cannot stream. Defaults to `False`.
        normalization: `"global"` for mean 0 and deviation 1 of each frequency over what `adapt`
            saw, `"utterance"` for those of all values of a clip (cannot stream), or `"none"`.
        **kwargs: Base layer keyword arguments.

    Call arguments:
        audio: Float tensor `(batch, samples)` in [-1, 1].
        mask: Boolean tensor `(batch, samples)`, `False` behind the end of a clip.

    Input shape:
        `(batch, samples)`.

    Output shape:
        `(batch, frames, frame_length // 2 + 1)`, zeros behind the end of a clip.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> LogSpectrogram(8000)(np.ones((2, 800))).shape
        (2, 9, 81)

    References:
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595), section 3.1
    """

    def __init__(
        self,
        sample_rate=8000,
        frame_length_ms=20,
        frame_step_ms=10,
        log_offset=1e-10,
        power_normalize=False,
        normalization="global",
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        self.sample_rate = check_size("sample_rate", sample_rate)
        self.frame_length_ms = check_size("frame_length_ms", frame_length_ms)
        self.frame_step_ms = check_size("frame_step_ms", frame_step_ms)
        self.frame_length = check_size("frame_length", sample_rate * frame_length_ms // 1000, 2)
        self.frame_step = check_size("frame_step", sample_rate * frame_step_ms // 1000)
        self.log_offset = check_positive("log_offset", log_offset)
        self.power_normalize = power_normalize
        self.normalization = check_choice("normalization", normalization, NORMALIZATIONS)
        self.bins = self.frame_length // 2 + 1
        turns = np.arange(self.frame_length) / self.frame_length
        self.window = 0.5 - 0.5 * np.cos(2 * np.pi * turns)  # periodic Hann
        self.supports_masking = True

    @property
    def streams(self):
        """Whether a frame depends on nothing but its own samples."""
        return not self.power_normalize and self.normalization != "utterance"

    def build(self, audio_shape):
        check_shape("audio", (*audio_shape, 1), "(batch, samples)", "(batch, samples, 1)")
        if self.normalization == "global":
            self.mean, self.deviation = (
                self.add_weight(
                    name=name,
                    shape=(self.bins,),
                    initializer=start,
                    trainable=False,
                    autocast=False,
                )
                for name, start in (("mean", "zeros"), ("deviation", "ones"))
            )

    def adapt(self, clips):
        """Measure mean and deviation of each frequency over clips.

        Args:
            clips: Iterable of NumPy arrays `(samples,)`.

        Raises:
            ValueError: If normalization is not `"global"`, or no clip fills a window.
        """
        if self.normalization != "global":
            raise ValueError(
                "`adapt` needs `normalization='global'`. "
                f"Received: normalization={self.normalization!r}"
            )
        if not self.built:
            self.build((None, None))
        count, total, squares = 0, 0.0, 0.0
        for clip in clips:
            rows = self.log_power(clip)
            count, total, squares = (
                count + len(rows),
                total + rows.sum(0),
                squares + (rows**2).sum(0),
            )
        if not count:
            raise ValueError(f"`clips` must hold one of at least {self.frame_length} samples.")
        mean = total / count
        variance = np.maximum(squares / count - mean**2, SMALLEST**2)
        self.mean.assign(mean)
        self.deviation.assign(np.sqrt(variance))

    def log_power(self, clip):
        """Return the log-spectrogram of one clip by NumPy, before normalization.

        Args:
            clip: Array `(samples,)`.

        Returns:
            Array `(frames, bins)`, float64.
        """
        clip = np.asarray(clip, "float64")
        if self.power_normalize and clip.size:
            clip = clip * (LOUDNESS / max(np.sqrt(np.mean(clip**2)), SILENCE))
        if len(clip) < self.frame_length:
            return np.zeros((0, self.bins))
        frames = np.lib.stride_tricks.sliding_window_view(clip, self.frame_length)
        power = np.abs(np.fft.rfft(frames[:: self.frame_step] * self.window)) ** 2
        return np.log(power / np.sum(self.window**2) + self.log_offset)

    def call(self, audio, mask=None):
        dtype = wide(self.compute_dtype)
        mask = masking.as_mask(mask, "audio", audio)
        audio = masking.blank(ops.cast(audio, dtype), mask)
        if self.power_normalize:
            audio = audio * _gain(audio, mask)
        features = ops.log(self._power(audio) + self.log_offset)
        shown = self.compute_mask(audio, mask)
        if self.normalization == "global":
            features = (features - self.mean) / self.deviation
        elif self.normalization == "utterance":
            features = _standardized(features, shown)
        return ops.cast(masking.blank(features, shown), self.compute_dtype)

    def _power(self, audio):
        """Return the power of all whole windows by frequency, `(batch, frames, bins)`."""
        batch, samples = audio.shape
        if batch == 0 or (known(samples) is not None and samples < self.frame_length):
            shape = (ops.shape(audio)[0], self.count(samples or 0), self.bins)
            return ops.zeros(shape, dtype=audio.dtype)
        frames = ops.extract_sequences(audio, self.frame_length, self.frame_step)
        window = ops.convert_to_tensor(self.window, dtype=audio.dtype)
        real, imaginary = ops.rfft(frames * window)
        power = ops.square(real) + ops.square(imaginary)
        return ops.cast(power, audio.dtype) / np.sum(self.window**2)

    def compute_mask(self, audio, mask=None):
        """Return which frames are whole, `(batch, frames)`: their last sample is in the clip."""
        return None if mask is None else mask[:, self.frame_length - 1 :: self.frame_step]

    def compute_output_shape(self, audio_shape):
        batch, samples = audio_shape
        return (batch, None if samples is None else self.count(samples), self.bins)

    def count(self, samples):
        """Return how many frames a number of samples, or an array of such numbers, has."""
        more = (samples - self.frame_length) // self.frame_step
        return np.maximum(0, 1 + more) if isinstance(samples, np.ndarray) else max(0, 1 + more)

    def get_config(self):
        names = (
            "sample_rate",
            "frame_length_ms",
            "frame_step_ms",
            "log_offset",
            "power_normalize",
            "normalization",
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _gain(audio, mask):
    """Return the factor `(batch, 1)` that gives clips, zero where masked, the same loudness."""
    shown = ops.ones_like(audio) if mask is None else ops.cast(mask, audio.dtype)
    count = ops.maximum(ops.sum(shown, axis=1, keepdims=True), 1.0)
    power = ops.sum(ops.square(audio), axis=1, keepdims=True) / count
    return LOUDNESS / ops.sqrt(ops.maximum(power, SILENCE**2))


def _standardized(features, mask):
    """Return features with mean 0 and deviation 1 over all valid values of each clip."""
    shown = ops.ones_like(features[..., :1])
    shown = shown if mask is None else ops.cast(mask, features.dtype)[..., None]
    axes, bins = (1, 2), features.shape[-1]
    count = ops.maximum(ops.sum(shown, axis=axes, keepdims=True) * bins, 1.0)
    centred = features - ops.sum(features * shown, axis=axes, keepdims=True) / count
    variance = ops.sum(ops.square(centred) * shown, axis=axes, keepdims=True) / count
    return centred / ops.sqrt(ops.maximum(variance, SMALLEST**2))

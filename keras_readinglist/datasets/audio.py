"""Sound as arrays: WAV files of all usual kinds, other rates, and batches of clips.

Samples are float32; full scale is 1.
"""

import io
import math
import os
import pathlib
import wave
from fractions import Fraction

import numpy as np

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_CHANNELS = ("refuse", "mean")


def read_wav(source) -> tuple[np.ndarray, int]:
    """Return the samples of a WAV file and its rate.

    Integers of 8, 16, 24 or 32 bits and floats of 32 or 64 are read. What the file says is not
    changed: floats may be beyond full scale, or no numbers.

    Args:
        source: Path of the file, or its content as bytes.

    Returns:
        Float32 array `(samples, channels)`, and the samples per second.

    Raises:
        ValueError: If it is no such file, or is cut off.

    References:
        - [IBM and Microsoft, 1991](https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html)
    """
    content, name = _content(source)
    chunks = dict(_chunks(content, name))
    form, data = chunks.get(b"fmt ", b""), chunks.get(b"data")
    if len(form) < 16 or data is None:
        raise ValueError(f"{name} is no whole WAV file: it lacks a format or samples.")
    header = np.frombuffer(form, "<u2,<u2,<u4,<u4,<u2,<u2", 1)[0].tolist()
    kind, channels, rate, _, frame, bits = header
    if kind == _EXTENSIBLE and len(form) >= 26:
        kind = int.from_bytes(form[24:26], "little")
    if (kind, bits) not in _READERS or not channels or not rate or frame * 8 != channels * bits:
        raise ValueError(
            f"{name} must hold integers of 8, 16, 24 or 32 bits or floats of 32 or 64. "
            f"Received: format {kind}, {bits} bits, {channels} channels, {rate} Hz"
        )
    if len(data) % frame:
        raise ValueError(f"{name} is cut off: its last sample is not whole.")
    samples = _READERS[kind, bits](data)
    return samples.astype("float32").reshape(-1, channels), rate


def read_audio(source, sample_rate, resample=False, channels="refuse") -> np.ndarray:
    """Return one clip as a model needs it, from a WAV file or an array.

    Args:
        source: Path of a WAV file, its content as bytes, or a pair of samples and their rate;
            samples are floats or integers, `(n,)` or `(n, channels)`.
        sample_rate: Positive integer, the samples per second that are needed.
        resample: Boolean, whether another rate is changed into that one. Defaults to `False`.
        channels: `"refuse"`, or `"mean"` for the mean of several. Defaults to `"refuse"`.

    Returns:
        Float32 array `(n,)`, which may be empty.

    Raises:
        ValueError: If the clip has another rate or several channels and may not be changed, or
            holds what is no finite number.

    Example:
        >>> read_audio((np.array([0, 16384], "int16"), 8000), 8000).tolist()
        [0.0, 0.5]
    """
    if channels not in _CHANNELS:
        raise ValueError(f"`channels` must be one of {_CHANNELS}. Received: {channels!r}")
    pair = isinstance(source, tuple)
    samples, rate = source if pair else read_wav(source)
    samples = _full_scale(np.asarray(samples))
    if samples.ndim == 2 and samples.shape[1] == 1:
        samples = samples[:, 0]
    if samples.ndim == 2 and channels == "mean":
        samples = samples.mean(axis=1)
    if samples.ndim != 1:
        raise ValueError(
            f"`source` must have one channel, or `channels='mean'`. Received shape: {samples.shape}"
        )
    if not np.isfinite(samples).all():
        count = np.count_nonzero(~np.isfinite(samples))
        raise ValueError(
            f"`source` must hold finite numbers. Received: {count} of {len(samples)} are NaN or "
            "infinite"
        )
    if rate != sample_rate:
        if not resample:
            raise ValueError(
                f"`source` must have {sample_rate} samples per second, or `resample=True`. "
                f"Received: {rate}"
            )
        samples = change_rate(samples, rate, sample_rate)
    return samples.astype("float32")


def change_rate(samples: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Return a clip with another number of samples per second, its frequencies as they were.

    What the new rate cannot hold is cut off, by the Fourier transform of the clip with silence
    behind it.

    Args:
        samples: Float array `(n,)`.
        rate: Positive integer, its samples per second.
        new_rate: Positive integer.

    Returns:
        Array of the same type, of `ceil(n new_rate / rate)` samples.

    Raises:
        ValueError: If a rate is not positive.

    Example:
        >>> change_rate(np.zeros(441), 44100, 8000).shape
        (80,)
    """
    for name, value in (("rate", rate), ("new_rate", new_rate)):
        if value != int(value) or value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}")
    ratio = Fraction(int(new_rate), int(rate))
    wanted = math.ceil(len(samples) * ratio)
    if ratio == 1 or not wanted:
        return samples[:wanted]
    # As much silence as keeps the end from running into the beginning, and a whole period.
    periods = _even_length(-(-(len(samples) + int(rate) // 20) // ratio.denominator))
    padded = np.pad(samples, (0, periods * ratio.denominator - len(samples)))
    size = periods * ratio.numerator
    spectrum = np.fft.rfft(padded)[: size // 2 + 1]
    return (np.fft.irfft(spectrum, size)[:wanted] * float(ratio)).astype(samples.dtype)


def pad_clips(clips, multiple=1) -> tuple[np.ndarray, np.ndarray]:
    """Return clips as one batch, with silence behind the shorter ones.

    Args:
        clips: Sequence of arrays `(n,)`.
        multiple: Positive integer, of which the batch's length is a multiple: fewer lengths are
            fewer programs to compile. Defaults to 1.

    Returns:
        Float32 array `(batch, samples)`, and the lengths `(batch,)`, int32.

    Example:
        >>> samples, lengths = pad_clips([np.ones(3), np.ones(1)], multiple=4)
        >>> samples.shape, lengths.tolist()
        ((2, 4), [3, 1])
    """
    lengths = np.array([len(clip) for clip in clips], "int32")
    size = -(-max(lengths, default=0) // multiple) * multiple
    samples = np.zeros((len(clips), size), "float32")
    for row, clip in zip(samples, clips, strict=True):
        row[: len(clip)] = clip
    return samples, lengths


def write_wav(samples, sample_rate: int) -> bytes:
    """Return a clip as the content of a WAV file of 16 bits; what is beyond full scale is cut.

    Args:
        samples: Float array `(n,)` or `(n, channels)`.
        sample_rate: Positive integer.
    """
    samples = np.asarray(samples)
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        whole = np.clip(np.round(samples * 2**15), -(2**15), 2**15 - 1)
        file.writeframes(whole.astype("<i2").tobytes())
    return content.getvalue()


def _even_length(least):
    """Return the next length that divides by twos, threes and fives down to at most 15.

    A transform of a length with a large prime takes some times as long.
    """
    while True:
        rest = least
        for prime in (2, 3, 5):
            while rest % prime == 0 and rest > 15:
                rest //= prime
        if rest <= 15:
            return least
        least += 1


def _content(source):
    """Return the bytes of a file, and what to call it."""
    if isinstance(source, (bytes, bytearray)):
        return bytes(source), "The content"
    path = pathlib.Path(os.fspath(source)).expanduser()
    return path.read_bytes(), str(path)


def _chunks(content, name):
    """Yield the names and contents of the chunks of a RIFF file."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise ValueError(f"{name} is no WAV file.")
    at = 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + size > len(content):
            raise ValueError(
                f"{name} is cut off: of {size} bytes {len(content) - at - 8} are there."
            )
        yield content[at : at + 4], content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _full_scale(samples):
    """Return integers as parts of full scale; floats as they are."""
    if samples.dtype.kind == "f":
        return samples
    if samples.dtype.kind not in "iu":
        raise ValueError(f"`source` must hold numbers. Received: {samples.dtype}")
    half = 2.0 ** (8 * samples.dtype.itemsize - 1)
    offset = half if samples.dtype.kind == "u" else 0.0
    return ((samples.astype("float64") - offset) / half).astype("float32")


def _of_24_bits(data):
    """Three bytes are the upper ones of four."""
    wide = np.zeros((len(data) // 3, 4), "uint8")
    wide[:, 1:] = np.frombuffer(data, "uint8").reshape(-1, 3)
    return _full_scale(wide.view("<i4")[:, 0])


_READERS = {
    (_PCM, 8): lambda data: _full_scale(np.frombuffer(data, "uint8")),
    (_PCM, 16): lambda data: _full_scale(np.frombuffer(data, "<i2")),
    (_PCM, 24): _of_24_bits,
    (_PCM, 32): lambda data: _full_scale(np.frombuffer(data, "<i4")),
    (_FLOAT, 32): lambda data: np.frombuffer(data, "<f4"),
    (_FLOAT, 64): lambda data: np.frombuffer(data, "<f8"),
}

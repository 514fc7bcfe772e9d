"""Sound as it is given: one channel, finite, and padded to one of few lengths."""

import numpy as np

SHORTEST = 4000  # samples; longer clips are padded to one of four lengths an octave


def check_clip(audio):
    """Return a clip as float32 `(samples,)`; int16 is brought to [-1, 1].

    Args:
        audio: Array `(samples,)` of floats or of int16.

    Raises:
        ValueError: If it has another shape or type, or is not finite.
    """
    audio = np.asarray(audio)
    if audio.ndim != 1:
        raise ValueError(
            "`audio` must be one channel, of the shape (samples,): average those of stereo first. "
            f"Received shape: {audio.shape}"
        )
    if audio.dtype == np.int16:
        return audio.astype("float32") / 32768
    if audio.size and audio.dtype.kind != "f":
        raise ValueError(f"`audio` must be floats or int16. Received: {audio.dtype.name}")
    if not np.isfinite(audio).all():
        raise ValueError("`audio` must be finite. Received: NaN or infinity among the samples")
    return audio.astype("float32")


def padded_clips(clips):
    """Return clips as one batch.

    Programs are compiled per shape, so both axes take few sizes.

    Args:
        clips: List of arrays `(samples,)`.

    Returns:
        Dictionary of `"audio"`, float32 `(rows, samples)`, and `"length"`, int32 `(rows,)`. Rows
        are a power of two: behind the clips there are empty ones.
    """
    samples = padded_length(max(map(len, clips)))
    rows = power_of_two(len(clips))
    audio, length = np.zeros((rows, samples), "float32"), np.zeros(rows, "int32")
    for index, clip in enumerate(clips):
        audio[index, : len(clip)], length[index] = clip, len(clip)
    return {"audio": audio, "length": length}


def padded_length(samples):
    """Return the length to pad to: of four to an octave, and at most a fifth longer."""
    step = SHORTEST // 4
    while samples > 8 * step:
        step *= 2
    return max(SHORTEST, -(-samples // step) * step)


def power_of_two(count):
    """Return the smallest power of two that is not less."""
    return 1 << max(0, count - 1).bit_length()

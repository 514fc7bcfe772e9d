"""Clips in batches of few sizes, since programs are compiled per shape."""

import numpy as np

from keras_readinglist.datasets.audio import pad_clips

SHORTEST = 4000  # samples; longer clips are padded to one of four lengths an octave


def padded_clips(clips):
    """Return clips as one batch, both axes of few sizes.

    Args:
        clips: List of arrays `(samples,)`.

    Returns:
        Dictionary of `"audio"`, float32 `(rows, samples)`, and `"length"`, int32 `(rows,)`. Rows
        are a power of two: behind the clips there are empty ones.
    """
    silent = [np.zeros(0, "float32")] * (power_of_two(len(clips)) - len(clips))
    audio, length = pad_clips([*clips, *silent])
    missing = padded_length(audio.shape[1]) - audio.shape[1]
    return {"audio": np.pad(audio, ((0, 0), (0, missing))), "length": length}


def padded_length(samples):
    """Return the length to pad to: of four to an octave, and at most a fifth longer."""
    step = SHORTEST // 4
    while samples > 8 * step:
        step *= 2
    return max(SHORTEST, -(-samples // step) * step)


def power_of_two(count):
    """Return the smallest power of two that is not less."""
    return 1 << max(0, count - 1).bit_length()

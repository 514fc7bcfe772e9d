"""One recording as many: other speeds and pitches, in rooms, in noise, near and far.

Sounds are float arrays `(samples,)`; what is drawn comes from a `numpy.random.Generator`. Changing
a second of sound in all ways takes about 3 ms.
"""

import numpy as np

from keras_readinglist.datasets.audio import change_rate

_WINDOW, _SEARCH = 0.03, 0.005  # seconds, of what is joined to another tempo


def augmented(
    sound,
    rng,
    sample_rate=8000,
    speed=(0.9, 1.1),
    pitch=(-4.0, 4.0),
    room=(0.1, 0.4),
    noise=(5.0, 25.0),
    gain=(-10.0, 6.0),
    floor=-60.0,
    shares=(0.5, 0.5, 0.4, 0.4),
):
    """Return a sound as another voice might have said it elsewhere; each change is drawn anew.

    Args:
        sound: Float array `(samples,)`.
        rng: `numpy.random.Generator`.
        sample_rate: Positive integer.
        speed: Pair of floats, the factors that `change_speed` draws from.
        pitch: Pair of floats, the semitones that `change_pitch` draws from.
        room: Pair of floats, the seconds that `add_room` draws from.
        noise: Pair of floats, the decibels that `add_noise` draws from.
        gain: Pair of floats, decibels, of all sounds.
        floor: Float, the decibels below full scale of white noise in all sounds: a sound that was
            lowered has nothing left at the highest frequencies, as no recording has.
        shares: Four floats in [0, 1], how many sounds have another speed, another pitch, a room and
            noise.

    Returns:
        Float32 array.

    Example:
        >>> sound = np.sin(np.arange(4000) / 3)
        >>> again = [augmented(sound, np.random.default_rng(seed)) for seed in (0, 0, 1)]
        >>> np.array_equal(again[0], again[1]), np.array_equal(again[0], again[2])
        (True, False)

    References:
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595), section 5.2, noise
        - [Ko et al., 2015](https://www.isca-archive.org/interspeech_2015/ko15_interspeech.html)
    """
    if not len(sound):
        return np.zeros(0, "float32")
    chosen = rng.random(4) < shares
    if chosen[0]:
        sound = change_speed(sound, rng.uniform(*speed))
    if chosen[1]:
        sound = change_pitch(sound, rng.uniform(*pitch), sample_rate)
    if chosen[2]:
        sound = add_room(sound, rng.uniform(*room), rng, sample_rate)
    if chosen[3]:
        sound = add_noise(sound, rng.uniform(*noise), rng)
    sound = sound * 10 ** (rng.uniform(*gain) / 20)
    return (sound + rng.normal(0, 10 ** (floor / 20), len(sound))).astype("float32")


def change_speed(sound, factor):
    """Return a sound as if played faster by a factor, and higher by it; to the hundredth.

    Args:
        sound: Float array `(samples,)`.
        factor: Positive float.
    """
    return change_rate(sound, max(1, round(100 * factor)), 100)


def change_tempo(sound, factor, sample_rate=8000):
    """Return a sound that is faster by a factor and as high as before.

    Pieces are taken further apart, or nearer, and joined where they go on as the piece before did.

    Args:
        sound: Float array `(samples,)`.
        factor: Positive float.
        sample_rate: Positive integer.

    References:
        - Verhelst, Roelands, 1993, An overlap-add technique based on waveform similarity (WSOLA)
    """
    hop, search = int(_WINDOW * sample_rate) // 2, int(_SEARCH * sample_rate)
    wanted = round(len(sound) / factor)
    steps = wanted // hop + 1
    window = np.hanning(2 * hop + 1)[:-1]
    # Silence on both sides, so that every piece is whole.
    padded = np.pad(sound, (search + hop, 3 * hop + 2 * search + int(hop * factor)))
    out, last = np.zeros((steps + 2) * hop), None
    for k in range(steps + 1):
        first = round(k * hop * factor) + search
        if last is not None:
            follows = padded[last + hop : last + 3 * hop]
            around = padded[first - search : first + search + 2 * hop]
            first += int(np.argmax(np.correlate(around, follows, "valid"))) - search
        out[k * hop : (k + 2) * hop] += window * padded[first : first + 2 * hop]
        last = first
    return out[hop : hop + wanted].astype(sound.dtype)


def change_pitch(sound, semitones, sample_rate=8000):
    """Return a sound that is as long as before and higher; a voice's resonances move with it.

    Args:
        sound: Float array `(samples,)`.
        semitones: Float, twelve of which double all frequencies.
        sample_rate: Positive integer.
    """
    faster = change_speed(sound, 2 ** (semitones / 12))
    if not len(faster):
        return sound
    return change_tempo(faster, len(faster) / len(sound), sample_rate)


def add_room(sound, seconds, rng, sample_rate=8000, ratio=6.0):
    """Return a sound as heard in a room, of the same length and power.

    Its echo is noise that fades by 60 decibels in so many seconds.

    Args:
        sound: Float array `(samples,)`.
        seconds: Positive float.
        rng: `numpy.random.Generator`.
        sample_rate: Positive integer.
        ratio: Float, decibels of the direct sound above all of its echo.
    """
    times = np.arange(1, int(seconds * sample_rate) + 1) / sample_rate
    echo = rng.standard_normal(len(times)) * 10 ** (-3 * times / seconds)
    echo *= 10 ** (-ratio / 20) / np.sqrt(np.sum(np.square(echo)) + 1e-12)
    response = np.concatenate([[1.0], echo])
    size = 1 << (len(sound) + len(response) - 1).bit_length()
    heard = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)
    heard = heard[: len(sound)]
    power = np.sum(np.square(heard))
    return (heard * np.sqrt(np.sum(np.square(sound)) / power) if power else heard).astype(
        sound.dtype
    )


def add_noise(sound, level, rng):
    """Return a sound with white noise, so many decibels below the sound's mean power.

    Args:
        sound: Float array `(samples,)`.
        level: Float, decibels.
        rng: `numpy.random.Generator`.
    """
    if not len(sound):
        return sound
    deviation = np.sqrt(np.mean(np.square(sound)) * 10 ** (-level / 10))
    return (sound + deviation * rng.standard_normal(len(sound))).astype(sound.dtype)


def telephone(sound, sample_rate=8000, band=(300.0, 3400.0)):
    """Return a sound as a telephone carries it: without what is below or above its band.

    The edges are a quarter of an octave wide, beyond the band, or end at half the sample rate.

    Args:
        sound: Float array `(samples,)`.
        sample_rate: Positive integer, more than twice the upper frequency.
        band: Pair of floats, the lowest and the highest frequency that is kept, in hertz.

    Raises:
        ValueError: If the band is empty, or beyond what the sample rate holds.

    Example:
        >>> deep = np.sin(2 * np.pi * 100 * np.arange(8000) / 8000)
        >>> bool(np.abs(telephone(deep)[1000:-1000]).max() < 1e-3)
        True
    """
    low, high = band
    if not 0 < low < high < sample_rate / 2:
        raise ValueError(
            f"`band` must rise and lie between 0 and half of `sample_rate`, {sample_rate / 2}. "
            f"Received: band={band}"
        )
    if not len(sound):
        return sound
    # Silence behind the sound keeps its end from running into its beginning.
    size = 1 << (len(sound) + sample_rate // 10).bit_length()
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    edge = 2**0.25
    below, above = low / edge, min(high * edge, sample_rate / 2)
    gain = np.interp(frequencies, (below, low, high, above), (0.0, 1.0, 1.0, 0.0))
    # A raised cosine rings for less time than a straight edge.
    gain = 0.5 - 0.5 * np.cos(np.pi * gain)
    return np.fft.irfft(np.fft.rfft(sound, size) * gain, size)[: len(sound)].astype(sound.dtype)

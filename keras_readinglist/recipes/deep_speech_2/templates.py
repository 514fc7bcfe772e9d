"""What words were told by before: the nearest of all recordings, warped in time.

Dynamic time warping finds the pairing of frames, in order, that differs least; a word is that of
the recording which costs least. Nothing is trained.
"""

import numpy as np

from keras_readinglist.datasets.spoken_digit import SAMPLE_RATE, WORDS
from keras_readinglist.layers import LogSpectrogram
from keras_readinglist.metrics import word_error_rate
from keras_readinglist.recipes.deep_speech_2.digits import SPEAKERS, clips, held_out
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, as_computed

_BINS = 4  # frequencies that are averaged: what differs between them is pitch
_TEMPLATES = {
    "left_out": None,
    "takes": 45,
    "test_digits": (1, 1),
    "test_strings": 200,
    "seeds": (0,),
}
REDUCED = FULL = {"templates": _TEMPLATES}


def compare(config, callbacks):
    """Name single digits by the recordings of training, without one speaker's."""
    known = clips("train")
    if config["left_out"] is not None:
        known = known.leave_out(config["left_out"])[0]
    known = known[known.takes > known.takes.max() - config["takes"]]
    recorded = [features(clip) for clip in known.clips]
    found = {}
    for split in ("validation", "test"):
        sounds, texts = held_out(config, split)
        costs = [warping_costs(features(sound), recorded) for sound in sounds]
        heard = [WORDS[known.labels[np.argmin(each)]] for each in costs]
        found[f"{split}_wer"] = word_error_rate(heard, texts)
    return found


def features(sound):
    """Return the log-spectra `(time, features)` of a sound, without what is the same in all."""
    frames = LogSpectrogram(SAMPLE_RATE, log_offset=1e-6).log_power(sound)
    frames = frames[:, : frames.shape[1] // _BINS * _BINS]
    frames = frames.reshape(len(frames), -1, _BINS).mean(axis=-1)
    return frames - frames.mean(axis=0)


def warping_costs(frames, recorded):
    """Return what the best pairing with each recording costs, a frame.

    Args:
        frames: Array `(time, features)`.
        recorded: List of such arrays.

    Returns:
        Float array `(len(recorded),)`.
    """
    lengths = np.array([len(each) for each in recorded])
    stacked = np.zeros((len(recorded), lengths.max(), frames.shape[1]))
    for each, row in zip(recorded, stacked, strict=True):
        row[: len(each)] = each
    squares = np.square(stacked).sum(axis=-1)
    # Of frame `i` the costs of all pairings that end at each frame of each recording.
    total = None
    for frame in frames:
        far = np.sqrt(np.maximum(squares + frame @ frame - 2 * stacked @ frame, 0)).T
        if total is None:
            total = np.cumsum(far, axis=0)
            continue
        least = np.minimum(total[1:], total[:-1])
        now = np.empty_like(total)
        now[0] = total[0] + far[0]
        for j in range(1, len(far)):
            now[j] = np.minimum(least[j - 1], now[j - 1]) + far[j]
        total = now
    return total[lengths - 1, np.arange(len(recorded))] / (len(frames) + lengths)


EXPERIMENTS = {"templates": Experiment(compare, as_computed, {"takes": 1, "test_strings": 2})}
RUNS = {
    f"templates_without_{speaker}": Run("templates", {"left_out": speaker}) for speaker in SPEAKERS
}
CLAIMS = tuple(
    Claim(
        f"Single digits of {speaker.title()}, who was never heard: against the nearest recording",
        f"without_{speaker}_augmented/test_wer",
        goal=None,
        baseline=f"templates_without_{speaker}/test_wer",
        higher_is_better=False,
        note="Of four others, by dynamic time warping.",
    )
    for speaker in SPEAKERS
)

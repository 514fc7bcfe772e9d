"""The exhibit of speech: streams of pieces of any size, and sound of every kind of file."""

import struct

import numpy as np
import pytest

from demos.exhibits import deep_speech_2 as exhibit
from keras_readinglist.datasets.audio import write_wav

GOOD = {"transcribe": ["Theo", None, 20, 250, exhibit.GREEDY, exhibit.PLAIN]}
BAD = {"transcribe": ["Nobody", None, 60, 100, exhibit.GREEDY, exhibit.PLAIN]}
TONE = 0.4 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 48_000)


def test_the_default_page_writes_what_is_said():
    picture, answer = exhibit.default()
    said = next(iter(exhibit.clips().values()))[0]
    assert answer.count(said) == 3 and "the same text" in answer and "CC BY-SA 4.0" in answer
    assert "audio/wav" in picture and "520 ms behind" in picture
    assert picture.count("data-at") > len(said.replace(" ", ""))
    assert exhibit.tour() == f"said: {said}; written: {said}"


@pytest.mark.parametrize("piece", [160, 777, 10**5])
@pytest.mark.parametrize("way", [exhibit.GREEDY, exhibit.DIGITS])
def test_pieces_of_any_size_give_the_same(piece, way):
    sound, _ = exhibit.heard("George", noise=15)
    found = exhibit.run(exhibit.PRESET, lambda model: exhibit.listen(sound, piece, way, model))
    assert found["difference"] < 1e-3 and found["texts"][-1] == found["written"][way]
    assert found["steps"] == sorted(found["steps"]) and found["fed"][-1] == len(sound)
    assert len(found["texts"]) == -(-len(sound) // piece) + 1


def wav(samples, rate=48_000, width=2, kind=1):
    """Return a WAV file of integers of 8 to 32 bits, or of floats."""
    samples = np.asarray(samples, float)
    if kind == 3:
        data = samples.astype("<f4").tobytes()
    else:
        whole = np.round(samples * (2 ** (8 * width - 1) - 1)).astype("<i4")
        if width == 1:
            whole = whole + 128
        data = whole.reshape(-1, 1).view("u1").reshape(-1, 4)[:, :width].tobytes()
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    width = 4 if kind == 3 else width
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * channels * width, channels * width,
                       8 * width)  # fmt: skip
    chunks = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", len(chunks) + len(data)) + chunks + data


@pytest.fixture
def file(tmp_path):
    def written(content):
        (tmp_path / "voice.wav").write_bytes(content)
        return str(tmp_path / "voice.wav")

    return written


@pytest.mark.once
@pytest.mark.parametrize(
    "content",
    [wav(TONE, width=w) for w in (1, 2, 3, 4)]
    + [wav(TONE, kind=3), wav(np.stack([TONE, TONE], 1), width=3), wav(TONE[::6], rate=8000)],
    ids=["8 bits", "16", "24", "32", "floats", "stereo", "8 kHz"],
)
def test_a_recording_of_every_kind_is_the_same_tone(file, content):
    sound, said = exhibit.heard(None, file(content))
    assert said is None and len(sound) == 4000
    spectrum = np.abs(np.fft.rfft(sound))
    assert spectrum.argmax() == 220 and np.abs(sound).max() == pytest.approx(0.5, abs=1e-6)


@pytest.mark.once
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "WAV"),
        (b"RIFF and no more", "WAV"),
        (wav(TONE)[:-1], "cut off"),
        (wav(np.zeros(0)), "nothing to be heard"),
        (wav(np.zeros(8000)), "nothing to be heard"),
        (wav([0.1, np.nan, 0.2], kind=3), "finite"),
        (write_wav(np.zeros(13 * 8000), 8000), "12 seconds"),
    ],
    ids=["empty", "no WAV", "cut", "no samples", "silence", "NaN", "too long"],
)
def test_bad_recordings(file, content, words):
    with pytest.raises(ValueError, match=words):
        exhibit.heard(None, file(content))


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Nobody", None, 60, 100, exhibit.GREEDY], "The clip"),
        (["Theo", "/nowhere.wav", 60, 100, exhibit.GREEDY], "cannot be read"),
        (["Theo", None, "loud", 100, exhibit.GREEDY], "The noise"),
        (["Theo", None, 60, "x", exhibit.GREEDY], "The piece"),
        (["Theo", None, 60, 100, "by ear"], "What is written"),
        (["Theo", None, 60, 100, exhibit.GREEDY, "none"], "The network"),
    ],
)
def test_bad_controls(arguments, words):
    with pytest.raises(ValueError, match=words):
        exhibit.show(*arguments)

"""WAV files of all kinds are read as they were written; what a model cannot take is refused."""

import io
import struct
import wave

import numpy as np
import pytest

from keras_readinglist.datasets.audio import (
    change_rate,
    pad_clips,
    read_audio,
    read_wav,
    write_wav,
)

pytestmark = pytest.mark.once
SAMPLES = np.array([0.0, 0.5, -0.5, -1.0, 0.25, 0.9921875])


def riff(form, data, extra=b""):
    body = b"WAVE" + extra + b"fmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def header(kind, bits, channels=1, rate=8000):
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, bits)


def packed(kind, bits):
    """The samples as bytes of a format, by struct and one at a time."""
    if kind == 3:
        return struct.pack(f"<{len(SAMPLES)}{'f' if bits == 32 else 'd'}", *SAMPLES)
    whole = [int(x * 2 ** (bits - 1)) + (128 if bits == 8 else 0) for x in SAMPLES]
    return b"".join(v.to_bytes(bits // 8, "little", signed=bits > 8) for v in whole)


@pytest.mark.parametrize("kind, bits", [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)])
def test_every_format_gives_the_samples(kind, bits, tmp_path):
    content = riff(header(kind, bits), packed(kind, bits), extra=b"LIST\3\0\0\0abc\0")
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    for source in (content, path, str(path)):
        samples, rate = read_wav(source)
        assert rate == 8000 and samples.dtype == "float32"
        np.testing.assert_allclose(samples[:, 0], SAMPLES, atol=1e-7)
    extensible = header(0xFFFE, bits) + struct.pack("<HHIH", 22, bits, 0, kind) + bytes(14)
    np.testing.assert_allclose(read_wav(riff(extensible, packed(kind, bits)))[0][:, 0], SAMPLES)


def test_equals_the_standard_library_in_stereo():
    stereo = np.stack([SAMPLES, -SAMPLES / 2], axis=1)
    content = write_wav(stereo, 44100)
    with wave.open(io.BytesIO(content)) as file:
        frames = np.frombuffer(file.readframes(9), "<i2").reshape(-1, 2)
        assert (file.getframerate(), file.getnchannels()) == (44100, 2)
    samples, rate = read_wav(content)
    np.testing.assert_array_equal(samples, frames / 2**15)
    mono = read_audio(content, 44100, channels="mean")
    np.testing.assert_allclose(mono, stereo.mean(axis=1), atol=1e-4)
    with pytest.raises(ValueError, match=r"one channel, .*`channels='mean'`.* \(6, 2\)"):
        read_audio(content, 44100)


def test_a_long_file_and_a_high_rate_are_read():
    samples, rate = read_wav(riff(header(1, 8, channels=2, rate=192_000), bytes(140_000)))
    assert samples.shape == (70_000, 2) and rate == 192_000


def test_what_is_beyond_full_scale_is_cut():
    samples, _ = read_wav(write_wav(np.array([2.0, -2.0]), 8000))
    np.testing.assert_allclose(samples[:, 0], [1 - 2**-15, -1.0])


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is no WAV file"),
        (b"ID3" + bytes(40), "is no WAV file"),
        (riff(header(1, 16), packed(1, 16))[:-3], "is cut off: of 12 bytes 9"),
        (riff(header(1, 16), b"abc"), "its last sample is not whole"),
        (riff(header(7, 8), b"abc"), "Received: format 7, 8 bits"),
        (riff(header(1, 12), b"abc"), "Received: format 1, 12 bits"),
        (riff(header(1, 16, channels=0), b""), "0 channels"),
        (riff(header(1, 16)[:9], b""), "lacks a format"),
    ],
)
def test_files_that_are_none_are_named(content, message, tmp_path):
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"bad.wav .*{message}|bad.wav {message}"):
        read_wav(path)
    with pytest.raises(ValueError, match=f"The content .*{message}|The content {message}"):
        read_wav(content)


def test_bad_clips_are_refused_in_words():
    clip = np.zeros(8, "float32")
    for source, message in (
        ((clip, 16000), "8000 samples per second, or `resample=True`. Received: 16000"),
        ((np.array([0, np.nan, np.inf]), 8000), "2 of 3 are NaN or infinite"),
        ((np.zeros((2, 2, 2)), 8000), r"Received shape: \(2, 2, 2\)"),
        ((np.array(["a"]), 8000), "must hold numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            read_audio(source, 8000)
    with pytest.raises(ValueError, match="`channels` must be one of"):
        read_audio((clip, 8000), 8000, channels="left")
    assert read_audio((clip[:0], 8000), 8000).shape == (0,)
    assert read_audio(write_wav(clip[:0], 8000), 8000).shape == (0,)
    assert read_audio((np.zeros((4, 1)), 8000), 8000).shape == (4,)
    assert read_audio((clip, 16000), 8000, resample=True).shape == (4,)


def test_integers_are_parts_of_full_scale():
    for dtype, samples in (
        ("int16", [-(2**15), 2**14]),
        ("int32", [-(2**31), 2**30]),
        ("uint8", [0, 192]),
    ):
        clip = read_audio((np.array(samples, dtype), 8000), 8000)
        np.testing.assert_array_equal(clip, [-1.0, 0.5])


@pytest.mark.parametrize("rates", [(44100, 8000), (8000, 16000), (22050, 8000), (8000, 7919)])
def test_a_tone_stays_the_same_tone_at_another_rate(rates):
    rate, new_rate = rates
    clips = [
        np.sin(2 * np.pi * 440 * np.arange(int(0.3 * r)) / r) * np.hanning(int(0.3 * r))
        for r in rates
    ]
    changed = change_rate(clips[0], rate, new_rate)
    assert abs(len(changed) - len(clips[1])) <= 1
    size = min(len(changed), len(clips[1]))
    np.testing.assert_allclose(changed[:size], clips[1][:size], atol=2e-3)


def test_changing_the_rate_agrees_with_scipy_and_cuts_what_the_rate_cannot_hold():
    signal = pytest.importorskip("scipy.signal")
    rng = np.random.default_rng(0)
    smooth = np.convolve(rng.standard_normal(2000), np.hanning(41) / 20, "same") * np.hanning(2000)
    theirs = signal.resample_poly(smooth, 3, 4)
    np.testing.assert_allclose(change_rate(smooth, 16000, 12000), theirs, atol=0.02)
    high = np.sin(2 * np.pi * 6000 * np.arange(16000) / 16000) * np.hanning(16000)
    assert np.abs(change_rate(high, 16000, 8000)).max() < 1e-3
    assert np.abs(change_rate(high, 16000, 15000)).max() > 0.9
    with pytest.raises(ValueError, match="`new_rate` must be a positive integer"):
        change_rate(high, 16000, 0)


def test_clips_of_a_batch_have_silence_behind():
    samples, lengths = pad_clips([np.ones(3), np.zeros(0), np.ones(5)], multiple=4)
    assert samples.shape == (3, 8) and samples.dtype == "float32" and lengths.tolist() == [3, 0, 5]
    np.testing.assert_array_equal(samples.sum(axis=1), lengths)
    assert pad_clips([])[0].shape == (0, 0)

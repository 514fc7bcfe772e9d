"""Sounds keep what a change does not mean, and change by as much as they are told."""

import numpy as np
import pytest

from keras_readinglist.datasets.audio_augmentation import (
    add_noise,
    add_room,
    augmented,
    change_pitch,
    change_speed,
    change_tempo,
    telephone,
)

pytestmark = pytest.mark.once
RATE = 8000
TONE = (0.3 * np.sin(2 * np.pi * 400 * np.arange(RATE) / RATE)).astype("float32")


def frequency(sound):
    """The frequency of the middle half's largest component, in hertz."""
    middle = sound[len(sound) // 4 : 3 * len(sound) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 4 * RATE))
    return np.argmax(spectrum) / 4


@pytest.mark.parametrize("factor", [0.8, 0.93, 1.1, 1.25])
def test_speed_and_tempo(factor):
    faster = change_speed(TONE, factor)
    assert len(faster) == pytest.approx(RATE / factor, abs=1)
    assert frequency(faster) == pytest.approx(400 * factor, rel=0.005)
    hurried = change_tempo(TONE, factor)
    assert len(hurried) == pytest.approx(RATE / factor, abs=1)
    assert frequency(hurried) == pytest.approx(400, rel=0.01)
    middle = hurried[1000:-1000]  # no piece works against the one before
    assert np.std(middle) == pytest.approx(np.std(TONE), rel=0.05)


def test_tempo_one_is_the_sound_itself():
    rng = np.random.default_rng(0)
    sound = rng.standard_normal(4000)
    np.testing.assert_allclose(change_tempo(sound, 1.0), sound, atol=1e-9)
    np.testing.assert_array_equal(change_speed(sound, 1.0), sound)


@pytest.mark.parametrize("semitones", [-5, -1, 3, 5])
def test_pitch_changes_and_the_length_stays(semitones):
    changed = change_pitch(TONE, semitones)
    assert changed.shape == TONE.shape and changed.dtype == TONE.dtype
    assert frequency(changed) == pytest.approx(400 * 2 ** (semitones / 12), rel=0.01)
    clicks = np.zeros(RATE)
    clicks[[2000, 6000]] = 1.0
    heard = np.flatnonzero(np.abs(change_pitch(clicks, semitones)) > 0.1)
    assert np.abs(np.array([heard.min(), heard.max()]) - [2000, 6000]).max() < 0.02 * RATE


def test_a_room_fades_as_it_is_told_and_keeps_the_power():
    click = np.zeros(RATE)
    click[0] = 1.0
    heard = add_room(click, 0.4, np.random.default_rng(0), ratio=0.0)
    energy = np.cumsum(np.square(heard)[::-1])[::-1]
    level = 10 * np.log10(energy[1:] / energy[1])
    fades = np.polyfit(np.arange(1600) / RATE, level[:1600], 1)[0]
    assert fades == pytest.approx(-60 / 0.4, rel=0.1)
    direct, echo = heard[0] ** 2, np.square(heard[1:]).sum()
    assert direct == pytest.approx(echo) and direct + echo == pytest.approx(1)
    assert np.square(add_room(TONE, 0.2, np.random.default_rng(1))).sum() == pytest.approx(
        np.square(TONE).sum(), rel=1e-4
    )
    assert (add_room(np.zeros(9), 0.2, np.random.default_rng(0)) == 0).all()


@pytest.mark.parametrize("level", [0.0, 10.0, 25.0])
def test_noise_has_its_level(level):
    noise = add_noise(TONE, level, np.random.default_rng(0)) - TONE
    got = 10 * np.log10(np.mean(np.square(TONE)) / np.mean(np.square(noise)))
    assert got == pytest.approx(level, abs=0.3)


def test_no_frequency_is_left_empty():
    speech = np.random.default_rng(0).standard_normal(RATE) * 0.1
    lowered = augmented(speech, np.random.default_rng(1), pitch=(-4, -4), shares=(0, 1, 0, 0))
    power = np.square(np.abs(np.fft.rfft(lowered))) / len(lowered)
    levels = 10 * np.log10(power.reshape(-1)[: 40 * 100].reshape(40, 100).mean(axis=1))
    assert levels[-1] == pytest.approx(-60, abs=1) and levels[:30].min() > -40


def test_all_together_is_seeded_finite_and_takes_any_length():
    rng = np.random.default_rng(0)
    for length in (0, 1, 7, 300, 4000):
        sound = rng.standard_normal(length).astype("float32") * 0.1
        for seed in range(8):
            changed = augmented(sound, np.random.default_rng(seed))
            assert changed.dtype == "float32" and np.isfinite(changed).all()
            assert 0.9 * length - 1 <= len(changed) <= 1.12 * length + 1
            np.testing.assert_array_equal(changed, augmented(sound, np.random.default_rng(seed)))
    still = augmented(TONE, np.random.default_rng(0), gain=(0, 0), floor=-200, shares=(0, 0, 0, 0))
    np.testing.assert_allclose(still, TONE, atol=1e-6)
    lengths = {len(augmented(TONE, np.random.default_rng(seed))) for seed in range(20)}
    assert len(lengths) > 5


@pytest.mark.parametrize(("hertz", "gain"), [(100, 0), (240, 0), (300, 1), (1000, 1), (3400, 1)])
def test_a_telephone_keeps_its_band_alone(hertz, gain):
    tone = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE).astype("float32")
    heard = telephone(tone)
    assert heard.dtype == tone.dtype and len(heard) == len(tone)
    middle = slice(2000, -2000)
    np.testing.assert_allclose(heard[middle], gain * tone[middle], atol=0.01)


def test_a_telephone_of_another_rate_and_of_nothing():
    hiss = np.random.default_rng(0).standard_normal(2 * RATE)
    power = np.square(np.abs(np.fft.rfft(telephone(hiss, 2 * RATE))))  # a bin a hertz
    assert power[4100:].mean() < 1e-4 * power[300:3400].mean()
    assert len(telephone(np.zeros(0))) == 0
    for band in ((300, 4000), (0, 3400), (900, 800)):
        with pytest.raises(ValueError, match="`band` must rise"):
            telephone(hiss, RATE, band)

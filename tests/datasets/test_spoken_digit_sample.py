"""Spoken digits that come with the package."""

import numpy as np
import pytest

from keras_readinglist.datasets import load
from keras_readinglist.datasets.loading import DatasetNotFoundError

pytestmark = pytest.mark.once


def test_every_digit_of_every_speaker_is_there_once():
    sample = load("spoken_digit_sample", "test")
    pairs = {
        (speaker, digit) for speaker, digit in zip(sample.speakers, sample.labels, strict=True)
    }
    assert len(sample) == len(pairs) == 50
    assert all(clip.dtype == np.float32 and np.abs(clip).max() <= 1 for clip in sample.clips)


def test_the_clips_are_those_of_the_data_set():
    try:
        whole = load("spoken_digit", "test")
    except DatasetNotFoundError as missing:
        pytest.skip(f"needs data: {missing}")
    sample, first = load("spoken_digit_sample", "test"), whole[whole.takes == 0]
    np.testing.assert_array_equal(sample.labels, first.labels)
    for mine, theirs in zip(sample.clips, first.clips, strict=True):
        np.testing.assert_array_equal(mine, theirs)

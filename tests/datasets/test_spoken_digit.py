"""Spoken digits are read from the archive, split by takes, left out by speaker, and joined."""

import io
import tarfile

import numpy as np
import pytest

from keras_readinglist import datasets
from keras_readinglist.datasets import spoken_digit
from keras_readinglist.datasets.audio import write_wav

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three digits of two speakers, takes 0 to 11; a clip is a constant that tells which it is."""
    directory = tmp_path_factory.mktemp("data")
    path = directory / spoken_digit.DATASET.path
    path.parent.mkdir()
    with tarfile.open(path, "w:gz") as archive:
        for take in range(12):
            for speaker in ("ann", "bob"):
                for digit in (0, 3, 7):
                    content = write_wav(np.full(100 + take, 0.05 * (digit + 1)), 8000)
                    member = tarfile.TarInfo(f"fsdd/recordings/{digit}_{speaker}_{take}.wav")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
        archive.addfile(tarfile.TarInfo("fsdd/README.md"), io.BytesIO())
    return directory


def test_splits_by_takes(folder):
    for split, takes in (("test", range(5)), ("validation", range(5, 10)), ("train", (10, 11))):
        digits = datasets.load("spoken_digit", split, data_dir=folder)
        assert len(digits) == 6 * len(takes) and set(digits.takes) == set(takes)
        for clip, label, take in zip(digits.clips, digits.labels, digits.takes, strict=True):
            assert clip.dtype == "float32" and len(clip) == 100 + take
            np.testing.assert_allclose(clip, 0.05 * (label + 1), atol=1e-4)


def test_a_speaker_left_out_is_in_the_other_part_alone(folder):
    digits = datasets.load("spoken_digit", "test", data_dir=folder)
    others, bob = digits.leave_out("bob")
    assert set(others.speakers) == {"ann"} and set(bob.speakers) == {"bob"}
    assert len(others) + len(bob) == len(digits)
    with pytest.raises(ValueError, match="`speaker` must be one of ann, bob. Received: 'eve'"):
        digits.leave_out("eve")


def test_strings_are_of_one_speaker_with_silence_between(folder):
    digits = datasets.load("spoken_digit", "test", data_dir=folder)
    sounds, texts = spoken_digit.connected(digits, 20, gain=(0, 0), noise=-90.0, seed=1)
    levels = {0.05 * (digit + 1): spoken_digit.WORDS[digit] for digit in (0, 3, 7)}
    counts = set()
    for sound, text in zip(sounds, texts, strict=True):
        loud = np.concatenate([[False], sound > 0.02, [False]])
        starts, ends = (np.flatnonzero(np.diff(loud.astype(int)) == sign) for sign in (1, -1))
        heard = [levels[min(levels, key=lambda x: abs(x - sound[at]))] for at in starts]  # noqa: B023
        assert " ".join(heard) == text
        assert set(ends - starts) <= set(range(100, 105))
        pauses = np.concatenate([starts[:1], starts[1:] - ends[:-1], [len(sound) - ends[-1]]])
        assert (pauses >= 200).all() and (pauses <= 1200).all()
        counts.add(len(heard))
    assert counts <= set(range(1, 8)) and len(counts) > 3


def test_strings_are_seeded_and_their_gains_differ(folder):
    digits = datasets.load("spoken_digit", "test", data_dir=folder)
    first, again, other = (spoken_digit.connected(digits, 5, seed=s) for s in (3, 3, 4))
    assert first[1] == again[1] != other[1]
    assert all(map(np.array_equal, first[0], again[0]))
    peaks = [sound.max() for sound in first[0]]
    assert min(peaks) > 0.01 and max(peaks) < 0.45
    quiet = spoken_digit.connected(digits, 1, gain=(-200, -200), seed=0)[0][0]
    assert 20 * np.log10(quiet.std()) == pytest.approx(-60, abs=0.5)


def test_a_damaged_archive_is_named(tmp_path):
    path = tmp_path / spoken_digit.DATASET.path
    path.parent.mkdir()
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="tar.gz cannot be read as spoken_digit"):
        datasets.load("spoken_digit", "train", data_dir=tmp_path)


def test_examples_of_tensorflow_datasets_are_the_same(folder):
    archive = datasets.load("spoken_digit", "validation", data_dir=folder)
    whole = spoken_digit.read(folder / spoken_digit.DATASET.path)
    rows = [
        {"audio": np.round(clip * 2**15).astype("int64"), "label": label,
         "audio/filename": f"{label}_{speaker}_{take}.wav".encode()}
        for clip, label, speaker, take in zip(
            whole.clips, whole.labels, whole.speakers, whole.takes, strict=True)
    ]  # fmt: skip
    there = spoken_digit.from_tfds(lambda split: reversed(rows), "validation")
    np.testing.assert_array_equal(there.labels, archive.labels)
    np.testing.assert_array_equal(there.speakers, archive.speakers)
    assert all(map(np.array_equal, there.clips, archive.clips))


@pytest.mark.skipif(datasets.find("spoken_digit") is None, reason="the set is not on this machine")
def test_the_published_set():
    digits = datasets.load("spoken_digit", "test")
    assert len(digits) == 250 and len(set(digits.speakers)) == 5
    assert (np.bincount(digits.labels) == 25).all()

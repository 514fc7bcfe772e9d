"""The Free Spoken Digit Dataset: five people say the digits fifty times each, at 8 kHz.

Takes 0 to 4 are for testing, as its authors split it; here 5 to 9 are for validation.
"""

import pathlib
import tarfile
from dataclasses import dataclass

import numpy as np

from keras_readinglist.datasets.audio import read_audio
from keras_readinglist.datasets.loading import SPLITS, Dataset, File

SAMPLE_RATE = 8000
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TAKES = {"test": range(5), "validation": range(5, 10), "train": range(10, 50)}
_NAME = "free-spoken-digit-dataset-1.0.9"


@dataclass(frozen=True)
class SpokenDigits:
    """Clips of single digits.

    Args:
        clips: Tuple of float32 arrays `(samples,)`, full scale 1.
        labels: Int array `(n,)`, the digits.
        speakers: Array of strings `(n,)`.
        takes: Int array `(n,)`, the how manieth time a speaker says the digit.
    """

    clips: tuple[np.ndarray, ...]
    labels: np.ndarray
    speakers: np.ndarray
    takes: np.ndarray

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, rows) -> "SpokenDigits":
        """Return some of the clips, chosen by a Boolean mask, integers or a slice."""
        kept = np.arange(len(self))[rows]
        clips = tuple(self.clips[i] for i in kept)
        return SpokenDigits(clips, self.labels[kept], self.speakers[kept], self.takes[kept])

    def leave_out(self, speaker: str) -> tuple["SpokenDigits", "SpokenDigits"]:
        """Return the clips of all other speakers, and those of one.

        Args:
            speaker: String.

        Raises:
            ValueError: If nobody here has that name.
        """
        own = self.speakers == speaker
        if not own.any():
            known = ", ".join(np.unique(self.speakers))
            raise ValueError(f"`speaker` must be one of {known}. Received: {speaker!r}")
        return self[~own], self[own]


def connected(
    digits: SpokenDigits,
    count: int,
    length=(1, 7),
    silence=(0.025, 0.15),
    gain=(-12.0, 0.0),
    noise=-60.0,
    seed=0,
) -> tuple[list[np.ndarray], list[str]]:
    """Join clips of a speaker to strings of digits, with silence between them and faint noise.

    Args:
        digits: Clips.
        count: Integer, how many strings.
        length: Pair of integers, the fewest and the most digits of a string.
        silence: Pair of floats, the shortest and the longest silence before, between and behind
            digits, in seconds.
        gain: Pair of floats, the least and the largest gain of a clip in decibels.
        noise: Float, the level of white noise in decibels below full scale.
        seed: Integer, or a `numpy.random.Generator`.

    Returns:
        List of float32 arrays, and list of what is said, such as `"three one four"`.

    Example:
        >>> clips = tuple(np.zeros((3, 4000), "float32"))
        >>> three = SpokenDigits(clips, np.array([1, 2, 3]), np.array(["a", "a", "b"]), np.zeros(3))
        >>> sounds, texts = connected(three, count=2, length=(2, 2))
        >>> len(sounds), {len(text.split()) for text in texts}
        (2, {2})
    """
    rng = np.random.default_rng(seed)
    members = {speaker: np.flatnonzero(digits.speakers == speaker) for speaker in
               np.unique(digits.speakers)}  # fmt: skip
    sounds, texts = [], []
    for _ in range(count):
        own = members[rng.choice(list(members))]
        rows = rng.choice(own, size=rng.integers(length[0], length[1] + 1))
        gains = 10 ** (rng.uniform(*gain, size=len(rows)) / 20)
        pauses = np.round(SAMPLE_RATE * rng.uniform(*silence, size=len(rows) + 1)).astype(int)
        parts = [np.zeros(pauses[0])]
        for row, factor, pause in zip(rows, gains, pauses[1:], strict=True):
            parts += [factor * digits.clips[row], np.zeros(pause)]
        sound = np.concatenate(parts)
        sound += rng.normal(0, 10 ** (noise / 20), len(sound))
        sounds.append(sound.astype("float32"))
        texts.append(" ".join(WORDS[digit] for digit in digits.labels[rows]))
    return sounds, texts


def read(path: pathlib.Path) -> SpokenDigits:
    """Return all clips of the published archive."""
    with tarfile.open(path) as archive:
        files = {
            pathlib.PurePosixPath(member.name).stem: archive.extractfile(member).read()
            for member in archive
            if member.isfile() and member.name.endswith(".wav")
        }
    return _digits({name: read_audio(files[name], SAMPLE_RATE) for name in sorted(files)})


def split_takes(digits: SpokenDigits, split: str) -> SpokenDigits:
    """Return the clips of a split."""
    return digits[np.isin(digits.takes, _TAKES[split])]


def from_tfds(examples, split):
    """Return a split of what TensorFlow Datasets has prepared, in the order of the archive."""
    clips = {}
    for row in examples("train"):
        name = pathlib.PurePosixPath(row["audio/filename"].decode()).stem
        sound = np.asarray(row["audio"]).astype("int16"), SAMPLE_RATE
        clips[name] = read_audio(sound, SAMPLE_RATE)
    return split_takes(_digits({name: clips[name] for name in sorted(clips)}), split)


def _digits(clips):
    labels, speakers, takes = zip(*(name.split("_") for name in clips), strict=True)
    return SpokenDigits(
        tuple(clips.values()),
        np.array(labels, "int32"),
        np.array(speakers),
        np.array(takes, "int32"),
    )


DATASET = Dataset(
    path=f"spoken_digit/{_NAME}.tar.gz",
    read=read,
    split=split_takes,
    splits=SPLITS,
    licence="CC BY-SA 4.0: Zohar Jackson et al., Free Spoken Digit Dataset",
    files=(
        File(
            "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/v1.0.9.tar.gz",
            "8bc44cde129d505cbbb6b365c09f80c663f2aa77578afc634e6141a2f87100c0",
            f"spoken_digit/{_NAME}.tar.gz",
        ),
    ),
    tfds="spoken_digit",
    from_tfds=from_tfds,
)

"""The first take of every spoken digit and speaker, which come with the package."""

import pathlib

import numpy as np

from keras_readinglist.datasets.audio import read_audio
from keras_readinglist.datasets.loading import Dataset
from keras_readinglist.datasets.spoken_digit import DATASET as WHOLE
from keras_readinglist.datasets.spoken_digit import SAMPLE_RATE, SpokenDigits


def read(path: pathlib.Path) -> SpokenDigits:
    """Return 50 clips of the test takes."""
    with np.load(path) as file:
        parts = np.split(file["samples"], np.cumsum(file["lengths"])[:-1])
        clips = tuple(read_audio((part, SAMPLE_RATE), SAMPLE_RATE) for part in parts)
        labels = file["labels"].astype("int32")
        return SpokenDigits(clips, labels, file["speakers"], np.zeros(len(clips), "int32"))


DATASET = Dataset(
    path=str(pathlib.Path(__file__).with_suffix(".npz")),
    read=read,
    split=lambda content, split: content,
    splits=("test",),
    licence=WHOLE.licence,
    always_here=True,
)

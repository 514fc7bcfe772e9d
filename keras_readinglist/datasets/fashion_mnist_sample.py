"""The first 300 test pictures of Fashion-MNIST, which come with the package."""

import pathlib

import numpy as np

from keras_readinglist.datasets.fashion_mnist import DATASET as WHOLE
from keras_readinglist.datasets.loading import Dataset


def read(path: pathlib.Path) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures `(300, 28, 28)`, uint8, and their classes, int32."""
    with np.load(path) as file:
        return file["images"], file["labels"].astype("int32")


DATASET = Dataset(
    path=str(pathlib.Path(__file__).with_suffix(".npz")),
    read=read,
    split=lambda content, split: content,
    splits=("test",),
    licence=WHOLE.licence,
    always_here=True,
)

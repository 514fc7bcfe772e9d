"""Handwritten digits: 50,000 train, the last 10,000 training images validation, 10,000 test."""

import pathlib

import numpy as np

from keras_readinglist.datasets.images import read_idx
from keras_readinglist.datasets.loading import SPLITS, Dataset, File
from keras_readinglist.datasets.splits import TwoParts

_VALIDATION = 10_000  # of the training pictures


def read_folder(path: pathlib.Path) -> TwoParts:
    """Return the parts whose files lie in a folder."""

    def read(part):
        stem = {"train": "train", "test": "t10k"}[part]
        files = (f"{stem}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
        return [read_idx(path / file) for file in files]

    return TwoParts(read, _VALIDATION)


def from_tfds(examples, split):
    """Return a split of what TensorFlow Datasets has prepared."""

    def read(part):
        rows = [(row["image"], row["label"]) for row in examples(part)]
        images, labels = zip(*rows, strict=True)
        return np.stack(images)[..., 0], np.array(labels)

    return TwoParts(read, _VALIDATION).split(split)


def in_idx_files(name, url, digests, licence):
    """Return the data set that four files in the IDX format hold.

    Args:
        name: Its folder, and its name in TensorFlow Datasets.
        url: Address of the folder that the files are fetched from.
        digests: SHA-256 of each file, by its name without the end `-ubyte.gz`.
        licence: Its licence.
    """
    return Dataset(
        path=name,
        read=read_folder,
        split=TwoParts.split,
        splits=SPLITS,
        licence=licence,
        files=tuple(
            File(f"{url}{file}-ubyte.gz", digest, f"{name}/{file}-ubyte.gz")
            for file, digest in digests.items()
        ),
        tfds=name,
        from_tfds=from_tfds,
    )


DATASET = in_idx_files(
    "mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    {
        "train-images-idx3": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
    licence="CC BY-SA 3.0",
)

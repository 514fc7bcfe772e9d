"""CIFAR-10: 45,000 train, the last 5,000 training pictures validation, 10,000 test.

`"cifar10"` is the set as it was published, in its binary version or from TensorFlow Datasets.
`"cifar10_jpeg"` has the same pictures compressed as JPEG, which loses a little: figures that were
measured on it say so.
"""

import io
import pathlib
import tarfile

import numpy as np

from keras_readinglist.datasets.loading import SPLITS, Dataset, File
from keras_readinglist.datasets.splits import TwoParts

CLASSES = ("aeroplane", "car", "bird", "cat", "deer",
           "dog", "frog", "horse", "ship", "lorry")  # fmt: skip
_ARCHIVE = File(
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    "cifar10/cifar-10-binary.tar.gz",
)
_VALIDATION = 5_000  # of the training pictures
_RECORD = 1 + 3 * 32 * 32  # a label, then planes of red, green and blue


def read_archive(path: pathlib.Path) -> TwoParts:
    """Return the parts in the archive of the binary version."""

    def read(part):
        with tarfile.open(path) as archive:
            names = sorted(name for name in archive.getnames() if name.endswith(".bin"))
            chosen = [name for name in names if ("test" in name) == (part == "test")]
            content = b"".join(archive.extractfile(name).read() for name in chosen)
        if not content or len(content) % _RECORD:
            raise ValueError(f"its part {part} has {len(content)} bytes")
        records = np.frombuffer(content, "uint8").reshape(-1, _RECORD)
        planes = records[:, 1:].reshape(-1, 3, 32, 32)
        return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), records[:, 0]

    return TwoParts(read, _VALIDATION)


def read_jpegs(path: pathlib.Path) -> TwoParts:
    """Return the parts in a file of NumPy with `jpeg`, `offset`, `label` and `is_test`."""

    def read(part):
        from PIL import Image

        with np.load(path) as file:
            content, offset, is_test = file["jpeg"].tobytes(), file["offset"], file["is_test"]
            label = file["label"]
        rows = np.flatnonzero(is_test == (part == "test"))
        # They lie there by class, and a split is a part of them.
        rows = np.random.default_rng(0).permutation(rows)
        images = np.empty((len(rows), 32, 32, 3), "uint8")
        for image, row in zip(images, rows, strict=True):
            image[:] = Image.open(io.BytesIO(content[offset[row] : offset[row + 1]]))
        return images, label[rows]

    return TwoParts(read, _VALIDATION)


def from_tfds(examples, split):
    """Return a split of what TensorFlow Datasets has prepared, in the order of publication."""

    def read(part):
        rows = sorted(examples(part), key=lambda row: row["id"])
        return np.stack([row["image"] for row in rows]), np.array([row["label"] for row in rows])

    return TwoParts(read, _VALIDATION).split(split)


DATASET = Dataset(
    path=_ARCHIVE.path,
    read=read_archive,
    split=TwoParts.split,
    splits=SPLITS,
    licence="none stated: Krizhevsky 2009",
    files=(_ARCHIVE,),
    tfds="cifar10",
    from_tfds=from_tfds,
)
JPEG = Dataset(
    path="nc/cifar10_jpeg.npz",
    read=read_jpegs,
    split=TwoParts.split,
    splits=SPLITS,
    licence=DATASET.licence,
)

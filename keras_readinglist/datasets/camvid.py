"""CamVid: street scenes seen from a car, 367 train, 101 validation, 233 test, every pixel labelled.

The split and the 11 classes are those of Badrinarayanan et al. (2015), at half their size.
"""

import io
import pathlib
import zipfile

import numpy as np

from keras_readinglist.datasets.loading import SPLITS, Dataset

CLASSES = (
    "sky", "building", "pole", "road", "sidewalk", "tree", "sign", "fence", "car",
    "pedestrian", "bicyclist",
)  # fmt: skip
VOID = 255
_FOLDERS = {"train": "train", "validation": "val", "test": "test"}


def read_archive(path: pathlib.Path):
    """Return a function of a split's name to its pictures and label maps, in an archive."""

    def read(split: str) -> tuple[np.ndarray, np.ndarray]:
        with zipfile.ZipFile(path) as archive:
            names = sorted(archive.namelist())
            images, labels = (
                np.stack([_pixels(archive, name) for name in names if _folder(name) == folder])
                for folder in (_FOLDERS[split], f"{_FOLDERS[split]}annot")
            )
        return images, np.where(labels < len(CLASSES), labels, VOID).astype("uint8")

    return read


def _folder(name):
    return pathlib.PurePosixPath(name).parent.name if pathlib.PurePosixPath(name).suffix else ""


def _pixels(archive, name):
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(archive.read(name))))


DATASET = Dataset(
    path="nc/camvid_240x180.zip",
    read=read_archive,
    split=lambda read, split: read(split),
    splits=SPLITS,
    licence="CC BY-NC 4.0",
)

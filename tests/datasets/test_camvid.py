"""Street scenes are read from their archive, with the pixels that nobody labelled."""

import io
import zipfile

import numpy as np
import pytest

from keras_readinglist import datasets

Image = pytest.importorskip("PIL.Image")
pytestmark = pytest.mark.once
LABELS = np.arange(12, dtype="uint8").reshape(3, 4)


def write(directory, folders):
    path = directory / "nc" / "camvid_240x180.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for folder, value in folders.items():
            pictures = {f"{folder}/a.png": np.full((3, 4, 3), value, "uint8")}
            pictures[f"{folder}annot/a.png"] = LABELS
            for name, pixels in pictures.items():
                content = io.BytesIO()
                Image.fromarray(pixels).save(content, "png")
                archive.writestr(f"camvid/{name}", content.getvalue())


def test_splits_and_void(tmp_path):
    write(tmp_path, {"train": 1, "val": 2, "test": 3})
    for value, split in enumerate(("train", "validation", "test"), start=1):
        images, labels = datasets.load("camvid", split, data_dir=tmp_path)
        assert images.shape == (1, 3, 4, 3) and (images == value).all()
        np.testing.assert_array_equal(labels[0].ravel(), [*range(11), 255])


def test_a_part_that_is_missing_is_named(tmp_path):
    write(tmp_path, {"train": 1})
    with pytest.raises(ValueError, match="camvid_240x180.zip cannot be read as camvid"):
        datasets.load("camvid", "test", data_dir=tmp_path)

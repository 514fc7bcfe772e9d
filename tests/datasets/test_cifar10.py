"""CIFAR-10 as published and as JPEG, and Fashion-MNIST."""

import io
import tarfile

import numpy as np
import pytest

from keras_readinglist import datasets

pytestmark = pytest.mark.once


def pictures(count, seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 32, 32, 3), dtype="uint8")


def test_the_binary_version(tmp_path):
    parts = {f"data_batch_{k}.bin": pictures(1_010, k) for k in (1, 2, 3, 4, 5)}
    parts["test_batch.bin"] = pictures(3, 6)
    (tmp_path / "cifar10").mkdir()
    with tarfile.open(tmp_path / "cifar10/cifar-10-binary.tar.gz", "w:gz", compresslevel=1) as file:
        for name, images in parts.items():
            planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
            labels = (np.arange(len(images)) % 10).astype("uint8")[:, None]
            content = np.hstack([labels, planes]).tobytes()
            told = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            told.size = len(content)
            file.addfile(told, io.BytesIO(content))
    train, labels = datasets.load("cifar10", "train", data_dir=tmp_path)
    assert train.shape == (50, 32, 32, 3) and labels.dtype == "int32"
    np.testing.assert_array_equal(train, parts["data_batch_1.bin"][:50])
    assert len(datasets.load("cifar10", "validation", data_dir=tmp_path)[0]) == 5_000
    test, labels = datasets.load("cifar10", "test", data_dir=tmp_path)
    np.testing.assert_array_equal(test, parts["test_batch.bin"])
    assert labels.tolist() == [0, 1, 2]


def test_a_damaged_archive_is_named(tmp_path):
    (tmp_path / "cifar10").mkdir()
    path = tmp_path / "cifar10/cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        told = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        told.size = 5
        file.addfile(told, io.BytesIO(b"12345"))
    with pytest.raises(ValueError, match="part test has 5 bytes"):
        datasets.load("cifar10", "test", data_dir=tmp_path)


@pytest.mark.skipif(datasets.find("cifar10_jpeg") is None, reason="cifar10_jpeg is not here")
def test_jpegs():
    images, labels = datasets.load("cifar10_jpeg", "test")
    assert images.shape == (10_000, 32, 32, 3) and images.dtype == np.uint8
    assert np.bincount(labels).tolist() == [1_000] * 10
    assert np.bincount(labels[:100], minlength=10).min() > 2  # in no order
    np.testing.assert_allclose(images.mean((0, 1, 2)), (126, 124, 114), atol=3)


@pytest.mark.skipif(datasets.find("fashion_mnist") is None, reason="fashion_mnist is not here")
def test_fashion_mnist():
    images, labels = datasets.load("fashion_mnist", "test")
    assert images.shape == (10_000, 28, 28) and np.bincount(labels).tolist() == [1_000] * 10
    sample, classes = datasets.load("fashion_mnist_sample", "test")
    np.testing.assert_array_equal(sample, images[:300])
    np.testing.assert_array_equal(classes, labels[:300])

"""Batches of pictures are seeded, scaled and augmented by layers of Keras."""

import keras
import numpy as np
import pytest

from keras_readinglist.datasets.images import ImageBatches, averaged, read_idx

IMAGES = np.arange(7 * 2 * 3, dtype="uint8").reshape(7, 2, 3)
LABELS = np.arange(7)


def test_every_epoch_has_an_order_of_its_own():
    batches = ImageBatches(IMAGES, LABELS, 3, seed=5)
    assert len(batches) == 2
    epochs = []
    for _ in range(3):
        epochs.append(np.concatenate([batches[k][1] for k in range(2)]))
        batches.on_epoch_end()
    assert all(len(set(order)) == 6 for order in epochs)
    assert not np.array_equal(epochs[0], epochs[1])
    again = ImageBatches(IMAGES, LABELS, 3, seed=5)
    again.epoch = 2
    np.testing.assert_array_equal(epochs[2][3:], again[1][1])


def test_pictures_belong_to_their_labels_and_lie_between_0_and_1():
    images, labels = ImageBatches(IMAGES, LABELS, 7)[0]
    assert images.dtype == "float32" and images.shape == (7, 2, 3, 1)
    np.testing.assert_allclose(images[..., 0], IMAGES[labels] / 255, rtol=1e-6)
    images, labels = ImageBatches(IMAGES / 41, LABELS, 7, shuffle=False)[0]
    np.testing.assert_allclose(images[..., 0], IMAGES / 41, rtol=1e-6)


def test_augmentation_by_a_layer():
    batches = ImageBatches(
        IMAGES, LABELS, 7, keras.layers.RandomFlip("horizontal", seed=0), shuffle=False
    )
    images = batches[0][0][..., 0] * 255
    kept = np.isclose(images, IMAGES).all(axis=(1, 2))
    flipped = np.isclose(images, IMAGES[:, :, ::-1]).all(axis=(1, 2))
    assert (kept ^ flipped).all() and flipped.any()


def test_idx(tmp_path):
    (tmp_path / "a.idx").write_bytes(b"\0\0\x08\x02\0\0\0\x02\0\0\0\x03" + bytes(range(6)))
    assert read_idx(tmp_path / "a.idx").tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((IMAGES[0], LABELS, 1), "`images` must be"),
        ((IMAGES, LABELS[1:], 1), "as many `labels`"),
        ((IMAGES, LABELS, 8), "`batch_size` must be from 1 to 7"),
        ((IMAGES, LABELS, 0), "`batch_size` must be from 1 to 7"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ImageBatches(*arguments)


def test_squares_are_averaged():
    images = np.random.default_rng(0).integers(0, 256, (2, 4, 6, 3)).astype("uint8")
    made = averaged(images, 2)
    assert made.shape == (2, 2, 3, 3) and made.dtype == "float32"
    np.testing.assert_allclose(made[1, 1, 2], images[1, 2:4, 4:6].mean((0, 1)), rtol=1e-6)
    np.testing.assert_array_equal(averaged(images, 1), images)
    for side in (0, 4):
        with pytest.raises(ValueError, match="`side` must divide 4 and 6"):
            averaged(images, side)

"""What every network of pictures does: preprocess, and name classes in order."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications.image_classification.image_classifier import ImageClassifier

COLOURS = ["red", "green", "blue"]


def mean_colour(**kwargs):
    """Return a network whose outputs are the mean of every channel."""
    pixels = keras.Input((4, 4, 3))
    means = keras.layers.GlobalAveragePooling2D()(pixels)
    return ImageClassifier(inputs=pixels, outputs=means, **kwargs)


def test_classes_are_named_from_the_likeliest_on():
    model = mean_colour(class_names=COLOURS)
    orange = np.broadcast_to([1.0, 0.5, 0.0], (6, 9, 3))
    [found] = model.classify(orange, top=2)
    assert [name for name, _ in found] == ["red", "green"]
    odds = np.exp([1, 0.5, 0])
    np.testing.assert_allclose([p for _, p in found], odds[:2] / odds.sum(), rtol=1e-5)


def test_outputs_that_are_probabilities_stay():
    model = mean_colour(probabilities=True)
    assert model.classify(np.broadcast_to([0.2, 0.7, 0.1], (4, 4, 3)), top=1)[0] == [
        (1, pytest.approx(0.7))
    ]


def test_pictures_are_scaled_in_the_order_of_the_network():
    told = {"mean": [0.0, 0.5, 1.0], "std": 0.5, "reversed": True}
    model = mean_colour(preprocessing=told)
    red = np.zeros((4, 4, 3), "uint8")
    red[..., 0] = 255
    np.testing.assert_allclose(model.preprocess(red)[0, 0, 0], [0, -1, 0], atol=1e-6)


def test_a_picture_alone_a_list_and_none():
    model = mean_colour()
    picture = np.ones((7, 5, 3))
    assert model.preprocess(picture).shape == (1, 4, 4, 3)
    assert model.preprocess([picture, picture[:3, :3]]).shape == (2, 4, 4, 3)
    assert model.preprocess([]).shape == (0, 4, 4, 3) and model.classify([]) == []


def test_refusals():
    with pytest.raises(ValueError, match="`class_names` must be 3 names"):
        mean_colour(class_names=COLOURS[:2])
    with pytest.raises(ValueError, match="`top` must be"):
        mean_colour().classify(np.ones((4, 4, 3)), top=0)

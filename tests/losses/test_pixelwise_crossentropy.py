"""The loss of label maps is torch's, with pixels and whole batches that do not count."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.losses import PixelwiseCrossentropy

RNG = np.random.default_rng(0)
SCORES = RNG.standard_normal((2, 3, 4, 5)).astype("float32")
LABELS = RNG.integers(0, 5, (2, 3, 4))
LABELS[0, 0] = 255


@pytest.mark.parametrize("weights", [None, [1.0, 0.5, 2.0, 3.0, 0.1]])
def test_equals_torch(weights):
    torch = pytest.importorskip("torch")
    weight = None if weights is None else torch.tensor(weights)
    theirs = torch.nn.CrossEntropyLoss(weight, ignore_index=255)
    expected = theirs(torch.tensor(SCORES).permute(0, 3, 1, 2), torch.tensor(LABELS))
    loss = PixelwiseCrossentropy(class_weight=weights)
    assert float(loss(LABELS, SCORES)) == pytest.approx(float(expected), rel=1e-5)
    assert float(loss(LABELS[..., None], SCORES)) == pytest.approx(float(expected), rel=1e-5)
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert float(copy(LABELS, SCORES)) == float(loss(LABELS, SCORES))


def test_without_labels_there_is_no_loss_and_no_gradient():
    loss = PixelwiseCrossentropy()
    nothing = np.full((2, 3, 4), 255)
    assert float(loss(nothing, SCORES)) == 0
    layer = keras.layers.Activation("linear")
    layer.build(SCORES.shape)
    found = Differentiable(layer, lambda y: loss(ops.convert_to_tensor(nothing), y))
    np.testing.assert_array_equal(found.gradients(SCORES)[1][0], 0)

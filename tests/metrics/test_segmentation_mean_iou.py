"""The mean intersection over union is scikit-learn's, over a whole set."""

import keras
import numpy as np
import pytest

from keras_readinglist.metrics import SegmentationMeanIoU

RNG = np.random.default_rng(0)
TRUE = RNG.integers(0, 4, (3, 5, 6))
SCORES = RNG.random((3, 5, 6, 5)).astype("float32")
TRUE[RNG.random(TRUE.shape) < 0.2] = 255


def test_equals_scikit_learn_in_one_piece_and_in_batches():
    jaccard_score = pytest.importorskip("sklearn.metrics").jaccard_score
    whole, parts = SegmentationMeanIoU(6), SegmentationMeanIoU(6)
    whole.update_state(TRUE, SCORES)
    for true, scores in zip(TRUE, SCORES, strict=True):
        parts.update_state(true[None], scores[None].argmax(-1))
    counts = TRUE != 255
    each = jaccard_score(TRUE[counts], SCORES.argmax(-1)[counts], average=None)
    assert float(whole.result()) == pytest.approx(each.mean(), rel=1e-6)
    assert float(parts.result()) == float(whole.result())
    np.testing.assert_allclose(whole.per_class(), [*each, np.nan], rtol=1e-6)


def test_configuration_and_nothing_counted():
    metric = keras.metrics.deserialize(keras.metrics.serialize(SegmentationMeanIoU(3, None)))
    assert metric.ignore_class is None and metric.name == "mean_iou"
    assert float(metric.result()) == 0
    assert np.isnan(metric.per_class()).all()

"""Targets that do not fit are counted over batches, whatever the mask leaves of their frames."""

import keras
import numpy as np

from keras_readinglist.losses import CTC
from keras_readinglist.metrics import InfeasibleTargets


def test_counts_over_batches_and_by_the_mask():
    metric = InfeasibleTargets()
    labels = np.array([[1, 1, 0], [1, 2, 0], [2, 0, 0], [1, 2, 1]])
    metric.update_state(labels, np.zeros((4, 2, 3)))
    assert float(metric.result()) == 2  # 1 _ 1 and 1 2 1 need three frames
    frames = np.ones((4, 3, 3))
    frames[2] = 0.0
    metric.update_state(labels, keras.layers.Masking()(frames))
    assert float(metric.result()) == 3  # and the third has none now
    metric.reset_state()
    assert float(metric.result()) == 0
    again = InfeasibleTargets.from_config(InfeasibleTargets(blank=2).get_config())
    again.update_state(np.array([[0, 0, 2]]), np.zeros((1, 2, 3)))
    assert again.blank == 2 and float(again.result()) == 1


def test_a_model_reports_them_in_training():
    model = keras.Sequential([keras.Input((2, 3)), keras.layers.Dense(3)])
    model.compile("sgd", loss=CTC(zero_infinity=True), metrics=[InfeasibleTargets()])
    history = model.fit(np.ones((4, 2, 3)), np.array([[1, 1], [1, 2], [2, 2], [2, 0]]), verbose=0)
    assert history.history["infeasible_targets"] == [2.0]
    assert np.isfinite(history.history["loss"]).all()

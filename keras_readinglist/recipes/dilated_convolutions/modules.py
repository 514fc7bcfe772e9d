"""The context modules that are compared, and how each is trained on the scores of a front end."""

import keras
import numpy as np

from keras_readinglist.layers import ContextModule
from keras_readinglist.losses import PixelwiseCrossentropy
from keras_readinglist.metrics import SegmentationMeanIoU
from keras_readinglist.recipes.training import fit_generated

DILATIONS = (1, 1, 2, 4, 8, 16, 1)
# What differs from the paper's basic module.
MODULES = {
    "basic": {},
    "random": {"initializer": "he_normal"},
    "undilated": {"dilations": (1,) * len(DILATIONS)},
}


def module(name, config):
    """Return an untrained context module."""
    return ContextModule(**{"dilations": DILATIONS, "seed": config["seed"], **MODULES[name]})


def scores_of(front, images):
    """Return the scores of a front end, as an array."""
    return front.predict(images, batch_size=50, verbose=0)


def train_on_scores(context, scores, labels, config, callbacks, class_weight=None):
    """Train a context module on the scores of a front end that does not change.

    Args:
        context: A `ContextModule`.
        scores: Array `(n, height, width, classes)`.
        labels: Array `(n, height, width)`.
        config: The configuration of the run, with `"steps"` of `"context_batch"`.
        callbacks: List of callbacks of the runner.
        class_weight: As for `PixelwiseCrossentropy`.
    """
    trained = keras.Sequential([keras.Input((None, None, scores.shape[-1])), context])

    def batch(rng, step):
        rows = rng.integers(0, len(scores), config["context_batch"])
        return scores[rows], labels[rows]

    fit_generated(
        trained,
        batch,
        config,
        callbacks,
        loss=PixelwiseCrossentropy(class_weight=class_weight),
        optimizer=keras.optimizers.Adam(config["learning_rate"]),
    )


def mean_iou(labels, predicted, classes):
    """Return the mean intersection over union of label maps, and that of every class."""
    metric = SegmentationMeanIoU(classes)
    metric.update_state(np.asarray(labels, "int32"), np.asarray(predicted, "int32"))
    return float(metric.result()), metric.per_class()

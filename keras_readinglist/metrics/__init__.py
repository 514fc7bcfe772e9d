"""Measures of the papers that Keras does not have."""

from keras_readinglist.metrics.bleu import bleu
from keras_readinglist.metrics.error_rates import (
    character_error_rate,
    edit_distance,
    word_error_rate,
)
from keras_readinglist.metrics.error_ratio import ErrorRatio
from keras_readinglist.metrics.infeasible_targets import InfeasibleTargets
from keras_readinglist.metrics.segmentation_mean_iou import SegmentationMeanIoU

__all__ = [
    "ErrorRatio",
    "InfeasibleTargets",
    "SegmentationMeanIoU",
    "bleu",
    "character_error_rate",
    "edit_distance",
    "word_error_rate",
]

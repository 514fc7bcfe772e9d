"""Measures of the papers that Keras does not have."""

from keras_readinglist.metrics.bleu import bleu
from keras_readinglist.metrics.error_ratio import ErrorRatio

__all__ = ["ErrorRatio", "bleu"]

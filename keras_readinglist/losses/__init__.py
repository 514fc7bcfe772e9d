"""Losses of the papers, beside those of `keras.losses`."""

from keras_readinglist.losses.label_smoothed_cross_entropy import LabelSmoothedCrossEntropy

__all__ = ["LabelSmoothedCrossEntropy"]

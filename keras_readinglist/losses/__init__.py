"""Losses of the papers, beside those of `keras.losses`."""

from keras_readinglist.losses.ctc import CTC, ctc_feasible, ctc_loss
from keras_readinglist.losses.label_smoothed_cross_entropy import LabelSmoothedCrossEntropy
from keras_readinglist.losses.multiclass_hinge import MulticlassHinge
from keras_readinglist.losses.pixelwise_crossentropy import PixelwiseCrossentropy

__all__ = [
    "CTC",
    "LabelSmoothedCrossEntropy",
    "MulticlassHinge",
    "PixelwiseCrossentropy",
    "ctc_feasible",
    "ctc_loss",
]

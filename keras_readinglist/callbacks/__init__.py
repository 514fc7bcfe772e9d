"""What to do and to watch while a network is trained, beside the callbacks of Keras."""

from keras_readinglist.callbacks.activation_histogram import ActivationHistogram
from keras_readinglist.callbacks.average_weights import average_weights
from keras_readinglist.callbacks.checkpoint_averager import CheckpointAverager
from keras_readinglist.callbacks.dead_units import DeadUnits
from keras_readinglist.callbacks.update_ratio import UpdateRatio

__all__ = [
    "ActivationHistogram",
    "CheckpointAverager",
    "DeadUnits",
    "UpdateRatio",
    "average_weights",
]

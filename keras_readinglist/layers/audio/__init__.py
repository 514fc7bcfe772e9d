"""Speech, from the waveform to what a decoder reads.

Reference: [Amodei et al., 2015, Deep Speech 2](https://arxiv.org/abs/1512.02595).
"""

from keras_readinglist.layers.audio.batch_norm_rnn import BatchNormRNN
from keras_readinglist.layers.audio.clipped_relu import clipped_relu
from keras_readinglist.layers.audio.log_spectrogram import LogSpectrogram
from keras_readinglist.layers.audio.masked_conv2d import MaskedConv2D
from keras_readinglist.layers.audio.row_convolution import RowConvolution
from keras_readinglist.layers.audio.sequence_batch_normalization import (
    SequenceBatchNormalization,
)
from keras_readinglist.layers.audio.spec_augment import SpecAugment

__all__ = [
    "BatchNormRNN",
    "LogSpectrogram",
    "MaskedConv2D",
    "RowConvolution",
    "SequenceBatchNormalization",
    "SpecAugment",
    "clipped_relu",
]

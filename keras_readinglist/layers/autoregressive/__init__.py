"""Layers whose outputs see only what comes before them, and what is built of them."""

from keras_readinglist.layers.autoregressive.flow import AutoregressiveFlow
from keras_readinglist.layers.autoregressive.flow_prior import AutoregressiveFlowPrior
from keras_readinglist.layers.autoregressive.free_bits import FreeBits
from keras_readinglist.layers.autoregressive.gated_pixel_block import GatedPixelBlock
from keras_readinglist.layers.autoregressive.logistic_mixture import DiscretizedLogisticMixture
from keras_readinglist.layers.autoregressive.made import MADE
from keras_readinglist.layers.autoregressive.masked_dense import MaskedDense
from keras_readinglist.layers.autoregressive.pixel_conv2d import PixelConv2D
from keras_readinglist.layers.autoregressive.pixel_decoder import PixelDecoder

__all__ = [
    "AutoregressiveFlow",
    "AutoregressiveFlowPrior",
    "DiscretizedLogisticMixture",
    "FreeBits",
    "GatedPixelBlock",
    "MADE",
    "MaskedDense",
    "PixelConv2D",
    "PixelDecoder",
]

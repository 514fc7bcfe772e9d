"""What convolutional networks are made of, beside the convolutions of Keras."""

from keras_readinglist.layers.convolution.context_module import ContextModule
from keras_readinglist.layers.convolution.conv2d import Conv2D
from keras_readinglist.layers.convolution.dilated_conv import DilatedConv1D, DilatedConv2D
from keras_readinglist.layers.convolution.grouped_conv import GroupedConv2D
from keras_readinglist.layers.convolution.local_response_normalization import (
    LocalResponseNormalization,
)
from keras_readinglist.layers.convolution.pca_color_augmentation import PCAColorAugmentation
from keras_readinglist.layers.convolution.reflect_padding import ReflectPadding2D
from keras_readinglist.layers.convolution.ten_crop import TenCrop

__all__ = [
    "ContextModule",
    "Conv2D",
    "DilatedConv1D",
    "DilatedConv2D",
    "GroupedConv2D",
    "LocalResponseNormalization",
    "PCAColorAugmentation",
    "ReflectPadding2D",
    "TenCrop",
]

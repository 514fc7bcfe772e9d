"""What convolutional networks are made of, beside the convolutions of Keras."""

from keras_readinglist.layers.convolution.local_response_normalization import (
    LocalResponseNormalization,
)
from keras_readinglist.layers.convolution.pca_color_augmentation import PCAColorAugmentation
from keras_readinglist.layers.convolution.ten_crop import TenCrop

__all__ = ["LocalResponseNormalization", "PCAColorAugmentation", "TenCrop"]

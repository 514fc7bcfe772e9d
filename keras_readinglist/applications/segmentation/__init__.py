"""Networks that name every pixel of a picture."""

from keras_readinglist.applications.segmentation.dilated_front_end import DilatedFrontEnd
from keras_readinglist.applications.segmentation.dilated_net import DilatedNet

__all__ = ["DilatedFrontEnd", "DilatedNet"]

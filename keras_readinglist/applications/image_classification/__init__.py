"""Networks that name what is on a picture."""

from keras_readinglist.applications.image_classification.alexnet import AlexNet

__all__ = ["AlexNet"]

"""Checks for layers and models, for the tests of this package and for your own subclasses."""

from keras_readinglist.testing.check_layer import check_layer
from keras_readinglist.testing.gradient_check import (
    GradientReport,
    check_gradients,
    gradient_check,
)

__all__ = ["GradientReport", "check_gradients", "check_layer", "gradient_check"]

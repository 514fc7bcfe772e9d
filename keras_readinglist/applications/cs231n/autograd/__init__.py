"""A small engine for teaching: graphs of numbers, and modules with a backward pass by hand.

Everything is NumPy in float64. Models that are used are Keras models; these show how they work.
"""

from keras_readinglist.applications.cs231n.autograd.convolution import (
    AveragePool,
    Convolution,
    MaxPool,
)
from keras_readinglist.applications.cs231n.autograd.graph import Graph
from keras_readinglist.applications.cs231n.autograd.losses import softmax_loss, svm_loss
from keras_readinglist.applications.cs231n.autograd.modules import (
    Affine,
    Dropout,
    LeakyReLU,
    Maxout,
    Module,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
)
from keras_readinglist.applications.cs231n.autograd.normalization import BatchNorm, LayerNorm
from keras_readinglist.applications.cs231n.autograd.value import Value

__all__ = [
    "Affine",
    "AveragePool",
    "BatchNorm",
    "Convolution",
    "Dropout",
    "Graph",
    "LayerNorm",
    "LeakyReLU",
    "MaxPool",
    "Maxout",
    "Module",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "Value",
    "softmax_loss",
    "svm_loss",
]

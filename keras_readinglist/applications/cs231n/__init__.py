"""The networks of CS231n, how they are checked, and a small engine that shows how they learn."""

from keras_readinglist.applications.cs231n import autograd
from keras_readinglist.applications.cs231n.fully_connected_net import FullyConnectedNet
from keras_readinglist.applications.cs231n.k_nearest_neighbors import KNearestNeighbors
from keras_readinglist.applications.cs231n.linear_classifier import LinearClassifier
from keras_readinglist.applications.cs231n.sanity_check import SanityReport, sanity_check
from keras_readinglist.applications.cs231n.three_layer_conv_net import ThreeLayerConvNet
from keras_readinglist.applications.cs231n.two_layer_net import TwoLayerNet

__all__ = [
    "FullyConnectedNet",
    "KNearestNeighbors",
    "LinearClassifier",
    "SanityReport",
    "ThreeLayerConvNet",
    "TwoLayerNet",
    "autograd",
    "sanity_check",
]

"""Layers whose weights are distributions, and what it costs to send them (Hinton and van Camp).

Noise on the weights limits what they can say. The cost of a layer is the length of the message
that describes its weights: nats that the coding prior asks for, less those that come back.
"""

from keras_readinglist.layers.noisy.dense import NoisyDense
from keras_readinglist.layers.noisy.moments import GaussianMoments
from keras_readinglist.layers.noisy.prior import MixturePrior

__all__ = ["GaussianMoments", "MixturePrior", "NoisyDense"]
